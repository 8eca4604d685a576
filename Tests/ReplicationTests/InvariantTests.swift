import Base
import Crypto
import Testing

@testable import Replication

// What must hold of replication whatever happens, each asked of many random lives, and of one with a planted fault that
// breaks it: of that at least one life must tell. docs/testing.md has the table.

private func put(_ key: UInt8, _ value: UInt8, _ kind: Kind = .register) -> Change {
    .put(kind, key: [key], value: [value], resolves: false)
}

/// `trouble` says of a seed what is wrong. Without a fault nothing is; with one, something is for some seed.
private func check(_ bug: ReplicaBug?, seeds: ClosedRange<UInt64> = 1...12, _ trouble: (UInt64) -> String?) {
    for seed in seeds {
        guard let found = trouble(seed) else { continue }
        if bug == nil { Issue.record("seed \(seed): \(found)") }
        return
    }
    if let bug { Issue.record("\(bug) is not found") }
}

/// Three nodes write and delete, some of it at once, see some of what the others wrote, and all of it in the end.
private func life(
    _ seed: UInt64, _ bug: ReplicaBug? = nil, steps: Int = 30,
    _ step: (inout EngineMesh, inout Random, UInt64) -> Void
) -> EngineMesh {
    var mesh = EngineMesh(3, seed: seed, bug: bug)
    var random = Random(seed: seed)
    mesh.jitter = .milliseconds(60)
    for number in 0..<UInt64(steps) {
        let (one, other) = (random.below(3), random.below(3))
        if one != other, random.below(3) == 0 {
            mesh.connect(one, [other])
            mesh.connect(other, [one])
        }
        step(&mesh, &random, number)
        mesh.run(for: .milliseconds(Int64(20 + random.below(400))))
    }
    mesh.connectAll()
    mesh.run(for: .seconds(30))
    return mesh
}

private func writesAndDeletes(_ mesh: inout EngineMesh, _ random: inout Random, _ number: UInt64) {
    let (node, key) = (random.below(3), UInt8(random.below(3)))
    mesh.write(node, number, [random.below(4) == 0 ? .remove(.register, key: [key]) : put(key, UInt8(number))])
}

/// A replica that is given these in some order, some of them twice, until it has all of them.
private func taking(_ runs: [Run], _ seed: UInt64, _ bug: ReplicaBug?) -> Replica {
    var replica = Replica(
        namespace: EngineMesh.namespace, me: EngineMesh.name(7), genesis: EngineMesh.genesis(3), bug: bug)
    var random = Random(seed: seed)
    for _ in 0..<40 * runs.count { if let run = random.pick(runs) { _ = replica.accept(run) } }
    for _ in runs { for run in runs { _ = replica.accept(run) } }
    return replica
}

@Test(
    "Invariant 1: order, grouping and repetition leave no mark, and what is shown is a function of what is held",
    arguments: [ReplicaBug?.none, .ordersByArrival])
func orderLeavesNoMark(bug: ReplicaBug?) {
    check(bug) { seed in
        var runs: [Run] = []
        _ = life(seed) { mesh, random, number in
            let before = mesh.engines.map { $0.replica.head(of: $0.replica.my) }
            writesAndDeletes(&mesh, &random, number)
            mesh.run(for: .milliseconds(1))
            for (engine, head) in zip(mesh.engines, before) where engine.replica.head(of: engine.replica.my) > head {
                if let run = engine.replica.run(of: engine.replica.my, after: head) { runs.append(run) }
            }
        }
        let (one, other) = (taking(runs, seed, bug), taking(runs, seed + 1_000, bug))
        if one.vector.sum != UInt64(runs.count) || one.vector != other.vector { return "not everything was taken" }
        if one.sortedSlots != other.sortedSlots { return "the order of taking shows" }
        for slot in one.sortedSlots {
            let counting = slot.held.filter(\.counts)
            let pure = counting.filter { held in !counting.contains { slot.supersedes($0, held) } }
            if slot.live != pure { return "what is live is not the pure function" }
        }
        return nil
    }
}

@Test(
    "Invariant 2: who holds the same says the same, and who says the same shows the same",
    arguments: [ReplicaBug?.none, .digestWithoutDeletions])
func equalStatesAndEqualFingerprints(bug: ReplicaBug?) {
    check(bug) { seed in
        var lie: String?
        var mesh = life(seed, bug) { mesh, random, number in
            // A writer whose whole log is a deletion is what a careless digest leaves out.
            let node = number < 2 ? Int(number) : 2
            mesh.write(node, number, [node < 2 ? put(1, UInt8(number)) : .remove(.register, key: [1])])
            if hasLie(mesh) { lie = "equal fingerprints lie" }
        }
        mesh.run(for: .seconds(10)) { now in
            if hasLie(now) { lie = "equal fingerprints lie" }
            return lie != nil
        }
        if let lie { return lie }
        let facts = (0..<3).map { index in
            mesh.engines[index].replica.sortedSlots.map(\.live)
        }
        if !mesh.isEqual || facts[1] != facts[0] || facts[2] != facts[0] { return "not the same in the end" }
        return Set((0..<3).map { mesh.fingerprint($0) }).count == 1 ? nil : "the same, and other fingerprints"
    }
}

@Test(
    "Invariant 3: after logarithmically many rounds all have the same, though three in ten messages are lost",
    arguments: [ReplicaBug?.none, .greetsOnNewsOnly])
func everybodyComesToTheSame(bug: ReplicaBug?) {
    check(bug, seeds: 1...4) { seed in
        guard let needed = rounds(8, seed: seed, bug: bug) else { return "never" }
        return needed <= 3 + 2 ? nil : "\(needed) rounds"
    }
}

@Test(
    "Invariant 4: what a deletion took away never comes back, whatever was forgotten and whoever returned",
    arguments: [ReplicaBug?.none, .noFloor])
func nothingRisesAgain(bug: ReplicaBug?) {
    check(bug, seeds: 0...(bug == nil ? 150 : 4_000)) { seed in
        var schedule = Schedule(seed: seed, bug: bug)
        schedule.play()
        return schedule.trouble
    }
}

@Test(
    "Invariant 5: an acknowledged write is in the logs of all or was handed back, once",
    arguments: [ReplicaBug?.none, .answersBeforeDisk, .keepsVoidQuiet])
func everyAcknowledgedWriteIsAccountedFor(bug: ReplicaBug?) {
    if bug != .keepsVoidQuiet { check(bug, accounted) }
    if bug != .answersBeforeDisk { check(bug, handedBack) }

    func accounted(_ seed: UInt64) -> String? {
        let mesh = life(seed, bug) { mesh, random, number in
            mesh.storeTime = .milliseconds(60)
            let node = random.below(3)
            mesh.write(node, number, [put(UInt8(number), UInt8(number))])
            mesh.run(for: .milliseconds(Int64(1 + random.below(90))))
            if random.below(3) == 0 { mesh.crash(node) }
        }
        for answer in mesh.answers {
            guard let dot = answer.dot else { continue }
            let kept = mesh.engines.map { $0.replica.transaction(dot)?.operations[0].value }
            if kept.contains(where: { $0 != [UInt8(answer.request)] }) {
                return "write \(answer.request) was acknowledged and is lost"
            }
        }
        return nil
    }

    func handedBack(_ seed: UInt64) -> String? {
        var mesh = EngineMesh(3, seed: seed, bug: bug)
        mesh.connectAll()
        mesh.write(2, 0, [put(0, 1)])
        mesh.run(for: .seconds(10))
        for index in 0..<3 { mesh.connect(index, index < 2 ? [1 - index] : []) }
        mesh.issue(mesh.engines[0].replica.evicting(mesh.id(2)), 0)
        let late = 1 + seed % 5
        for number in 1...late {
            mesh.write(2, number, [put(UInt8(number), 1)])
            mesh.run(for: .milliseconds(100))
        }
        mesh.connectAll()
        mesh.run(for: .seconds(60))
        let dots = Set(mesh.answers.compactMap(\.dot))
        if dots.count != Int(late) + 1 { return "\(dots.count) writes were acknowledged" }
        if mesh.requeued[2].count != late { return "\(mesh.requeued[2].count) of \(late) were handed back" }
        return Set(mesh.requeued[2]).count == late ? nil : "one was handed back twice"
    }
}

@Test(
    "Invariant 6: siblings are what did not know of each other; of two guarded values none is acted upon",
    arguments: [ReplicaBug?.none, .forgetsContext, .decidesForPeople])
func siblingsAreWhatDidNotKnowOfEachOther(bug: ReplicaBug?) {
    check(bug) { seed in
        var truth: [Dot: VersionVector] = [:]
        var overwritten = false
        let mesh = life(seed, bug) { mesh, random, number in
            let node = random.below(3)
            let before = mesh.engines[node].replica
            let slot = before.slot(SlotID(kind: Kind.guarded.rawValue, key: [1], element: []))
            mesh.write(node, number, [put(1, UInt8(number), .guarded)])
            mesh.run(for: .milliseconds(1))
            let after = mesh.engines[node].replica
            guard after.head(of: after.my) > before.head(of: before.my) else { return }
            if slot?.isInConflict ?? false { overwritten = true }
            truth[Dot(after.my, after.head(of: after.my))] = before.vector
        }
        if overwritten { return "a conflict was overwritten" }
        let maximal = truth.keys.filter { dot in !truth.contains { $0.value.covers(dot) } }.sorted()
        let slot = mesh.engines[0].replica.slot(SlotID(kind: Kind.guarded.rawValue, key: [1], element: []))
        guard let slot, slot.live.map(\.dot) == maximal else { return "\(maximal) did not know of each other" }
        return (slot.undisputed == nil) == (maximal.count > 1) ? nil : "a disputed value is acted upon"
    }
}

@Test(
    "Invariant 7: what was written at once is seen at once, by everybody and after every crash",
    arguments: [ReplicaBug?.none, .tearsTransactions, .speaksBeforeDisk])
func transactionsAreWhole(bug: ReplicaBug?) {
    check(bug) { seed in
        var trouble: String?
        func look(_ mesh: EngineMesh) {
            for index in 0..<3 {
                let shown = (0..<3).map { key in
                    mesh.engines[index].replica.slot(SlotID(kind: Kind.latest.rawValue, key: [key], element: []))?
                        .latest?.operation.value
                }
                if Set(shown).count > 1 { trouble = "node \(index) shows a part" }
                let (engine, disk) = (mesh.engines[index], mesh.stored(index))
                var back = Replica(
                    namespace: EngineMesh.namespace, me: EngineMesh.name(index), genesis: EngineMesh.genesis(3))
                if back.load(disk) > 0 || !back.vector.covers(engine.spoken) { trouble = "told of what no disk has" }
            }
        }
        _ = life(seed, bug, steps: 20) { mesh, random, number in
            mesh.storeTime = .milliseconds(80)
            let writer = random.below(3)
            mesh.write(writer, number, (0..<3).map { put($0, UInt8(number), .latest) })
            if random.below(6) == 0 { mesh.crash(random.below(3)) }
            mesh.run(for: .milliseconds(Int64(random.below(90))))
            look(mesh)
        }
        return trouble
    }
}

@Test(
    "Invariant 8: a clock that is a hundred years off changes nothing of what is held",
    arguments: [ReplicaBug?.none, .refusesTheFuture, .trustsClocks])
func clocksCarryNothing(bug: ReplicaBug?) {
    check(bug) { seed in
        func live(shifted: Bool) -> (mesh: EngineMesh, dots: [[Dot]]) {
            let mesh = life(seed, bug) { mesh, random, number in
                if number == 0 { for node in 0..<3 { mesh.perform(.clock(.synchronised), node) } }
                if shifted, number == 5 { mesh.shifts[0] = .days(300) }
                if shifted, number == 10 { mesh.shifts[0] = .days(36_500) }
                if shifted, number == 20 { mesh.shifts[0] = .days(-36_500) }
                writesAndDeletes(&mesh, &random, number)
            }
            return (mesh, mesh.engines[1].replica.sortedSlots.map { $0.live.map(\.dot) })
        }
        let (right, wrong) = (live(shifted: false), live(shifted: true))
        if !wrong.mesh.isEqual { return "they do not come to the same" }
        if right.dots != wrong.dots { return "the clock decided what is held" }
        let last = Int64(wrong.mesh.engines[1].clock.last.milliseconds)
        return last < (wrong.mesh.now.wall + .minutes(5)).milliseconds ? nil : "an honest clock was carried away"
    }
}

@Test(
    "Invariant 9: a disk that was put back never makes its node fork, and a fork is void everywhere",
    arguments: [ReplicaBug?.none, .trustsItself, .trustsForks])
func forksAreProvedAndHonestNodesMakeNone(bug: ReplicaBug?) {
    if bug == .trustsForks { return twoBranches(bug) }
    twoBranches(nil)
    check(bug) { seed in
        var copy: [[UInt8]: [UInt8]] = [:]
        let mesh = life(seed, bug) { mesh, random, number in
            if number == 8 { copy = mesh.disks[0] }
            if number == 20 {
                mesh.disks[0] = copy
                mesh.connectAll()
                mesh.crash(0)
            }
            writesAndDeletes(&mesh, &random, number)
            if number % 4 == 0 { mesh.write(0, 100 + number, [put(9, UInt8(number))]) }
        }
        return mesh.engines.contains { !$0.replica.forks.isEmpty } ? "a node forked" : nil
    }
}

private func twoBranches(_ bug: ReplicaBug?) {
    let mesh = cloned(bug)
    let isProved = (0..<2).allSatisfy { mesh.engines[$0].replica.forks.count == 1 && mesh.shown($0).isEmpty }
    #expect(isProved == (bug == nil))
}

@Test(
    "Invariant 10: what nobody allowed has no effect, in whatever order it and its revocation come",
    arguments: [ReplicaBug?.none, .ignoresRights, .noFence])
func rightsHoldInEveryOrder(bug: ReplicaBug?) {
    check(bug) { seed in
        let grants = (0..<3).map { index in
            Authority.Grant(author: EngineMesh.name(index).author, prefix: index == 2 ? [1] : [])
        }
        var writer = EngineMesh(3, seed: seed)
        for number in 0..<UInt8(6) { writer.write(2, UInt64(number), [put(number % 3, number)]) }
        writer.run(for: .seconds(1))
        let author = writer.engines[2].replica
        let runs = (0..<6).compactMap { author.run(of: author.my, after: $0, weight: 1) }
        // Three of the six were known when their writer was evicted.
        var admin = Replica(namespace: EngineMesh.namespace, me: EngineMesh.name(0), genesis: EngineMesh.genesis(3))
        for run in runs.prefix(3) { _ = admin.accept(run) }
        let epoch = admin.evicting(author.me.author)
        func shown(evictionAfter count: Int) -> [Dot] {
            var replica = Replica(
                namespace: EngineMesh.namespace, me: EngineMesh.name(1), genesis: EngineMesh.genesis(3),
                authority: Authority(grants: grants), bug: bug)
            for (number, run) in runs.enumerated() {
                if number == count { _ = replica.learn([epoch]) }
                _ = replica.accept(run)
            }
            if count == 6 { _ = replica.learn([epoch]) }
            return replica.sortedSlots.flatMap(\.live).map(\.dot).sorted()
        }
        let right = [Dot(author.my, 2)]
        return (0...6).first { shown(evictionAfter: $0) != right }.map { "evicted after \($0)" }
    }
}

@Test(
    "Invariant 11: forgetting changes nothing that is shown, and no rule of it can be left out",
    arguments: [
        ReplicaBug?.none, .collectsEarly, .noFence, .noCut, .noFloor, .tornAdoption, .keepsForgotten, .noBarrier,
        .mixedAcks,
    ])
func forgettingShowsNothing(bug: ReplicaBug?) {
    check(bug, seeds: 0...(bug == nil ? 150 : 4_000)) { seed in
        var schedule = Schedule(seed: seed, bug: bug)
        schedule.play()
        return schedule.trouble
    }
}

@Test("Invariant 12: every step is bounded", arguments: [ReplicaBug?.none, .takesAllAtOnce])
func stepsAreBounded(bug: ReplicaBug?) {
    check(bug, seeds: 1...2) { seed in
        var mesh = EngineMesh(3, seed: seed, bug: bug)
        // Each rests on the one before, which somebody else wrote, so that much comes to wait for one transaction.
        for number in 0..<UInt64(2 * Limits.operations) {
            mesh.write(Int(number % 2), number, [put(UInt8(number % 200), 1)])
            mesh.run(for: .milliseconds(5))
            if number % 64 == 0 {
                mesh.connect(0, [1])
                mesh.run(for: .seconds(2))
                mesh.connect(0, [])
                mesh.connect(1, [])
            }
        }
        mesh.heaviest = 0
        mesh.connectAll()
        mesh.run(for: .seconds(60))
        if !mesh.isEqual { return "they do not come to the same" }
        return mesh.heaviest <= Limits.operations ? nil : "\(mesh.heaviest) operations in one step"
    }
}

@Test(
    "Invariant 13: an escrow never falls below zero and a maximum never falls, however nodes are parted",
    arguments: [ReplicaBug?.none, .spendsFreely])
func boundsHold(bug: ReplicaBug?) {
    check(bug) { seed in
        var highest: Int64 = .min
        var trouble: String?
        _ = life(seed, bug) { mesh, random, number in
            let (node, amount) = (random.below(3), UInt64(1 + random.below(6)))
            let changes: [Change] = [
                .deposit(key: [1], 2), .spend(key: [1], amount), .spend(key: [1], amount),
                .give(key: [1], amount, to: mesh.engines[random.below(3)].replica.my),
                .bound(.maximum, key: [2], Int64(random.below(1_000))),
            ]
            mesh.write(node, number, [changes[random.below(5)]])
            mesh.run(for: .milliseconds(200))
            for index in 0..<3 {
                let replica = mesh.engines[index].replica
                let escrow = replica.slot(SlotID(kind: Kind.escrow.rawValue, key: [1], element: []))
                if let total = escrow?.number, total < 0 { trouble = "\(total) is left" }
            }
            let maximum = mesh.engines[0].replica.slot(SlotID(kind: Kind.maximum.rawValue, key: [2], element: []))
            let value = maximum?.number ?? .min
            if value < highest { trouble = "a maximum fell" }
            highest = max(highest, value)
        }
        return trouble
    }
}
