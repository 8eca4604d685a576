internal import Base
internal import Crypto
internal import Membership

/// A member that lies: it runs the engine like everybody else, and says besides what is not so. Its hop is authentic,
/// so it speaks as itself; and it has no key but its own.
struct MembershipLiar {
    /// Ten turns a second, each with as many accusations as make ten thousand a second, and one lie of each kind.
    static let pause = Interval.milliseconds(100)
    static let accusations = 1_000

    private(set) var next: Instant
    private var random: Random

    init(seed: UInt64, at now: Now) {
        next = now.instant + .seconds(20)
        random = Random(seed: seed)
    }

    mutating func lies(of engine: MembershipEngine, at now: Now) -> [(message: MembershipMessage, to: Contact)] {
        guard next <= now.instant else { return [] }
        next = now.instant + Self.pause
        let present = engine.members.values.filter { $0.state == .alive }.map(\.record)
        guard present.count > 1 else { return [] }
        let victim = present[random.below(present.count)]
        let others = present.filter { $0.id != victim.id }
        var said: [(message: MembershipMessage, to: Contact)] = []
        let observers = engine.observers(of: victim.id).filter { $0 != engine.me.id }
        for lie in lies(about: victim, engine.me.id, observers) {
            said.append((lie, others[random.below(others.count)].contact))
        }
        let word = Self.madeUp(Charge(subject: victim.id, life: victim.life, pulse: 1))
        let listener = others[random.below(others.count)].contact
        for _ in 0..<Self.accusations { said.append((.accuse(word), listener)) }
        return said
    }

    /// Nobody's signature.
    private static func madeUp(_ charge: Charge) -> SignedCharge { SignedCharge(charge, Signature(.zero, .zero)) }

    private func lies(about victim: MemberRecord, _ me: NodeID, _ observers: [NodeID]) -> [MembershipMessage] {
        func changed(_ standing: Standing, _ change: (inout MemberRecord) -> Void) -> Claim {
            var record = victim
            change(&record)
            return Claim(record, standing)
        }
        let huge = changed(.here) { $0.life.beat += 65_000 }
        let risen = changed(.here) { $0.life.boot += 1 }
        let gone = changed(.left) { $0.isLeaving = true }
        func verdict(by accusers: [NodeID], _ pulse: UInt64) -> Claim {
            let word = Self.madeUp(Charge(subject: victim.id, life: victim.life, pulse: pulse))
            return Claim(victim, .down, accusers.sorted().map { Accusation(by: $0, word) })
        }
        let dead = verdict(by: [me], 1 << 40)
        let agreed = verdict(by: Array(observers.prefix(Limits.accusations)), 1 << 40)
        return [
            .news([huge]), .news([risen]), .news([gone]), .news([dead]), .news([agreed]),
            .told(Answer(pulse: 1, root: 1, claims: [gone, dead, huge], rest: .nothing)),
        ]
    }
}
