/// Where an engine puts what it wants done. The caller owns it, hands it in, carries the effects out in order, and
/// empties it for the next call: its storage is reused, so handing out an effect allocates nothing.
package struct Outbox<Effect> {
    /// Settable, so that a world that carries out millions of steps a second can empty the array where its element is
    /// known: a generic method of another module is not specialised for it. Engines only `put`.
    package var effects: [Effect]
    /// The bytes that effects speak of by their range: one buffer for all packets of a call.
    package var arena: ByteWriter

    package init() {
        effects = []
        arena = ByteWriter()
    }

    package var isEmpty: Bool { effects.isEmpty }

    package mutating func put(_ effect: Effect) { effects.append(effect) }

    package mutating func removeAll() {
        effects.removeAll(keepingCapacity: true)
        arena.removeAll()
    }
}
