import Base
import Crypto
import Glibc
import Testing

@testable import Replication

/// What two replicas spend on finding out by a sketch what one of them has forgotten.
struct Sifted {
    var copy = Replica.Copy()
    /// Encoded sketches and the questions for them.
    var bytes = 0
    var cells = 0
    /// Seconds of work, all of a side's steps and the longest.
    var giver = (all: 0.0, longest: 0.0)
    var taker = (all: 0.0, longest: 0.0)

    var figures: String {
        func words(_ side: (all: Double, longest: Double)) -> String {
            "\(Int(side.all * 1e6)) µs, the longest step \(Int(side.longest * 1e6)) µs"
        }
        return "\(bytes) bytes, \(cells) cells; giver \(words(giver)); taker \(words(taker))"
    }
}

/// Seconds that this thread has worked: others may work beside it.
private func spentByThread() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// A copy of `other` for `one` by a sketch, without an engine around them; nil where the whole is to be taken.
func sifted(_ one: Replica, _ other: Replica, seed: UInt32) -> Sifted? {
    guard var sifting = Sifting(one, upTo: one.vector, seed: seed), var comparing = Comparing(other, sifting.question)
    else { return nil }
    var result = Sifted()
    func timed<Result>(_ side: inout (all: Double, longest: Double), _ step: () -> Result) -> Result {
        let start = spentByThread()
        defer {
            let spent = spentByThread() - start
            side = (side.all + spent, max(side.longest, spent))
        }
        return step()
    }
    while !sifting.isDone {
        if sifting.isAsking {
            let cells = sifting.cells.count..<sifting.cells.count + sifting.asked
            timed(&result.giver) { comparing.ask(cells) }
            while comparing.isAsked {
                guard let part = timed(&result.giver, { comparing.goOn(transfer: 1) }) else { continue }
                result.bytes += ReplicationMessage.sketch(part).encoded.count
                guard timed(&result.taker, { sifting.take(part) }) else { return nil }
            }
        }
        if case .fails = timed(&result.taker, { sifting.goOn() }) { return nil }
    }
    result.cells = sifting.cells.count
    var ends = SortedMap<Writer, End>()
    var cursor: Replica.Cursor?
    repeat {
        let part = other.part(after: cursor, above: comparing.known)
        for run in part.runs {
            result.copy.runs.append(run)
            guard let reckoned = one.reckon(run), let id = reckoned.ids.last else { return nil }
            ends[reckoned.writer] = End(dot: Dot(reckoned.writer, run.last), id: id)
        }
        cursor = part.next
    } while cursor != nil
    result.copy.floor = other.floor
    let isRight = sifting.complete(&result.copy, ends)
    #expect(isRight, "the giver is honest")
    return isRight ? result : nil
}

/// The messages of which a comparison consists.
func siftingMessages(_ one: Replica, _ other: Replica) -> [ReplicationMessage] {
    guard let sifting = Sifting(one, upTo: one.vector, seed: 5), var comparing = Comparing(other, sifting.question)
    else { return [] }
    comparing.ask(0..<32)
    var sketch: CopySketch?
    while comparing.isAsked { sketch = comparing.goOn(transfer: 7) }
    return [.askSketch(sifting.question), .askCells(transfer: 7, first: 32, count: 16)]
        + [sketch].compactMap { $0.map { .sketch($0) } }
}

/// Two that know the same of so many keys by twenty writers; the second holds some that the first has forgotten, and
/// the other way round.
private func parted(keys: Int, forgotten: Int, kept: Int = 0) -> (giver: Replica, taker: Replica) {
    var replica = Replica(
        namespace: EngineMesh.namespace, me: EngineMesh.name(100), genesis: EngineMesh.genesis(2))
    let writers = 20
    for number in 0..<keys {
        let (writer, sequence) = (number % writers, UInt64(number / writers) + 1)
        let name = EngineMesh.name(writer)
        let key = "site/\(number % 40)/node/\(number / 6)/setting-\(number % 6)"
        let transaction = Transaction(
            epoch: 0, time: HybridTime(milliseconds: 1_700_000_000_000 + UInt64(number), counter: 0),
            quality: .synchronised,
            operations: [Operation(.register, key: Array(key.utf8), value: Array("\(number)".utf8))])
        let run = Run(
            name: name, first: sequence, previous: nil, entries: [.transaction(transaction, dropped: [])],
            signature: EngineMesh.signature(name.author, Digest(.zero)))
        guard replica.accept(run) == .taken(1) else { preconditionFailure("each goes on from the one before") }
    }
    _ = replica.takeFacts()
    var (giver, taker) = (replica, replica)
    giver.forget(stride(from: 0, to: keys, by: keys / max(forgotten, 1)).prefix(forgotten))
    taker.forget(stride(from: 1, to: keys, by: keys / max(kept, 1)).prefix(kept))
    return (giver, taker)
}

extension Replica {
    /// Forgets what some slots hold, as if it had been deleted and everybody knew.
    fileprivate mutating func forget(_ places: some Sequence<Int>) {
        for place in places {
            for held in slots[place].held {
                slots[place].forget(held.dot)
                release(held.dot, trims: false)
            }
        }
    }

    /// As taking over the whole of another would leave it.
    fileprivate func takingOver(_ other: Replica) -> Replica {
        var (result, copy) = (self, Copy(floor: other.floor))
        var cursor: Cursor?
        repeat {
            let part = other.part(after: cursor)
            copy.runs += part.runs
            cursor = part.next
        } while cursor != nil
        let isTaken = result.adopt(copy)
        #expect(isTaken)
        return result
    }
}

/// 100,000 keys are what the room promises; a debug build's usual run has fewer, `MARRAM_OPERATIONS=100000` all, and
/// that in a release build holds the time as well.
private var keys: Int { getenv("MARRAM_OPERATIONS").flatMap { Int(String(cString: $0)) } ?? 6_000 }

@Test(arguments: [UInt32(1), 2, 3, 4, 5]) func aHundredDifferencesAreToldByTwoKilobytes(seed: UInt32) {
    let (giver, taker) = parted(keys: keys, forgotten: 100)
    guard let sifted = sifted(taker, giver, seed: seed) else {
        Issue.record("a sketch does not do")
        return
    }
    #expect(sifted.copy.forgotten.count == 100)
    #expect(sifted.bytes <= 2_048, "\(sifted.cells) cells")
    var result = taker
    let isTaken = result.adopt(sifted.copy)
    #expect(isTaken && result.stateHash == taker.takingOver(giver).stateHash)
}

/// The least of three: whatever else the machine does can only add to it.
@Test(.enabled(if: keys >= 100_000)) func aHundredDifferencesAreToldByFiftyMillisecondsOfWork() {
    let (giver, taker) = parted(keys: keys, forgotten: 100)
    let runs = (1...3).compactMap { sifted(taker, giver, seed: $0) }
    #expect(runs.count == 3)
    let figures = runs.map(\.figures)
    #expect(runs.contains { $0.giver.all <= 0.05 && $0.giver.longest <= 0.005 }, "\(figures)")
    #expect(runs.contains { $0.taker.all <= 0.05 && $0.taker.longest <= 0.005 }, "\(figures)")
}

/// Ten thousand of a hundred thousand, all on one side or half on each.
@Test(arguments: [0, 1]) func aTenthIsToldByEighteenBytesADifference(sides: Int) {
    let count = keys / 10
    let (giver, taker) = parted(keys: keys, forgotten: count - sides * count / 2, kept: sides * count / 2)
    guard let sifted = sifted(taker, giver, seed: 1) else {
        Issue.record("a sketch does not do")
        return
    }
    #expect(sifted.copy.forgotten.count == count - sides * count / 2)
    #expect(sifted.bytes <= 18 * count, "\(sifted.cells) cells")
    var result = taker
    let isTaken = result.adopt(sifted.copy)
    #expect(isTaken && result.stateHash == taker.takingOver(giver).stateHash)
}

// MARK: Between engines

private func put(_ key: Int, _ value: UInt8) -> Change {
    .put(.register, key: [UInt8(key)], value: [value], resolves: false)
}

/// The third was evicted, and some of what it holds was deleted and forgotten by the others. It knows of its eviction,
/// and has not met anybody since.
private func returning(seed: UInt64, bug: ReplicaBug? = nil, deleted: Int = 20) -> EngineMesh {
    var mesh = EngineMesh(3, seed: seed, bug: bug)
    for key in 0..<200 {
        mesh.write(key % 2, UInt64(key), [put(key, 1)])
        mesh.run(for: .milliseconds(10))
    }
    mesh.connectAll()
    mesh.run(for: .seconds(60))
    mesh.meet(away: [2], thrownOut: [])
    mesh.issue(mesh.engines[0].replica.evicting(mesh.id(2)), 0)
    mesh.run(for: .seconds(20))
    for key in 0..<deleted {
        mesh.write(0, UInt64(1_000 + key), [.remove(.register, key: [UInt8(3 * key)])])
        mesh.write(1, UInt64(2_000 + key), [put(3 * key + 1, 2)])
        mesh.run(for: .milliseconds(50))
    }
    mesh.run(for: .seconds(300))
    _ = mesh.engines[2].replica.learn(mesh.engines[0].replica.epochs)
    mesh.notes = []
    return mesh
}

extension EngineMesh {
    fileprivate func noted(_ isIt: (ReplicationEngine.Note) -> Bool) -> Bool { notes.contains { isIt($0.1) } }
    fileprivate var hasEntered: Bool { noted { if case .entered = $0 { true } else { false } } }
    fileprivate func gaveUp(_ why: ReplicationEngine.Unsifted) -> Bool { noted { $0 == .unsifted(id(0), why) } }

    /// The third meets the first.
    fileprivate mutating func comeBack() {
        connect(1, [])
        connect(0, [2])
        connect(2, [0])
        run(for: .seconds(120)) { $0.hasEntered }
    }
}

@Test(arguments: 1...UInt64(12)) func whatComesOfASketchIsWhatComesOfTheWholeCopy(seed: UInt64) {
    var mesh = returning(seed: seed)
    mesh.loss = [0, 100_000, 300_000, 500_000][Int(seed % 4)]
    mesh.jitter = .milliseconds(200)
    let whole = mesh.engines[2].replica.takingOver(mesh.engines[0].replica)
    mesh.comeBack()
    #expect(mesh.hasEntered)
    #expect(mesh.engines[2].replica.stateHash == whole.stateHash)
    guard mesh.loss == 0 else { return }
    #expect(mesh.noted { if case .sifted(_, forgotten: 40, cells: _) = $0 { true } else { false } }, "\(mesh.notes)")
    #expect(mesh.sent["enter"] == nil)
}

/// While it comes back somebody else tells it more, and a checkpoint may be taken at any moment.
@Test(arguments: 1...UInt64(6)) func whatIsLearntMeanwhileIsKept(seed: UInt64) {
    var mesh = returning(seed: seed)
    mesh.loss = 200_000
    for key in 0..<UInt64(20) {
        mesh.write(1, 3_000 + key, [put(150 + Int(key), 3)])
        mesh.write(0, 4_000 + key, [.remove(.register, key: [100 + UInt8(key)])])
    }
    mesh.run(for: .milliseconds(100))
    mesh.connectAll()
    for _ in 0..<40 {
        mesh.run(for: .milliseconds(250))
        if seed % 2 == 0 { mesh.engines[2].settle() }
    }
    mesh.run(for: .seconds(120))
    #expect(mesh.isEqual && mesh.hasEntered)
    #expect(mesh.shown(2) == mesh.shown(0) && mesh.shown(0) == mesh.shown(1))
    #expect(mesh.findings(among: [0, 1]).isEmpty && mesh.findings(among: [1, 2]).isEmpty)
}

/// The others have its last write from itself, made void by an epoch that it has not heard of, and forgotten. It comes
/// back, and the epochs are lost on their way while the copy is not.
@Test(arguments: [ReplicaBug?.none, .entersBeforeEpochs])
func aCopyThatOvertakesTheEpochsWaitsForThem(bug: ReplicaBug?) {
    var mesh = EngineMesh(3, bug: bug)
    for key in 0..<100 { mesh.write(key % 2, UInt64(key), [put(key, 1)]) }
    mesh.connectAll()
    mesh.run(for: .seconds(30))
    mesh.meet(away: [2], thrownOut: [])
    mesh.write(2, 500, [put(150, 7)])
    mesh.issue(mesh.engines[0].replica.evicting(mesh.id(2)), 0)
    mesh.run(for: .seconds(20))
    mesh.meddle = { if case .epochs = $0 { nil } else { $0 } }
    mesh.connect(2, [0])
    mesh.connect(0, [1, 2])
    mesh.run(for: .seconds(10))
    mesh.meet(away: [2], thrownOut: [])
    for key in 0..<20 { mesh.write(0, UInt64(1_000 + key), [.remove(.register, key: [UInt8(3 * key)])]) }
    mesh.run(for: .seconds(200))
    #expect(mesh.engines[2].replica.epoch.number == 0)
    #expect(mesh.engines[0].replica.slots.contains { $0.id.key == [150] && $0.isEmpty }, "it came, and is forgotten")
    mesh.comeBack()
    mesh.meddle = { $0 }
    mesh.run(for: .seconds(60))
    #expect(mesh.hasEntered && mesh.shown(2) == mesh.shown(0))
    #expect(mesh.requeued[2].map(\.operations.count) == (bug == nil ? [1] : []))
}

/// Its sketch leaves something out that it holds, or has not come whole.
@Test(arguments: [ReplicaBug?.none, .trustsSketches]) func aSketchThatLiesIsFoundOut(bug: ReplicaBug?) {
    var mesh = returning(seed: 1, bug: bug)
    var liar = mesh.engines[0].replica
    if let index = liar.slots.firstIndex(where: { !$0.isEmpty }), let held = liar.slots[index].held.first {
        liar.slots[index].forget(held.dot)
    }
    var lying: Comparing?
    mesh.meddle = { message in
        if case .askSketch(let want) = message { lying = Comparing(liar, want) }
        guard case .sketch(var sketch) = message else { return message }
        lying?.ask(sketch.first..<sketch.first + sketch.cells.count)
        while lying?.isAsked ?? false {
            if let lie = lying?.goOn(transfer: sketch.transfer) { sketch.cells = lie.cells }
        }
        return .sketch(sketch)
    }
    let shown = mesh.shown(0)
    mesh.comeBack()
    #expect(mesh.hasEntered)
    #expect(mesh.gaveUp(.differs) == (bug == nil))
    #expect((mesh.shown(2) == shown) == (bug == nil))
}

@Test func whoDoesNotKnowTheQuestionGivesTheWholeCopy() {
    var mesh = returning(seed: 1)
    mesh.meddle = { message in
        switch message {
        case .askSketch, .askCells: nil
        default: message
        }
    }
    mesh.comeBack()
    #expect(mesh.hasEntered && mesh.gaveUp(.unanswered) && mesh.sent["enter"] != nil)
    #expect(mesh.shown(2) == mesh.shown(0))
}

@Test func whereNearlyEverythingDiffersTheWholeCopyIsTaken() {
    var mesh = returning(seed: 1, deleted: 66)
    mesh.comeBack()
    #expect(mesh.hasEntered && mesh.gaveUp(.tooMany))
    #expect(mesh.shown(2) == mesh.shown(0))
}

/// Cells that nobody ever mixed: the whole copy is taken, after no more than the questions that there may be.
@Test func cellsThatMeanNothingCostLittle() {
    var mesh = returning(seed: 1)
    var random = Random(seed: 1)
    mesh.meddle = { message in
        guard case .sketch(var sketch) = message else { return message }
        for index in sketch.cells.indices {
            sketch.cells[index] = Sketch.Cell(sum: random.next(), check: UInt32(truncatingIfNeeded: random.next()))
        }
        return .sketch(sketch)
    }
    mesh.comeBack()
    #expect(mesh.hasEntered && mesh.gaveUp(.tooMany))
    #expect(mesh.shown(2) == mesh.shown(0))
    #expect(mesh.sent["askCells"]?.count ?? 0 <= 16)
}

/// Fewer cells than were asked for, or a place in the question that there is not.
@Test(arguments: [0, 1, 2]) func anAnswerToAnotherQuestionIsNotTaken(number: Int) {
    var mesh = returning(seed: 1)
    mesh.meddle = { message in
        guard case .sketch(var sketch) = message else { return message }
        switch number {
        case 0: sketch.cells.removeLast()
        case 1: sketch.summary?.behind = [Acks.Behind(writer: 900, sequence: 1)]
        default: sketch.summary = nil
        }
        return .sketch(sketch)
    }
    mesh.comeBack()
    #expect(mesh.hasEntered && mesh.gaveUp(.malformed))
    #expect(mesh.shown(2) == mesh.shown(0))
}

/// A piece of a copy in which what the asker knows is left out comes when the asker wants a whole one.
@Test func aLatePieceOfLessIsNotTakenForOneOfTheWhole() {
    var (first, second) = (returning(seed: 1), returning(seed: 1))
    var late: Piece?
    first.meddle = { message in
        if case .piece(let piece) = message { late = late ?? piece }
        return message
    }
    first.comeBack()
    #expect(late != nil && late?.isLast ?? false)
    second.meddle = { message in
        switch message {
        case .askSketch: return nil
        case .piece:
            defer { late = nil }
            return late.map { .piece($0) } ?? message
        default: return message
        }
    }
    second.comeBack()
    #expect(second.hasEntered && late == nil)
    #expect(second.noted { $0 == .ignored(.notAsked, from: second.id(0)) })
    #expect(second.shown(2) == second.shown(0))
}
