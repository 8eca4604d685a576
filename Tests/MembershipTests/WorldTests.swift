import Base
import Testing

@testable import Membership

/// Some engines and a network that loses packets, both ways alike. What is simulated at length lives in Simulation.
private struct Net {
    var engines: [MembershipEngine]
    var now: Int64 = 0
    var loss: Int
    var chance = Random(seed: 5)
    var silent: Set<UInt64> = []
    var flying: [(at: Int64, to: Int, from: UInt64, message: MembershipMessage)] = []
    var lost: [String] = []

    init(_ count: UInt64, loss: Int, rules: MembershipRules = MembershipRules()) {
        self.loss = loss
        engines = (1...count).map { number in
            MembershipEngine(
                me: record(number), settings: MembershipSettings(interval: .seconds(1), rules: rules),
                notary: .invented(5), seeds: [port(1), port(2)], stored: [], random: Random(seed: number),
                mischief: .none, at: time(0))
        }
    }

    mutating func run(until end: Int64) {
        while now < end {
            now += 20
            let arrived = flying.filter { $0.at <= now }
            flying.removeAll { $0.at <= now }
            for letter in arrived where !silent.contains(UInt64(letter.to) + 1) {
                drive(letter.to) { $0.receive(letter.message, from: id(letter.from), at: $1, into: &$2) }
            }
            for index in engines.indices where !silent.contains(UInt64(index) + 1) {
                guard let due = engines[index].deadline, due <= time(now).instant else { continue }
                drive(index) { $0.wake(at: $1, into: &$2) }
            }
        }
    }

    private mutating func drive(_ index: Int, _ call: (inout MembershipEngine, Now, inout Outbox<Effect>) -> Void) {
        var outbox = Outbox<Effect>()
        call(&engines[index], time(now), &outbox)
        for case .sign(let record) in outbox.effects {
            guard let seal = sealed(record).seal else { continue }
            engines[index].perform(.signed(seal, record.life), at: time(now), into: &outbox)
        }
        for case .signCharge(let charge) in outbox.effects {
            let word = word(by: UInt64(index) + 1, charge)
            engines[index].perform(.signedCharge(word), at: time(now), into: &outbox)
        }
        for sent in outbox.effects.sent where chance.below(100) >= loss {
            let to = Int(sent.to) - 1
            guard engines.indices.contains(to) else { continue }
            flying.append((now + 20 + Int64(chance.below(40)), to, UInt64(index) + 1, sent.message))
        }
        for move in outbox.effects.moves where move.hasSuffix("unreachable") {
            lost.append("\(now) \(index + 1): \(move)")
        }
    }

    func states(of number: UInt64) -> [Member.State?] {
        engines.indices.filter { $0 != Int(number) - 1 && !silent.contains(UInt64($0) + 1) }.map {
            engines[$0].members[id(number)]?.state
        }
    }
}

@Test(arguments: [0, 45]) func twelveNodesFindEachOtherLoseNobodyAndMissTheDead(loss: Int) {
    var net = Net(12, loss: loss)
    net.run(until: 15_000)
    #expect(net.engines.allSatisfy { $0.members.values.count { $0.isPresent } == 11 })
    net.run(until: 120_000)
    #expect(net.lost.isEmpty)
    #expect(Set(net.engines.map(\.view)).count == 1)
    net.silent = [7]
    net.run(until: 120_000 + (loss == 0 ? 4_000 : 14_000))
    #expect(net.states(of: 7).allSatisfy { $0 == .unreachable })
    #expect(net.lost.allSatisfy { $0.contains(": 7 ") }, "\(net.lost)")
    net.silent = []
    net.run(until: 165_000)
    #expect(net.states(of: 7).allSatisfy { $0 == .alive })
}
