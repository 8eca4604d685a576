import Base
import Crypto

@testable import Membership

typealias Effect = MembershipEngine.Effect
typealias Note = MembershipEngine.Note

/// The keys of numbered nodes, in the order of their ids: so ids are what sealed records are read with, and yet stand
/// in the order of the numbers.
private let keys: [(id: NodeID, key: VerifyingKey)] = (UInt64(0)..<2 * UInt64(Limits.members)).map { number in
    let key = VerifyingKey(Bytes32(number, 0, 0, 0))
    return (key.nodeID, key)
}.sorted { $0.id < $1.id }
private let numbers = [NodeID: UInt64](uniqueKeysWithValues: zip(keys.map(\.id), UInt64(0)...))

func id(_ number: UInt64) -> NodeID { keys[Int(number)].id }
extension NodeID {
    /// 0 for one that has no number.
    var number: UInt64 { numbers[self] ?? 0 }
}
func port(_ number: UInt64) -> Address { Address(v4: 0x7F00_0001, port: UInt16(number)) }
func time(_ milliseconds: Int64) -> Now {
    Now(instant: Instant.zero + .milliseconds(milliseconds), wall: WallTime(milliseconds: milliseconds))
}

func record(_ number: UInt64, boot: UInt64 = 1, beat: UInt64 = 0, leaving: Bool = false) -> MemberRecord {
    sealed(
        MemberRecord(
            id: id(number), name: "node-\(number)", site: "front", address: port(number),
            life: Life(boot: boot, beat: beat), isLeaving: leaving))
}

/// As its subject would have signed it.
func sealed(_ record: MemberRecord) -> MemberRecord {
    Notary.invent(keys[Int(record.id.number)].key, for: record, in: 5)
}

/// What a node has on its disk of a member, heard at these places.
func storedFact(_ record: MemberRecord, heardAt places: [Address] = []) -> Fact {
    var member = Member(record, .unreachable, .unheard, .notHeardSinceStart, at: time(0))
    member.places = places.map { Place(address: $0, heard: WallTime(milliseconds: 1), roundTrip: nil, loss: nil) }
    return MembershipEngine.fact(of: member)
}

/// Node 1, whose time is what the test says, and what comes out of it.
struct Subject {
    var engine: MembershipEngine
    /// Whose beats come in once a second, with the number of the last.
    var beating: [UInt64: UInt64] = [:]
    /// The beat of this node that they name as the newest they have; nil for one that is a beat behind.
    var echo: UInt64? = 0
    /// What they say is lost of this node's beats, in 255ths.
    var lossThere: UInt8 = 0
    /// Its key is at hand.
    var signsCharges = true
    private(set) var now: Int64 = 0
    private(set) var effects: [Effect] = []

    init(
        _ others: ClosedRange<UInt64>? = nil, seeds: [Address] = [], stored: [Fact] = [], mischief: Mischief = .none,
        at start: Int64 = 0, callsOut: Bool = false, chance: UInt64 = 7,
        rules change: (inout MembershipRules) -> Void = { _ in }
    ) {
        var rules = MembershipRules()
        change(&rules)
        now = start
        engine = MembershipEngine(
            me: record(1),
            settings: MembershipSettings(interval: .seconds(1), rules: rules, callsOut: callsOut),
            notary: .invented(5), seeds: seeds, stored: stored, random: Random(seed: chance), mischief: mischief,
            at: time(start))
        guard let others else { return }
        for number in others {
            _ = receive(.hello(record(number), pulse: 1), from: number)
            beating[number] = 1
        }
        // Three rosters in a row that are like its own: it need not ask any more.
        for _ in 0..<3 {
            let answer = Answer(pulse: 1, root: engine.view, claims: [], rest: .nothing)
            _ = receive(.told(answer), from: others.lowerBound)
        }
    }

    /// Calls a door and answers what came out of it.
    mutating func receive(_ message: MembershipMessage, from peer: UInt64) -> [Effect] {
        collect { $0.receive(message, from: id(peer), at: time($1), into: &$2) }
    }

    /// Hears somebody call on the local net.
    mutating func hear(_ call: Call) -> [Effect] { collect { $0.perform(.heard(call), at: time($1), into: &$2) } }

    /// Learns whom the law names.
    mutating func meet(_ acquaintances: Acquaintances) {
        _ = collect { $0.perform(.acquainted(acquaintances), at: time($1), into: &$2) }
    }

    mutating func leave() -> [Effect] { collect { $0.perform(.leave, at: time($1), into: &$2) } }

    mutating func beat(
        of number: UInt64, pulse: UInt64, boot: UInt64 = 1, life: UInt64 = 0, root: UInt64? = nil,
        interval: Interval = .seconds(1)
    ) -> [Effect] {
        let echo = echo ?? max(engine.pulse, 1) - 1
        let named = engine.pulseTimes.count - Int(engine.pulse - min(echo, engine.pulse)) - 1
        let age = named < 0 ? 0 : (time(now).instant - engine.pulseTimes[named]).milliseconds
        let beat = Beat(
            life: Life(boot: boot, beat: life), pulse: pulse, echo: echo, echoAge: UInt64(age), loss: lossThere,
            root: root ?? engine.view, interval: interval, isDeaf: false)
        return receive(.beat(beat), from: number)
    }

    /// Lets time pass in steps of 50 ms. Those that beat do so on the full second and answer every ping; everything
    /// that comes out is collected.
    mutating func run(until end: Int64) -> [Effect] {
        var all: [Effect] = []
        while now < end {
            now += 50
            if now % 1_000 == 0 {
                for number in beating.keys.sorted() {
                    let pulse = (beating[number] ?? 0) + 1
                    beating[number] = pulse
                    all += beat(of: number, pulse: pulse)
                }
            }
            var out = collect { $0.wake(at: time($1), into: &$2) }
            for case .send(.ping(let stamp, _, _), let contact) in out {
                guard let peer = contact.node?.number, let pulse = beating[peer] else { continue }
                out += receive(.pong(number: stamp, pulse: pulse), from: peer)
            }
            all += out
        }
        return all
    }

    /// The process is not run for a while, in which everybody else goes on.
    mutating func standStill(until end: Int64) {
        beating = beating.mapValues { $0 + UInt64((end - now) / 1_000) }
        now = end
    }

    mutating func collect(_ call: (inout MembershipEngine, Int64, inout Outbox<Effect>) -> Void) -> [Effect] {
        var outbox = Outbox<Effect>()
        call(&engine, now, &outbox)
        for case .sign(let record) in outbox.effects {
            guard let seal = sealed(record).seal else { continue }
            engine.perform(.signed(seal, record.life), at: time(now), into: &outbox)
        }
        for case .signCharge(let charge) in outbox.effects where signsCharges {
            engine.perform(.signedCharge(word(by: 1, charge)), at: time(now), into: &outbox)
        }
        return outbox.effects
    }

    func state(of number: UInt64) -> Member.State? { engine.members[id(number)]?.state }
    func standing(of number: UInt64) -> Standing? { engine.members[id(number)]?.standing }
}

extension [Effect] {
    /// What was sent, and the port it was sent to.
    var sent: [(message: MembershipMessage, to: UInt64)] {
        compactMap { effect in
            if case .send(let message, to: let contact) = effect {
                (message, UInt64(contact.address.port))
            } else {
                nil
            }
        }
    }

    var notes: [Note] { compactMap { if case .note(let note) = $0 { note } else { nil } } }

    var moves: [String] {
        notes.compactMap { note in
            guard case .moved(let id, let from, let to, _) = note else { return nil }
            return "\(id.number) \(from.map { "\($0)" } ?? "-") \(to)"
        }
    }

    func pings(of number: UInt64) -> Int {
        sent.count { if case .ping = $0.message { $0.to == number } else { false } }
    }

    /// To whom `subject` was accused.
    func accusations(of subject: UInt64) -> Set<UInt64> {
        Set(
            sent.compactMap {
                guard case .accuse(let word) = $0.message, word.charge.subject == id(subject) else { return nil }
                return $0.to
            })
    }

    /// To whom news of a member in a standing was told.
    func told(_ number: UInt64, _ standing: Standing) -> [UInt64] {
        sent.compactMap { sent in
            guard case .news(let claims) = sent.message else { return nil }
            return claims.contains { $0.record.id == id(number) && $0.standing == standing } ? sent.to : nil
        }
    }
}

func charge(_ subject: UInt64, pulse: UInt64) -> Charge {
    Charge(subject: id(subject), life: Life(boot: 1, beat: 0), pulse: pulse)
}

func key(_ owner: NodeID) -> VerifyingKey { keys[Int(owner.number)].key }

/// A charge as that node would have signed it.
func word(by number: UInt64, _ charge: Charge) -> SignedCharge {
    Notary.invent(keys[Int(number)].key, for: charge, in: 5)
}

/// A verdict over a member of that life, as these would have signed it who heard these beats last.
func verdict(over record: MemberRecord, by accusers: [(UInt64, pulse: UInt64)]) -> Claim {
    Claim(
        record, .down,
        accusers.map { accuser, pulse in
            let charge = Charge(subject: record.id, life: record.life, pulse: pulse)
            return Accusation(by: id(accuser), word(by: accuser, charge))
        })
}
