import Base
import Testing

@testable import Replication

private func put(_ key: UInt8, _ value: UInt64) -> Change {
    .put(.register, key: [key], value: Number(value: Int64(value)).bytes, resolves: false)
}

/// An open namespace of five, of which the law knows four; the first keeps the epochs.
private func kept(seed: UInt64 = 1, bug: ReplicaBug? = nil) -> EngineMesh {
    var settings = ReplicationSettings()
    settings.settledAtOnce = 1
    var mesh = EngineMesh(5, seed: seed, bug: bug, settings: settings, isOpen: true)
    mesh.connectAll()
    mesh.enact([0, 1, 2, 3])
    return mesh
}

extension EngineMesh {
    /// The law lets these in.
    mutating func enact(_ members: [Int]) {
        for index in engines.indices { enact(members, index) }
    }

    mutating func enact(_ members: [Int], _ index: Int) {
        perform(.law(members.map { id($0) }.risingOnce, isKeeper: index == 0), index)
    }
}

@Test func theFirstEpochHoldsWhomTheLawLetsIn() {
    var mesh = kept()
    mesh.run(for: .seconds(10))
    let epochs = mesh.engines.map(\.replica.epoch)
    #expect(epochs.allSatisfy { $0.number == 1 && $0 == epochs[0] }, "\(mesh.notes)")
    #expect(epochs[0].roster == (0..<4).map { mesh.id($0) }.sorted())
    mesh.write(4, 1, [put(1, 1)])
    mesh.run(for: .seconds(2))
    #expect(mesh.answers.last?.refusal == .notAdmitted)
    mesh.enact([0, 1, 2, 3, 4])
    mesh.run(for: .seconds(10))
    mesh.write(4, 2, [put(1, 1)])
    mesh.run(for: .seconds(10))
    #expect(mesh.answers.last?.dot != nil && mesh.shown(0).count == 1)
    #expect(mesh.engines[2].replica.epoch.number == 2)
}

@Test func whatIsDeletedIsForgottenWhereEpochsAreKept() {
    var mesh = kept()
    mesh.enact([0, 1, 2, 3, 4])
    mesh.run(for: .seconds(10))
    for number in 0..<UInt64(20) { mesh.write(Int(number % 5), number, [put(UInt8(number % 4), number)]) }
    mesh.run(for: .seconds(20))
    for key in 0..<UInt8(4) { mesh.write(1, 100 + UInt64(key), [.remove(.register, key: [key])]) }
    mesh.run(for: .seconds(120))
    #expect(mesh.engines.allSatisfy { $0.replica.slots.allSatisfy(\.isEmpty) && !$0.replica.floor.isEmpty })
    #expect(mesh.engines.allSatisfy { $0.holdups.isEmpty })
    #expect(mesh.findings(among: Array(0..<5)) == [])
}

@Test func whoIsAwayHoldsForgettingUpUntilAPersonSaysOtherwiseAndComesBackByItself() {
    var mesh = kept()
    mesh.enact([0, 1, 2, 3, 4])
    mesh.write(4, 1, [put(1, 1)])
    mesh.run(for: .seconds(20))
    mesh.connect(4, [])
    for index in 0..<4 { mesh.connect(index, [0, 1, 2, 3]) }
    mesh.now.wall = mesh.now.wall + .days(40)
    mesh.write(0, 2, [.remove(.register, key: [1])])
    // Away, and knowing nothing of that.
    mesh.write(4, 3, [put(1, 3)])
    mesh.run(for: .seconds(120))
    let holdup = mesh.engines[0].holdups.first
    #expect(mesh.engines[0].holdups.count == 1 && holdup?.member == mesh.id(4) && holdup?.lacks == 1)
    #expect(mesh.engines[0].replica.slots.reduce(0) { $0 + $1.held.count } > 0)
    mesh.perform(.evict(mesh.id(4)), 0)
    mesh.run(for: .seconds(120))
    #expect(mesh.engines[0].holdups.isEmpty && mesh.engines[0].replica.slots.allSatisfy(\.isEmpty))
    mesh.connectAll()
    mesh.run(for: .seconds(60))
    #expect(mesh.engines.allSatisfy { $0.replica.epoch.admits(mesh.id(4)) })
    #expect(mesh.engines[4].replica.returned.count == 1 && mesh.shown(4).isEmpty)
    #expect(mesh.findings(among: Array(0..<5)) == [])
    mesh.crash(4)
    #expect(mesh.engines[4].replica.returned.count == 1, "the disk has what was handed back")
    mesh.perform(.settle(mesh.engines[4].replica.returned.keys), 4)
    mesh.run(for: .seconds(10))
    mesh.crash(4)
    #expect(mesh.engines[4].replica.returned.isEmpty)
}

/// The keeper issues an epoch, its disk is put back to what it was before, and the law has changed meanwhile.
@Test(arguments: [ReplicaBug?.none, .issuesBlindly])
func aKeeperWhoseDiskWasPutBackIssuesNoSecondEpochOfOneNumber(bug: ReplicaBug?) {
    var mesh = kept(bug: bug)
    mesh.run(for: .seconds(10))
    let old = mesh.disks[0]
    mesh.enact([0, 1, 2, 3, 4])
    mesh.run(for: .seconds(10))
    mesh.disks[0] = old
    mesh.contacts[0] = []
    mesh.crash(0)
    mesh.enact([0, 1, 2])
    mesh.run(for: .seconds(30))
    mesh.connectAll()
    mesh.run(for: .seconds(60))
    let numbers = mesh.engines.map(\.replica.epoch.number)
    let isSound = !mesh.engines.contains(where: \.replica.hasEpochConflict) && numbers == [3, 3, 3, 3, 3]
    #expect(isSound == (bug == nil), "\(numbers)")
}

/// Else the keeper could die with it, and issue something else under the same number.
@Test(arguments: [ReplicaBug?.none, .speaksBeforeDisk])
func anEpochIsNotSpokenOfBeforeTheDiskHasIt(bug: ReplicaBug?) {
    var mesh = kept(bug: bug)
    mesh.run(for: .seconds(10))
    mesh.fullDisks = [0]
    mesh.enact([0, 1, 2, 3, 4])
    mesh.run(for: .seconds(10))
    #expect(mesh.engines[0].replica.epoch.number == 2)
    #expect((mesh.engines[1].replica.epoch.number == 2) == (bug != nil))
}

// MARK: Years

/// What a run of years came to.
struct Years {
    var findings: [String] = []
    var forgotten = 0
    var entered = 0
    var sifted = 0
    var returned = 0
    var epochs = 0
}

/// Some years of five nodes: of writes and deletions, of members that are away for months and are given up or not, of
/// newcomers and of one that is thrown out, of rules about who may write that were drawn up long before they come, of
/// crashes between any two writes of a disk, of full disks and of clocks that are decades off. Afterwards all that
/// belong meet again.
func years(seed: UInt64, bug: ReplicaBug? = nil) -> Years {
    var mesh = kept(seed: seed, bug: bug)
    var random = Random(seed: seed)
    mesh.loss = random.pick([0, 50_000, 300_000]) ?? 0
    mesh.jitter = .milliseconds(100)
    mesh.storeTime = .milliseconds(60)
    for index in 0..<5 { mesh.shifts[index] = .days(Int64(random.below(73_000)) - 36_500) }
    var lawful = [0, 1, 2, 3]
    var away: [Int] = []
    var thrownOut: [Int] = []
    var most = 0
    var law = Authority()
    var drawnUp = VersionVector()
    for season in 0..<UInt64(30) {
        switch random.below(10) {
        case 0, 1: if away.count < 2 { away = Array(Set(away + [1 + random.below(4)])).sorted() }
        case 2: if !away.isEmpty { away.remove(at: random.below(away.count)) }
        case 3: if let gone = random.pick(away) { mesh.perform(.evict(mesh.id(gone)), 0) }
        case 4: if !lawful.contains(4), season > 4 { lawful.append(4) }
        case 5: if season > 20, thrownOut.isEmpty, random.below(2) == 0 { thrownOut = [1 + random.below(3)] }
        case 6: mesh.crash(random.below(5))
        case 7: mesh.fullDisks = random.below(2) == 0 ? [random.below(5)] : []
        case 8:
            let key = Authority.Pattern([UInt8(random.below(4))])
            law.grants.append(.init(author: mesh.id(random.below(5)), patterns: [key]))
            law.rules.append(.init(closed: random.below(3) == 0 ? [] : [key], before: drawnUp))
            drawnUp = mesh.engines[random.below(5)].replica.vector
        default: break
        }
        mesh.enact(lawful.filter { !thrownOut.contains($0) })
        mesh.meet(away: away, thrownOut: thrownOut)
        for index in 0..<5 where !away.contains(index) { mesh.tell(law, index) }
        for number in 0..<UInt64(6) {
            let (node, key) = (random.below(5), UInt8(random.below(4)))
            let value = season * 6 + number
            mesh.write(node, value, [random.below(5) < 2 ? .remove(.register, key: [key]) : put(key, value)])
            mesh.run(for: .milliseconds(Int64(20 + random.below(1_500))))
            if random.below(8) == 0 {
                let one = random.below(5)
                mesh.crash(one)
                mesh.enact(lawful.filter { !thrownOut.contains($0) }, one)
            }
        }
        mesh.run(for: .seconds(Int64(random.below(40))))
        most = max(most, mesh.engines.reduce(0) { $0 + $1.replica.floor.count })
        mesh.now.wall = mesh.now.wall + .days(Int64(random.below(60)))
    }
    mesh.loss = 0
    mesh.fullDisks = []
    let rest = lawful.filter { !thrownOut.contains($0) }
    for index in 0..<5 { mesh.crash(index) }
    mesh.enact(rest)
    mesh.meet(away: [], thrownOut: thrownOut)
    for index in 0..<5 { mesh.tell(law, index) }
    mesh.run(for: .seconds(150))
    var years = Years(findings: mesh.findings(among: rest), forgotten: most)
    years.entered = mesh.notes.count { if case .entered = $0.1 { true } else { false } }
    years.sifted = mesh.notes.count { if case .sifted = $0.1 { true } else { false } }
    years.returned = mesh.engines.reduce(0) { $0 + $1.replica.returned.count }
    years.epochs = mesh.engines[0].replica.epochs.count
    if !rest.allSatisfy({ mesh.engines[0].replica.epoch.admits(mesh.id($0)) }) { years.findings.append("not let in") }
    return years
}

extension EngineMesh {
    /// Two that are away may meet each other; whoever was thrown out meets nobody.
    mutating func meet(away: [Int], thrownOut: [Int]) {
        for index in engines.indices {
            let others = engines.indices.filter { other in
                away.contains(other) == away.contains(index) && !thrownOut.contains(other)
            }
            connect(index, thrownOut.contains(index) ? [] : others)
        }
    }
}

@Test(.timeLimit(.minutes(60))) func yearsOfAbsenceEvictionAndReturnRevivePartAndLoseNothing() {
    var (forgotten, entered, sifted, returned) = (0, 0, 0, 0)
    for seed in 1...schedules(15) {
        let years = years(seed: seed)
        #expect(years.findings.isEmpty, "seed \(seed): \(years.findings.prefix(4))")
        forgotten += years.forgotten
        entered += years.entered
        sifted += years.sifted
        returned += years.returned
        if !years.findings.isEmpty { break }
    }
    let figures = "\(forgotten) forgotten, \(entered) entered, \(sifted) of them by a sketch, \(returned) back"
    #expect(forgotten > 30 && entered > 3 && sifted > 3 && returned > 3, "\(figures)")
}

@Test(
    .timeLimit(.minutes(60)),
    arguments: [
        ReplicaBug.noFence, .keepsForgotten, .keepsVoidQuiet, .answersBeforeDisk, .forgetsUnsettled, .judgesSettled,
    ])
func yearsWithoutOneOfTheRulesAreFound(bug: ReplicaBug) {
    #expect((1...UInt64(60)).contains { !years(seed: $0, bug: bug).findings.isEmpty })
}

// MARK: Kinds

/// A value and its removal, or on and off, without knowledge of each other.
private func contradictions(_ kind: Kind) -> (Change, Change) {
    switch kind {
    case .addWins, .removeWins:
        (.include(kind, key: [1], element: [7]), .exclude(kind, key: [1], element: [7]))
    case .enableWins, .disableWins: (.turn(kind, key: [1], on: true), .turn(kind, key: [1], on: false))
    default: (.put(kind, key: [1], value: [2], resolves: true), .remove(kind, key: [1]))
    }
}

/// Whether what the third of three shows changes between the moment in which all have everything and much later.
private func forgettingShows(_ kind: Kind, _ bug: ReplicaBug?, first: Int) -> Bool {
    var mesh = EngineMesh(3, bug: bug)
    mesh.connectAll()
    let (value, removal) = contradictions(kind)
    mesh.write(0, 1, [value])
    mesh.run(for: .seconds(20))
    mesh.meet(away: [1], thrownOut: [])
    mesh.write(first, 2, [first == 0 ? value : removal])
    mesh.run(for: .seconds(1))
    mesh.write(1 - first, 3, [first == 0 ? removal : value])
    mesh.run(for: .seconds(1))
    mesh.connectAll()
    mesh.run(for: .seconds(60)) { $0.isEqual }
    func shown() -> [[String]] {
        mesh.engines.map { engine in engine.readings(of: [1]).map { "\($0.shown) \($0.version)" } }
    }
    let before = shown()
    mesh.run(for: .seconds(300))
    return before != shown() || Set(before).count > 1
}

@Test(arguments: [Kind.guarded, .register, .latest, .addWins, .removeWins, .enableWins, .disableWins])
func forgettingDecidesNothingBetweenAValueAndItsRemoval(kind: Kind) {
    for first in 0...1 { #expect(!forgettingShows(kind, nil, first: first)) }
}

@Test func thatForgettingDecidesIsSeen() {
    let kinds: [Kind] = [.guarded, .latest, .removeWins, .disableWins]
    for kind in kinds {
        #expect((0...1).contains { forgettingShows(kind, .forgetsDecisions, first: $0) }, "\(kind)")
    }
}

/// A node's own reports, which nobody else writes, are written again by themselves.
@Test func reportsOfWhoComesBackAreWrittenAgain() {
    var mesh = kept()
    mesh.enact([0, 1, 2, 3, 4])
    mesh.run(for: .seconds(20))
    mesh.write(4, 1, [.report(key: [9], value: [1])])
    mesh.run(for: .seconds(20))
    mesh.meet(away: [4], thrownOut: [])
    mesh.perform(.evict(mesh.id(4)), 0)
    mesh.run(for: .seconds(10))
    mesh.write(4, 2, [.report(key: [9], value: [2])])
    mesh.write(4, 3, [put(3, 3)])
    mesh.run(for: .seconds(10))
    mesh.connectAll()
    mesh.run(for: .seconds(90))
    let shown = mesh.engines.map { $0.replica.slot(SlotID(kind: Kind.report.rawValue, key: [9], element: []))?.live }
    #expect(shown.allSatisfy { $0?.map(\.operation.value) == [[2]] }, "\(shown)")
    #expect(mesh.engines[4].replica.returned.count == 1)
    #expect(mesh.answers.count { $0.request == 0 } == 1, "once")
}

/// A node takes a report back; that is forgotten like any deletion, and the report does not come back.
@Test func aReportThatWasTakenBackIsForgottenByAll() {
    var mesh = kept()
    mesh.enact([0, 1, 2, 3, 4])
    mesh.run(for: .seconds(20))
    for value in UInt8(1)...3 { mesh.write(2, UInt64(value), [.report(key: [9], value: [value])]) }
    mesh.run(for: .seconds(20))
    mesh.write(2, 4, [.remove(.report, key: [9])])
    mesh.run(for: .seconds(2))
    #expect(mesh.engines.allSatisfy { $0.readings(of: [9]).allSatisfy { $0.shown == .nothing } })
    mesh.run(for: .seconds(90))
    #expect(mesh.engines.allSatisfy { $0.replica.slots.allSatisfy(\.isEmpty) })
}
