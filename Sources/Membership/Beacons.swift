internal import Base

/// When to call out on the local net, and whom to answer there: for a node whose seeds are gone or were never there.
/// Nobody is believed for having called: who calls gets a hello, like a seed, and must be a member to understand it.
struct Beacons: Hashable, Sendable {
    /// When this node called last, and how much of the usual pause it waits this time, in percent.
    var last: Instant
    var patience: Int64
    var answers: Allowance
    /// Who was answered last. One call comes by more than one way.
    var answered: Address?
    var answeredAt: Instant

    init(at now: Instant) {
        last = now
        patience = 0
        answers = Allowance()
        answered = nil
        answeredAt = now
    }

    /// Between two calls of a node that sees nobody.
    static let lonelyPause = Interval.seconds(5)
    /// Between two calls of any of those who are together: only the other part of a mesh that was never whole needs
    /// them.
    static let quietPause = Interval.minutes(1)
    static let longestPause = Interval.hours(1)
    /// How many answers one call should get, whoever hears it.
    static let answersWanted = 4
    /// Answers in a second and at once: on the morning of a power-on five hundred call to five hundred.
    static let answersPerSecond = 1
    static let answersAtOnce = 4
    /// In this time one caller gets one answer.
    static let echo = Interval.seconds(2)
}

extension MembershipEngine {
    /// When to call out next; nil where that is switched off.
    var beaconDue: Instant? {
        guard settings.callsOut else { return nil }
        let quiet = min(Beacons.quietPause * Int64(rings.memberCount), Beacons.longestPause)
        return beacons.last + (isLonely ? Beacons.lonelyPause : quiet) / 100 * beacons.patience
    }

    mutating func callOut(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let due = beaconDue, due <= now.instant else { return }
        beacons.last = now.instant
        beacons.patience = Int64(50 + random.below(101))
        outbox.put(.callOut(isLonely: isLonely))
    }

    /// Somebody of this mesh has called from these addresses, none of which is this node's own; the likeliest first.
    /// Of all that hear a call some answer. Who is known here and not lonely needs none.
    mutating func hear(_ call: Call, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let address = call.addresses.first else { return }
        let isKnown = members.values.contains { $0.isPresent && call.addresses.contains($0.record.address) }
        guard call.isLonely || !isKnown, address != beacons.answered || now.instant - beacons.answeredAt > Beacons.echo,
            random.below(rings.memberCount) < Beacons.answersWanted,
            beacons.answers.allows(
                at: now.instant, perSecond: Beacons.answersPerSecond, burst: Beacons.answersAtOnce)
        else { return }
        beacons.answers.spend(1, perSecond: Beacons.answersPerSecond, at: now.instant)
        beacons.answered = address
        beacons.answeredAt = now.instant
        outbox.put(.send(.hello(me, pulse: pulse), to: Contact(nil, at: address)))
    }
}

extension Beacons: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.instant(last)
        writer.varint(UInt64(patience))
        answers.encode(into: &writer)
        writer.optional(answered) { $0.address($1) }
        writer.instant(answeredAt)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        last = try reader.instant()
        patience = Int64(try reader.count(atMost: 150))
        answers = try Allowance(from: &reader)
        answered = try reader.bool() ? try reader.address() : nil
        answeredAt = try reader.instant()
    }
}
