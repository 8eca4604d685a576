package import Base
package import Node

/// A node as the simulator sees it: four doors in, one outbox out, one deadline, and a fingerprint of its state. It is
/// the shape of a whole Marram node, so the node that runs at a site moves in here unchanged. The simulator's own toy
/// is the second inhabitant; it is what the simulator is tested with.
///
/// An inhabitant is a function of its birth and of what came in by its doors. If it looked at anything else, two runs
/// of one seed would differ, and the equal-hash test would say so.
package protocol Inhabitant: ~Copyable {
    associatedtype Request
    associatedtype Reply
    associatedtype Note

    /// When `wake` is due; nil when time alone changes nothing.
    var deadline: Instant? { get }
    /// A fingerprint of everything that will influence what this node does next.
    var stateHash: UInt64 { get }

    /// A packet came. The node may open it in place: nobody else reads these bytes.
    mutating func receive(
        _ bytes: inout MutableRawSpan, from path: Path, at now: Now,
        into outbox: inout Outbox<WorldEffect<Reply, Note>>)
    /// Somebody on this machine asks.
    mutating func perform(
        _ request: Request, id: RequestID, at now: Now, into outbox: inout Outbox<WorldEffect<Reply, Note>>)
    /// The disk holds the facts of this ticket, and those of all tickets before it.
    mutating func persisted(_ ticket: Ticket, at now: Now, into outbox: inout Outbox<WorldEffect<Reply, Note>>)
    /// Time passed.
    mutating func wake(at now: Now, into outbox: inout Outbox<WorldEffect<Reply, Note>>)

    /// A TCP connection was dialled, and this came of it.
    mutating func dialled(_ address: Address, _ outcome: DialOutcome, at now: Now)

    /// What notes are counted under, for finding out whether a batch of seeds ever reached the rare places.
    static var markers: [String] { get }
    /// The place of a note's marker in `markers`.
    static func marker(of note: Note) -> Int
}

extension Inhabitant where Self: ~Copyable {
    /// Most inhabitants speak over UDP only.
    package mutating func dialled(_ address: Address, _ outcome: DialOutcome, at now: Now) {}

    /// Lends the node to `read`. The way to look into an optional node that cannot be copied.
    borrowing func lend<Result>(_ read: (borrowing Self) -> Result) -> Result { read(self) }
}

/// What a node is told when its process starts.
package struct Birth: Sendable {
    /// Which node this is, counted from zero; `addresses[index]` is its own address.
    package var index: Int
    package var name: String
    package var addresses: [Address]
    /// What the disk remembers, in the order of shelf and key.
    package var facts: [Fact]
    /// How often a process was started on this disk, this time included. A restored disk has forgotten some.
    package var boots: Int
    /// Where the node's chance comes from: different for every node and every life.
    package var seed: UInt64
    package var mischief: Mischief
    package var now: Now

    package var address: Address { addresses[index] }
}

/// The box one node lives in. A class, so that a node that cannot be copied can stand in an array of nodes.
final class Home<Member: Inhabitant & ~Copyable> {
    /// Nil while the process is down.
    var member: Member?
}
