/// Where an engine puts what it wants done. The caller owns it, hands it in, carries the effects out in order, and
/// empties it for the next call: its storage is reused, so handing out an effect allocates nothing.
package struct Outbox<Effect> {
    @usableFromInline package internal(set) var effects: [Effect]
    /// The bytes that effects speak of by their range: one buffer for all packets of a call.
    package var arena: ByteWriter

    @inlinable package init() {
        effects = []
        arena = ByteWriter()
    }

    @inlinable package var isEmpty: Bool { effects.isEmpty }

    @inlinable package mutating func put(_ effect: Effect) { effects.append(effect) }

    @inlinable package mutating func removeAll() {
        effects.removeAll(keepingCapacity: true)
        arena.removeAll()
    }
}
