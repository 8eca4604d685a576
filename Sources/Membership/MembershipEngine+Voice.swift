internal import Base

/// Whether anybody hears this node. Its neighbours say so themselves: each beat of theirs names the newest of this
/// node's that came, and whoever pings again has not heard the answer.
struct Voice: Hashable, Sendable {
    /// When this node said the last word that a neighbour has shown to have heard.
    var proven: Instant
    /// Beats up to this number prove nothing: nobody was heard around them, so they fell into the same silence.
    var uncounted: UInt64 = 0
    var muteSince: Instant?
    /// While it is mute: when it cries next, and who has shown to hear it.
    var nextCry: Instant
    var ear: NodeID?
    /// Somebody has acknowledged what this node says of itself now.
    var isHeeded = false

    init(at now: Instant) {
        proven = now
        nextCry = now
    }
}

/// What this node said to a neighbour and the neighbour has shown not to have heard.
struct Deafness: Hashable, Sendable {
    /// The newest beat that it could have named.
    var due: UInt64 = 0
    /// The last answer to a ping of it.
    var answered: Instant?
    var missed = 0

    /// More than this is not told apart.
    fileprivate static let mostMissed = 1 << 20
}

/// The mute: where links are cut on one side, a node may hear everybody and be heard by few, and none of its observers
/// among them. They send scouts; but nobody knows better who is needed than the node itself. It begins a longer life,
/// which nobody else can do, and tells members that are no neighbours of it, until one has heard: that one spreads it,
/// and the observers see that the silence is one of their paths.
extension MembershipEngine {
    /// After so long both ends of an edge know of it.
    private static let acquaintance = Interval.seconds(5)
    /// Pings further apart than this are not about one silence.
    private static let burstPause = Interval.seconds(2)

    /// Two beats are at least nine tenths of an interval apart: the second of two in a silence has longer than this
    /// behind it.
    mutating func countOwnBeat(at now: Now) {
        let lately = settings.interval / 20 * 17
        if !edges.values.contains(where: { now.instant - $0.heard < lately }) { voice.uncounted = pulse }
    }

    /// A beat of a neighbour names the newest of this node's that it has.
    mutating func takeEcho(
        _ echo: UInt64, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let (index, found) = edges.position(of: peer)
        guard found, echo <= pulse else { return }
        let edge = edges.values[index]
        // Whoever has just become a neighbour may not have been told of it yet.
        guard echo > 0 || now.instant - edge.born >= Self.acquaintance else { return }
        let first = pulse + 1 - UInt64(pulseTimes.count)
        if echo >= first { prove(saidAt: pulseTimes[Int(echo - first)], into: &outbox) }
        let trip = edge.acknowledgementTime(rules)
        guard let last = pulseTimes.lastIndex(where: { now.instant - $0 >= trip }) else { return }
        let due = first + UInt64(last)
        let old = first + UInt64(pulseTimes.count { $0 <= edge.born })
        let counted = max(echo, edge.deafness.due, voice.uncounted, old - 1)
        guard due > counted else { return }
        edges.update(at: index) { edge in
            edge.deafness.due = due
            edge.deafness.miss(Int(due - counted))
        }
        considerMuteness(at: now, into: &outbox)
    }

    /// A neighbour pings: if it was answered before, the answer was lost.
    mutating func answerCounts(to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, found) = edges.position(of: peer)
        guard found else { return }
        let trip = edges.values[index].acknowledgementTime(rules)
        let sinceAnswer = edges.values[index].deafness.answered.map { now.instant - $0 }
        if let sinceAnswer, sinceAnswer < trip { return }
        let isRepeated = sinceAnswer.map { $0 < Self.burstPause } ?? false
        edges.update(at: index) { edge in
            edge.deafness.answered = now.instant
            if isRepeated { edge.deafness.miss(1) }
        }
        if isRepeated { considerMuteness(at: now, into: &outbox) }
    }

    /// A neighbour has shown to have heard what was said then.
    mutating func prove(saidAt said: Instant, into outbox: inout Outbox<Effect>) {
        guard said > voice.proven else { return }
        voice.proven = said
        for index in 0..<edges.count { edges.update(at: index) { $0.deafness.missed = 0 } }
        guard let since = voice.muteSince, said > since else { return }
        voice.muteSince = nil
        outbox.put(.note(.mute(false, missed: 0, edges: edges.count)))
    }

    private mutating func considerMuteness(at now: Now, into outbox: inout Outbox<Effect>) {
        guard voice.muteSince == nil, deafSince == nil, rules.mutenessBits > 0, rings.memberCount > edges.count + 1
        else { return }
        var chance = Double(sign: .plus, exponent: rules.mutenessBits, significand: 1)
        var isSure = 0
        for edge in edges.values where edge.deafness.missed > 0 {
            let loss = max(edge.lossThere ?? rules.lossAtStart, rules.leastLossOfMute)
            for _ in 0..<min(edge.deafness.missed, 40) { chance *= Double(loss) / Double(MembershipRules.whole) }
            isSure += edge.deafness.missed > 1 ? 1 : 0
        }
        guard chance < 1, isSure >= rules.quorumLeast else { return }
        voice.muteSince = now.instant
        voice.nextCry = now.instant
        let missed = edges.values.reduce(0) { $0 + $1.deafness.missed }
        outbox.put(.note(.mute(true, missed: missed, edges: edges.count)))
    }

    mutating func cry(at now: Now, into outbox: inout Outbox<Effect>) {
        guard voice.muteSince != nil, voice.nextCry <= now.instant else { return }
        voice.nextCry = now.instant + rules.accusationSpacing
        if spokeUp.map({ now.instant - $0 >= rules.cryPause }) ?? true {
            speakUp(against: me.life, at: now, into: &outbox)
        }
        guard me.seal != nil, !voice.isHeeded else { return }
        for peer in listeners() where maySay(.news, at: now) {
            spend(myClaim.encodedByteCount(), at: now)
            send(.news([myClaim]), to: peer, into: &outbox)
        }
    }

    /// Who has heard it before, and others who are no neighbours.
    private mutating func listeners() -> [NodeID] {
        var listeners = voice.ear.map { [$0] } ?? []
        for _ in 0..<4 * rules.ears where listeners.count < rules.ears && members.count > 0 {
            let member = members.values[random.below(members.count)]
            let id = member.record.id
            if member.isPresent, edges[id] == nil, !listeners.contains(id) { listeners.append(id) }
        }
        return listeners
    }

    /// Somebody knows what this node says of itself.
    mutating func isHeeded(by peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard voice.muteSince != nil else { return }
        voice.isHeeded = true
        if edges[peer] == nil { voice.ear = peer } else if let spokeUp { prove(saidAt: spokeUp, into: &outbox) }
    }
}

extension Deafness {
    fileprivate mutating func miss(_ words: Int) { missed = min(missed + words, Self.mostMissed) }
}

extension Voice: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.instant(proven)
        writer.varint(uncounted)
        writer.optional(muteSince) { $0.instant($1) }
        writer.instant(nextCry)
        writer.optional(ear) { $0.nodeID($1) }
        writer.bool(isHeeded)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        proven = try reader.instant()
        uncounted = try reader.varint()
        muteSince = try reader.bool() ? try reader.instant() : nil
        nextCry = try reader.instant()
        ear = try reader.bool() ? try reader.nodeID() : nil
        isHeeded = try reader.bool()
    }
}

extension Deafness: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.varint(due)
        writer.optional(answered) { $0.instant($1) }
        writer.varint(UInt64(missed))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        due = try reader.varint()
        answered = try reader.bool() ? try reader.instant() : nil
        missed = try reader.count(atMost: Self.mostMissed)
    }
}
