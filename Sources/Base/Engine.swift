/// A part of a node as a plain value: three doors in, one outbox out, one deadline. It reads no clock, draws chance
/// only from the `Random` its constructor was given, and touches nothing outside itself.
///
/// Nothing throws: bad bytes were refused by the decoder, a useless message becomes a note with its reason.
package protocol Engine {
    associatedtype Message
    associatedtype Command
    associatedtype Effect

    /// When `wake` is due; nil when time alone changes nothing.
    var deadline: Instant? { get }

    /// A peer said.
    mutating func receive(_ message: Message, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>)
    /// Our own side asks.
    mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>)
    /// Time passed.
    mutating func wake(at now: Now, into outbox: inout Outbox<Effect>)
}
