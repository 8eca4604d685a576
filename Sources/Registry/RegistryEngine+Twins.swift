internal import Base
internal import Trust

/// One identity in two places: a data directory that was copied, or a node that was carried off and started elsewhere.
/// Every start of a node draws a number and says it when a session begins. A start that is over never speaks again, so
/// whoever hears the number of one start, of another, and then of the first again has heard two that run. It asks no
/// clock. It tells the twins themselves, since each of them hears only its peers; for a warning their word is enough,
/// and nothing else is decided by it.
extension RegistryEngine {
    /// What is known of the starts of one node.
    struct Starts: Hashable, Sendable {
        var current: UInt64
        /// Those before, oldest first; a few, since twins come back soon.
        var former: [UInt64] = []
        /// How often one came back. A datagram that was overtaken is one.
        var returns = 0
    }

    static let returnsOfTwins = 2
    static let formerStarts = 4

    /// What both say when a session begins.
    func tellStart(to peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard isMember(peer) else { return }
        outbox.put(.send(.start(feed.certificate.epoch, twin: twins[peer] != nil), to: Contact(onSessionWith: peer)))
    }

    mutating func hear(
        start: UInt64, isTwin: Bool, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard isMember(peer) else { return }
        if isTwin { note(twin: me.id, at: now, into: &outbox) }
        guard var known = starts[peer] else { return starts[peer] = Starts(current: start) }
        guard known.current != start else { return }
        if known.former.contains(start) { known.returns += 1 }
        known.former = Array((known.former.filter { $0 != start } + [known.current]).suffix(Self.formerStarts))
        known.current = start
        starts[peer] = known
        guard known.returns >= Self.returnsOfTwins else { return }
        note(twin: peer, at: now, into: &outbox)
        tellStart(to: peer, into: &outbox)
    }

    /// A twin is one until nobody has heard of it for an hour: then the other was stopped.
    private mutating func note(twin node: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        if twins[node] == nil { outbox.put(.note(.twin(node))) }
        twins[node] = now.instant
    }

    mutating func forgetTwins(at now: Now) {
        for (node, heard) in twins where heard + Pace.twins <= now.instant {
            twins[node] = nil
            starts[node]?.returns = 0
        }
    }
}

extension RegistryEngine.Starts: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.u64(current)
        writer.varint(UInt64(former.count))
        for start in former { writer.u64(start) }
        writer.varint(UInt64(returns))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        current = try reader.u64()
        for _ in 0..<(try reader.count(atMost: RegistryEngine.formerStarts)) { former.append(try reader.u64()) }
        returns = try reader.count(atMost: 1 << 30)
    }
}
