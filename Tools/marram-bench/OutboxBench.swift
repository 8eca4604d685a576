internal import Base

extension Bench {
    /// The way out of every engine: what a call puts, the caller carries out and empties.
    static let outbox = Bench(
        name: "outbox", measures: "put eight effects and a packet's bytes, then carry them out, against a plain array"
    ) {
        let effects = 8
        let packet = [UInt8](repeating: 1, count: 100)
        let peer = NodeID(Bytes32(1, 2, 3, 4))
        var outbox = Outbox<Effect>()
        var plain: [Effect] = []
        var sum = 0

        let call = measure(
            { count in
                for _ in 0..<count {
                    outbox.arena.raw(packet)
                    for number in 0..<effects / 2 {
                        outbox.put(.send(0..<outbox.arena.count, to: peer))
                        outbox.put(.note(number))
                    }
                    for effect in outbox.effects { sum &+= effect.weight }
                    outbox.removeAll()
                }
            },
            against: { count in
                for _ in 0..<count {
                    for number in 0..<effects / 2 {
                        plain.append(.send(0..<packet.count, to: peer))
                        plain.append(.note(number))
                    }
                    for effect in plain { sum &+= effect.weight }
                    plain.removeAll(keepingCapacity: true)
                }
            })
        keep(sum)

        return [
            Figure("nanoseconds_per_call", call.subject.nanoseconds),
            Figure("nanoseconds_per_effect", call.subject.nanoseconds / Double(effects)),
            Figure("call_times_array", call.subject.times(call.floor)),
            Figure("mallocs_per_call", call.subject.allocations),
        ]
    }
}

private enum Effect {
    case send(Range<Int>, to: NodeID)
    case note(Int)

    var weight: Int {
        switch self {
        case .send(let range, let peer): range.count &+ Int(truncatingIfNeeded: peer.value.w0)
        case .note(let number): number
        }
    }
}
