import Base
import Crypto
import Glibc
import Testing

@testable import Replication

/// The model and replicas side by side, driven by one schedule. Whatever they disagree on, and whatever breaks a
/// promise, is answered in words.
struct Schedule {
    var random: Random
    let count: Int
    let bug: ReplicaBug?
    /// With dependencies and with logs cut short the replica waits and adopts more often than the model, which has
    /// neither: then only what must come out in the end is compared.
    let isExact: Bool
    var model: [ModelReplica] = []
    var replicas: [Replica] = []
    var all: [ModelOperation] = []
    var away: Set<Int> = []
    /// The place of each author among all writers in their order.
    let rank: [Int]
    var trouble: String?
    var collected = 0
    var adoptions = 0
    var sketches = 0

    static let signature = (try? Signature(decoding: [UInt8](repeating: 0, count: 64).raw))
    static func name(_ index: Int) -> WriterName {
        WriterName(key: VerifyingKey(Bytes32(UInt64(index), 0, 0, 1)), instance: 0)
    }

    init(seed: UInt64, bug: ReplicaBug? = nil, isExact: Bool = true) {
        random = Random(seed: seed)
        count = 3 + random.below(3)
        self.bug = bug
        self.isExact = isExact
        let writers = (0..<count).map { Writer(Self.name($0)) }
        rank = writers.map { writer in writers.filter { $0 < writer }.count }
        let genesis = Epoch(
            number: 0, previous: Digest(.zero), roster: (0..<count).map { Self.name($0).author })
        for index in 0..<count {
            model.append(ModelReplica(me: index, epochs: [ModelEpoch(roster: Set(0..<count))]))
            var replica = Replica(
                namespace: Namespace(high: 1, low: 2), me: Self.name(index), genesis: genesis, bug: bug)
            for other in 0..<count { _ = replica.logs.made(Self.name(other)) }
            replicas.append(replica)
        }
    }

    mutating func play() {
        for _ in 0..<120 + random.below(140) where trouble == nil { step() }
        heal()
    }

    private mutating func step() {
        let dice = random.below(1_000)
        switch dice {
        case ..<30: if away.count < count - 2 { away.insert(1 + random.below(count - 1)) }
        case ..<45: if let one = random.pick(away.sorted()) { away.remove(one) }
        case ..<300: write()
        case ..<850:
            let one = random.below(count)
            let other = (one + 1 + random.below(count - 1)) % count
            let isCut = away.contains(one) || away.contains(other)
            // Two that are away may still meet each other.
            let meets = away.contains(one) && away.contains(other) && random.below(2) == 0
            if !isCut || meets { pull(one, other, whole: false) }
        case ..<950:
            let one = random.below(count)
            let before = model[one].operations.count
            model[one].collect(rank: rank)
            collected += before - model[one].operations.count
            _ = replicas[one].collect(trims: !isExact)
            compare(one, "collecting")
        case ..<975: changeRoster()
        default: break
        }
    }

    private mutating func write() {
        let (one, key) = (random.below(count), random.below(3))
        let value = random.below(10) < 4 ? nil : random.below(1_000)
        if value == nil, !model[one].operations.contains(where: { $0.key == key }) { return }
        let change: Change =
            value.map { .put(.register, key: [UInt8(key)], value: Number(value: Int64($0)).bytes, resolves: false) }
            ?? .remove(.register, key: [UInt8(key)])
        // Epochs let an admitted node write before it knows enough only if it does not know the epoch.
        let prepared = try? replicas[one].prepare(
            [change], time: HybridTime(bits: UInt64(all.count)), quality: .unknown)
        let operation = isExact ? model[one].write(key, value) : prepared.flatMap { _ in model[one].write(key, value) }
        guard var transaction = prepared else {
            if operation != nil { trouble = "the model wrote, the replica refused" }
            return
        }
        guard let operation else { return trouble = "the replica wrote, the model refused" }
        if isExact { transaction.dependencies = [] }
        all.append(operation)
        replicas[one].commit(transaction, Self.signature)
        compare(one, "a write")
    }

    private mutating func changeRoster() {
        let candidates = away.filter { model[0].roster.contains($0) }.sorted()
        if let one = random.pick(candidates) {
            model[0].epochs.append(
                ModelEpoch(roster: model[0].roster.subtracting([one]), cut: (one, model[0].known[one])))
            model[0].acknowledge()
            _ = replicas[0].learn([replicas[0].evicting(Self.name(one).author)])
        } else {
            let (epoch, roster) = (model[0].epoch, model[0].roster)
            let back = (0..<count).filter { !roster.contains($0) && model[0].acks[$0]?.epoch == epoch }
            guard let one = random.pick(back) else { return }
            let floor = highest(model[0].known, model[0].floor)
            model[0].epochs.append(ModelEpoch(roster: roster.union([one]), admitted: (one, floor)))
            model[0].acknowledge()
            _ = replicas[0].learn([replicas[0].admitting(Self.name(one).author)])
        }
        compare(0, "an epoch")
    }

    mutating func pull(_ one: Int, _ other: Int, whole: Bool) {
        let before = model[one]
        if model[other].epochs.count > model[one].epochs.count { model[one].epochs = model[other].epochs }
        _ = replicas[one].learn(replicas[other].epochs)
        let logs = reaches(model[one].known, model[other].floor)
        let mayTakeLogs = replicas[one].mayTakeLogs(above: replicas[other].floor)
        if isExact, logs != mayTakeLogs {
            return trouble =
                "the model, floor \(model[other].floor), and the replica, "
                + "\(replicas[other].floor.dots.map(\.sequence)), differ about who takes logs"
        }
        if isExact ? logs : mayTakeLogs {
            for author in 0..<count {
                let (low, high) = (model[one].known[author], model[other].known[author])
                guard high > low, whole || random.below(10) >= 3 else { continue }
                let end = whole || random.below(10) < 7 ? high : low + 1 + Int32(random.below(Int(high - low)))
                pullLog(one, other, author, end)
                if trouble != nil { return }
            }
        } else {
            let breaks = !whole && random.below(10) < 4
            if breaks, bug != .tornAdoption { return model[one].acknowledge() }
            adopt(one, other)
        }
        model[one].hear(model[other])
        for (member, ack) in replicas[other].acks { replicas[one].learn(ack, of: member) }
        replicas[one].learn(replicas[other].ack, of: Self.name(other).author)
        findGhosts(one, before)
        compare(one, "a pull")
    }

    private mutating func pullLog(_ one: Int, _ other: Int, _ author: Int, _ end: Int32) {
        let writer = Writer(Self.name(author))
        while replicas[one].vector[writer] < UInt64(end) {
            guard let run = replicas[other].run(of: writer, after: replicas[one].vector[writer], weight: 1) else {
                if !isExact { return adopt(one, other) }
                return trouble = "a run is missing"
            }
            let result = replicas[one].accept(run)
            if case .waits = result, !isExact { break }
            guard result == .taken(1) else { return trouble = "a run came to \(result)" }
        }
        let reached = Int32(replicas[one].vector[writer])
        model[one].takeLog(of: author, upTo: isExact ? end : reached, from: model[other])
    }

    private mutating func adopt(_ one: Int, _ other: Int) {
        var runs: [Run] = []
        var cursor: Replica.Cursor?
        repeat {
            let part = replicas[other].part(after: cursor)
            runs += part.runs
            cursor = part.next
        } while cursor != nil
        var whole = replicas[one]
        if !whole.adopt(Replica.Copy(runs: runs, floor: replicas[other].floor)) { trouble = "an adoption was refused" }
        // A torn adoption is one of a whole copy.
        if bug != .tornAdoption, let copy = sifted(replicas[one], replicas[other], seed: UInt32(adoptions))?.copy {
            _ = replicas[one].adopt(copy)
            sketches += 1
            if replicas[one].stateHash != whole.stateHash { trouble = "a sketch comes to another state than a copy" }
        } else {
            replicas[one] = whole
        }
        // Every transaction signed on its own, so that a pull may end behind any of them, as in the model.
        for index in 0..<count {
            replicas[one].logs.change(index) { log in
                for place in log.entries.indices { log.entries[place].signature = Self.signature }
            }
        }
        model[one].adopt(model[other])
        adoptions += 1
    }

    /// Nothing that a replica has just learnt may be shown if a deletion that covers it was forgotten there.
    private mutating func findGhosts(_ one: Int, _ before: ModelReplica) {
        for new in model[one].operations where !before.operations.contains(where: { $0.dot == new.dot }) {
            guard new.value != nil, ModelReplica.isValid(new, model[one].epochs),
                !model[one].operations.contains(where: { $0.key == new.key && $0.covers(new.dot) })
            else { continue }
            let isGhost = all.contains { gone in
                gone.key == new.key && gone.value == nil && gone.covers(new.dot)
                    && model[one].forgotten.contains(gone.dot) && ModelReplica.isValid(gone, model[one].epochs)
            }
            if isGhost { trouble = "\(new.dot) has come back" }
        }
    }

    func view(_ one: Int) -> [[String]] {
        (0..<3).map { key in
            let slot = replicas[one].slot(
                SlotID(kind: Kind.register.rawValue, key: [UInt8(key)], element: []))
            let values = (slot?.live ?? []).filter { !$0.operation.isRemoval }
            return values.map { held in
                let author = (0..<count).first { Writer(Self.name($0)) == held.dot.writer } ?? -1
                return (author, held)
            }.sorted { ($0.0, $0.1.dot.sequence) < ($1.0, $1.1.dot.sequence) }
                .map { "\($0.0).\($0.1.dot.sequence)=\(Number($0.1.operation.value).value)" }
        }
    }

    private mutating func compare(_ one: Int, _ what: String) {
        guard trouble == nil, isExact else { return }
        let (mine, its) = (model[one].view, view(one))
        if mine != its { return trouble = "after \(what) at \(one) the model shows \(mine), the replica \(its)" }
        let held = replicas[one].slots.reduce(0) { $0 + $1.held.count }
        if held != model[one].operations.count {
            return trouble =
                "after \(what) at \(one) the model holds \(model[one].operations.count), the replica \(held)"
        }
        for author in 0..<count where model[one].floor[author] != Int32(replicas[one].floor[Writer(Self.name(author))])
        {
            trouble = "after \(what) the floors differ"
        }
    }

    private mutating func heal() {
        for _ in 0..<count + 2 {
            for one in 0..<count {
                for other in 0..<count where one != other && trouble == nil { pull(one, other, whole: true) }
            }
        }
        guard trouble == nil else { return }
        let epochs = model.map(\.epochs).max { $0.count < $1.count } ?? []
        let truth = ModelReplica.view(all, epochs)
        for one in 0..<count where view(one) != truth {
            return trouble = "in the end \(one) shows \(view(one)), and \(truth) was written"
        }
    }
}

func schedules(_ usual: Int) -> UInt64 {
    guard let text = getenv("MARRAM_SCHEDULES"), let count = UInt64(String(cString: text)) else { return UInt64(usual) }
    return count
}

@Test(.timeLimit(.minutes(240))) func theReplicaAgreesWithTheModelAtEveryStep() {
    var (collected, adoptions, sketches) = (0, 0, 0)
    for seed in 0..<schedules(600) {
        var schedule = Schedule(seed: seed)
        schedule.play()
        #expect(schedule.trouble == nil, "seed \(seed)")
        collected += schedule.collected
        adoptions += schedule.adoptions
        sketches += schedule.sketches
        if schedule.trouble != nil { break }
    }
    // The schedules reach what they are for.
    let figures = "\(collected) collected, \(adoptions) adopted, \(sketches) of them by a sketch"
    #expect(collected > 100 && adoptions > 100 && sketches > 50, "\(figures)")
}

@Test(.timeLimit(.minutes(240))) func withDependenciesAndShortLogsEverybodyComesToTheSameInTheEnd() {
    for seed in 0..<schedules(600) {
        var schedule = Schedule(seed: seed, isExact: false)
        schedule.play()
        #expect(schedule.trouble == nil, "seed \(seed)")
        if schedule.trouble != nil { break }
    }
}

@Test(
    arguments: [
        ReplicaBug.collectsEarly, .noFence, .noCut, .noFloor, .tornAdoption, .keepsForgotten, .noBarrier, .mixedAcks,
        .forgetsContext,
    ])
func aReplicaWithoutOneOfTheRulesIsFound(bug: ReplicaBug) {
    let finder = (0..<UInt64(4_000)).first { seed in
        var schedule = Schedule(seed: seed, bug: bug)
        schedule.play()
        return schedule.trouble != nil
    }
    #expect(finder != nil)
}
