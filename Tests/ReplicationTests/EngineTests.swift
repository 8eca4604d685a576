import Base
import Crypto
import Testing

@testable import Replication

private func put(_ key: UInt8, _ value: UInt8) -> Change {
    .put(.register, key: [key], value: [value], resolves: false)
}

/// Rounds of fair contact until everybody has the same: in round r each node is in touch with the one 2^r places on.
/// A contact lasts ten seconds: some five greetings and their repetitions.
func rounds(_ count: Int, seed: UInt64, bug: ReplicaBug? = nil) -> Int? {
    var mesh = EngineMesh(count, seed: seed, bug: bug)
    mesh.loss = 300_000
    mesh.jitter = .milliseconds(60)
    for index in 0..<count { mesh.write(index, UInt64(index), [put(UInt8(index % 5), UInt8(index))]) }
    mesh.run(for: .seconds(1))
    var stride = 1
    for round in 1...64 {
        for index in 0..<count { mesh.connect(index, [(index + stride) % count]) }
        mesh.run(for: .seconds(10))
        if mesh.isEqual { return round }
        stride = stride * 2 < count ? stride * 2 : 1
    }
    return nil
}

@Test(arguments: [2, 4, 8, 16])
func everybodyHasTheSameAfterLogarithmicallyManyRoundsThoughThreeInTenMessagesAreLost(count: Int) {
    let bound = (count - 1).bitWidth - (count - 1).leadingZeroBitCount + 2
    for seed in 1...UInt64(10) {
        let needed = rounds(count, seed: seed)
        #expect((needed ?? Int.max) <= bound, "seed \(seed): \(needed ?? -1) rounds of \(bound)")
    }
}

/// Two that write to one key at once, then agree, and one deletes what both see.
private func concurrentThenDeleted() -> EngineMesh {
    var mesh = EngineMesh(3, seed: 5)
    mesh.write(0, 1, [put(1, 10)])
    mesh.write(1, 2, [put(1, 11)])
    mesh.run(for: .seconds(1))
    mesh.connectAll()
    mesh.run(for: .seconds(20))
    mesh.write(2, 3, [.remove(.register, key: [1])])
    mesh.run(for: .seconds(20))
    return mesh
}

@Test func aDeletionReachesEverybody() {
    let mesh = concurrentThenDeleted()
    #expect((0..<3).allSatisfy { mesh.shown($0).isEmpty } && mesh.isEqual)
}

/// Whether two replicas say that they have the same and show their readers something else. What the disk does not have
/// yet is in no fingerprint, and may be shown already.
func hasLie(_ mesh: EngineMesh) -> Bool {
    let settled = mesh.engines.indices.filter { mesh.engines[$0].unstored.isEmpty }
    return settled.contains { one in
        settled.contains { other in
            other < one && mesh.fingerprint(other) == mesh.fingerprint(one) && mesh.shown(other) != mesh.shown(one)
        }
    }
}

@Test(arguments: [ReplicaBug?.none, .digestWithoutDeletions])
func equalFingerprintsMeanEqualReadings(bug: ReplicaBug?) {
    var mesh = EngineMesh(3, seed: 5, bug: bug)
    mesh.connectAll()
    for index in 0..<2 { mesh.write(index, UInt64(index), [put(1, UInt8(index))]) }
    mesh.run(for: .seconds(20))
    #expect(mesh.isEqual && mesh.shown(0).count == 1)
    // All that its writer has written, so that a digest may leave out the whole log.
    mesh.write(2, 2, [.remove(.register, key: [1])])
    var lies = false
    mesh.run(for: .seconds(20)) { now in
        lies = hasLie(now)
        return lies
    }
    #expect(lies == (bug != nil))
}

@Test func whatEverybodyHasForgottenIsForgottenAndNothingShownChanges() {
    var mesh = concurrentThenDeleted()
    mesh.write(0, 9, [put(2, 20)])
    mesh.run(for: .seconds(200))
    #expect((0..<3).allSatisfy { mesh.engines[$0].replica.slots.reduce(0) { $0 + $1.held.count } == 1 })
    #expect((0..<3).allSatisfy { mesh.shown($0).count == 1 })
    #expect(mesh.engines.allSatisfy { !$0.replica.floor.isEmpty })
}

/// A node writes, says so to others, and its disk has none of it when it comes back.
private func crashBeforeStored(_ bug: ReplicaBug?) -> EngineMesh {
    var mesh = EngineMesh(2, bug: bug)
    mesh.connectAll()
    mesh.run(for: .seconds(5))
    mesh.fullDisks = [0]
    mesh.write(0, 1, [put(1, 1)])
    mesh.run(for: .seconds(5))
    return mesh
}

@Test func nothingIsSaidOrAcknowledgedBeforeTheDiskHasIt() {
    let mesh = crashBeforeStored(nil)
    #expect(mesh.engines[0].replica.head(of: mesh.engines[0].replica.my) == 1)
    #expect(mesh.engines[1].replica.vector.isEmpty && mesh.answers.isEmpty)
    #expect(!crashBeforeStored(.speaksBeforeDisk).engines[1].replica.vector.isEmpty, "the planted fault is seen")
}

@Test func whatTheDiskHasComesBackAsItWas() {
    let mesh = concurrentThenDeleted()
    for index in 0..<3 {
        let facts = mesh.stored(index)
        var back = Replica(
            namespace: EngineMesh.namespace, me: EngineMesh.name(index), genesis: EngineMesh.genesis(3))
        #expect(back.load(facts) == 0)
        #expect(back.vector == mesh.engines[index].replica.vector)
        #expect(back.stateHash == mesh.engines[index].replica.stateHash)
        #expect(back.sortedSlots.map(\.live) == mesh.engines[index].replica.sortedSlots.map(\.live))
    }
}

/// A minute of writes, deletions, lost messages and nodes that crash between any two stores.
func minute(seed: UInt64, bug: ReplicaBug? = nil) -> (mesh: EngineMesh, trouble: [String]) {
    var mesh = EngineMesh(4, seed: seed, bug: bug)
    var random = Random(seed: seed)
    mesh.loss = 200_000
    mesh.jitter = .milliseconds(100)
    mesh.storeTime = .milliseconds(200)
    mesh.connectAll()
    var trouble: [String] = []
    for request in 0..<UInt64(120) {
        let (node, key) = (random.below(4), UInt8(random.below(6)))
        let isRemoval = random.below(3) == 0
        mesh.write(node, request, [isRemoval ? .remove(.register, key: [key]) : put(key, UInt8(request))])
        if random.below(12) == 0 { mesh.crash(random.below(4)) }
        mesh.run(for: random.interval(in: Interval.milliseconds(10)...Interval.milliseconds(900)))
        if hasLie(mesh) { trouble.append("equal fingerprints lie") }
    }
    mesh.loss = 0
    mesh.run(for: .seconds(60))
    if !mesh.isEqual { trouble.append("not the same in the end") }
    return (mesh, trouble + mesh.findings(among: [0, 1, 2, 3]))
}

@Test func crashesAndLossCostNothingThatWasAcknowledged() {
    var answered = 0
    for seed in 1...UInt64(20) {
        let (mesh, trouble) = minute(seed: seed)
        #expect(trouble.isEmpty, "seed \(seed): \(trouble.prefix(3))")
        answered += mesh.answers.count { $0.dot != nil }
    }
    #expect(answered > 20 * 40, "\(answered) writes were answered")
}

/// A transaction that rests on another, taken by somebody who lacks that one.
@Test(arguments: [ReplicaBug?.none, .ignoresDependencies])
func nothingIsShownBeforeWhatItRestsOn(bug: ReplicaBug?) {
    var mesh = EngineMesh(3, bug: bug)
    mesh.write(0, 1, [put(1, 1)])
    mesh.run(for: .seconds(1))
    mesh.connect(1, [0])
    mesh.run(for: .seconds(10))
    mesh.write(1, 2, [put(2, 2)])
    mesh.run(for: .seconds(1))
    let author = Writer(EngineMesh.name(1))
    guard let run = mesh.engines[1].replica.run(of: author, after: 0) else {
        Issue.record("there is a run")
        return
    }
    let isTaken = mesh.engines[2].replica.accept(run) == .taken(1)
    #expect(isTaken == (bug == .ignoresDependencies))
}

/// Two nodes that write under one name: a cloned disk.
func cloned(_ bug: ReplicaBug?) -> EngineMesh {
    var mesh = EngineMesh(4, bug: bug)
    mesh.engines[3].replica.me = EngineMesh.name(2)
    mesh.engines[3].replica.my = Writer(EngineMesh.name(2))
    let branches = [2, 3].compactMap { index -> Run? in
        var replica = mesh.engines[index].replica
        guard let one = try? replica.prepare([put(1, UInt8(index))], time: HybridTime(bits: 1), quality: .unknown)
        else { return nil }
        replica.commit(one, EngineMesh.signature(replica.me.author, replica.nextID(for: one)))
        return replica.run(of: replica.my, after: 0)
    }
    for (index, run) in branches.enumerated() {
        _ = mesh.engines[index].replica.accept(run)
        mesh.engines[index].spoken = mesh.engines[index].replica.vector
    }
    mesh.engines.removeLast()
    mesh.connect(0, [1])
    mesh.connect(1, [0])
    mesh.run(for: .seconds(30))
    return mesh
}

@Test func twoBranchesOfOneLogAreProvedAndCountForNobody() {
    let mesh = cloned(nil)
    for index in 0..<2 {
        #expect(mesh.engines[index].replica.forks.count == 1, "\(mesh.notes)")
        #expect(mesh.shown(index).isEmpty)
    }
    #expect(mesh.engines[0].replica.forks == mesh.engines[1].replica.forks)
    let trusting = cloned(.trustsForks)
    #expect(trusting.shown(0) != trusting.shown(1), "the planted fault is seen")
}

@Test(arguments: [ReplicaBug?.none, .ignoresRights])
func whatAnAuthorHadNoRightToWriteIsShownToNobody(bug: ReplicaBug?) {
    var mesh = EngineMesh(2, bug: bug)
    let grant = Authority.Grant(author: mesh.id(0), prefix: [1])
    // The author believes in no such rule.
    mesh.engines[1].replica.authority = Authority(grants: [grant])
    mesh.write(0, 1, [put(1, 1)])
    mesh.write(0, 2, [put(2, 2)])
    mesh.run(for: .seconds(1))
    mesh.connectAll()
    mesh.run(for: .seconds(20))
    #expect(mesh.isEqual, "what has no effect is passed on all the same")
    #expect(mesh.shown(1).count == (bug == nil ? 1 : 2))
}

@Test(arguments: [ReplicaBug?.none, .spendsFreely])
func anEscrowNeverFallsBelowZero(bug: ReplicaBug?) {
    var mesh = EngineMesh(2, bug: bug)
    mesh.write(0, 1, [.deposit(key: [1], 10)])
    mesh.run(for: .seconds(1))
    mesh.connectAll()
    mesh.run(for: .seconds(20))
    // Apart from each other, both spend what only the first has rights to.
    mesh.connect(0, [])
    mesh.connect(1, [])
    mesh.run(for: .seconds(20))
    mesh.write(0, 2, [.spend(key: [1], 8)])
    mesh.write(1, 3, [.spend(key: [1], 8)])
    mesh.run(for: .seconds(1))
    mesh.connectAll()
    mesh.run(for: .seconds(20))
    let slot = mesh.engines[0].replica.slot(SlotID(kind: Kind.escrow.rawValue, key: [1], element: []))
    let total = slot?.number ?? .min
    #expect(mesh.isEqual && (total >= 0) == (bug == nil), "\(total)")
}

/// Somebody whose clock is trusted and stands in 2099 writes; the others' clocks must not follow.
@Test(arguments: [ReplicaBug?.none, .trustsClocks])
func aClockOfTheYear2099CarriesNoOtherAway(bug: ReplicaBug?) {
    var mesh = EngineMesh(2, bug: bug)
    mesh.connectAll()
    mesh.perform(.clock(.synchronised), 0)
    let right = mesh.now.wall
    mesh.now.wall = right + .days(300)
    mesh.write(0, 1, [put(1, 1)])
    mesh.now.wall = right
    mesh.run(for: .seconds(20))
    mesh.write(1, 2, [put(1, 2)])
    mesh.run(for: .seconds(20))
    let written = mesh.engines[0].replica.transaction(Dot(Writer(EngineMesh.name(1)), 1))
    let isCarriedAway = (written?.time.milliseconds ?? 0) > UInt64((right + .days(1)).milliseconds)
    #expect(isCarriedAway == (bug != nil))
    // What has seen another takes its place, whatever clocks say.
    #expect(mesh.shown(0) == mesh.shown(1) && mesh.shown(0).first?.contains("=[2]") == true)
}

@Test func anEpochThatTheMeshHasNotSignedIsNotBelieved() {
    var mesh = EngineMesh(3)
    mesh.isValidEpoch = { $0.proof == [1] }
    mesh.connectAll()
    var forged = mesh.engines[0].replica.evicting(mesh.id(2))
    mesh.issue(forged, 0)
    mesh.run(for: .seconds(20))
    #expect(mesh.engines[1].replica.epoch.number == 0)
    #expect(mesh.notes.contains { $0.1 == .ignored(.invalidEpoch, from: mesh.id(0)) })
    forged.proof = [1]
    var other = EngineMesh(3)
    other.isValidEpoch = { $0.proof == [1] }
    other.connectAll()
    other.issue(forged, 0)
    other.run(for: .seconds(20))
    #expect(other.engines.allSatisfy { $0.replica.epoch.number == 1 })
}

/// Evicted while away, then back: below the floor of the others.
@Test func whoeverComesBackBelowTheFloorTakesOverTheLiveSetAndRevivesNothing() {
    var mesh = EngineMesh(3)
    for key in 0..<200 {
        mesh.write(key % 2, UInt64(key), [put(UInt8(key), 1)])
        mesh.run(for: .milliseconds(50))
    }
    mesh.connectAll()
    mesh.run(for: .seconds(60))
    #expect(mesh.isEqual)
    mesh.connect(2, [])
    mesh.connect(0, [1])
    mesh.connect(1, [0])
    mesh.issue(mesh.engines[0].replica.evicting(mesh.id(2)), 0)
    mesh.run(for: .seconds(20))
    for key in 0..<100 {
        mesh.write(0, UInt64(1_000 + key), [.remove(.register, key: [UInt8(key)])])
        mesh.run(for: .milliseconds(50))
    }
    mesh.run(for: .seconds(600))
    #expect(!mesh.engines[0].replica.floor.isEmpty && !mesh.engines[1].replica.floor.isEmpty)
    mesh.loss = 200_000
    mesh.connectAll()
    mesh.run(for: .seconds(120))
    #expect(mesh.isEqual)
    #expect(mesh.notes.contains { $0.1 == .entered(mesh.id(0)) || $0.1 == .entered(mesh.id(1)) })
    #expect(mesh.shown(2).count == 100 && mesh.shown(2) == mesh.shown(0))
}

@Test func noBytesStopTheReader() {
    var mesh = EngineMesh(3, seed: 3)
    for index in 0..<3 { mesh.write(index, UInt64(index), [put(1, 1), put(2, 2)]) }
    mesh.run(for: .seconds(1))
    var messages: [[UInt8]] = []
    let runs = mesh.engines.compactMap { $0.replica.run(of: $0.replica.my, after: 0) }
    let pack = Pack(runs, seed: 1) { _ in false }
    let read = try? pack.runs { _ in nil }
    #expect(read == runs)
    messages.append(
        ReplicationMessage.batch(Batch(seed: 1, isFirst: true, isLast: true, hasMore: false, pack: pack)).encoded)
    messages.append(ReplicationMessage.heads(mesh.engines[0].heads).encoded)
    messages.append(ReplicationMessage.want(Want(seed: 1, after: [ShortHead(short: 1, sequence: 2)])).encoded)
    messages += siftingMessages(mesh.engines[0].replica, mesh.engines[1].replica).map(\.encoded)
    for message in messages {
        #expect((try? ReplicationMessage(decoding: message.raw))?.encoded == message)
    }
    var random = Random(seed: 9)
    var refused = 0
    let (now, peer) = (mesh.now, mesh.id(0))
    for _ in 0..<20_000 {
        var bytes = messages[random.below(messages.count)]
        if random.below(2) == 0 { bytes = Array(bytes.prefix(random.below(bytes.count))) }
        for _ in 0..<random.below(4) where !bytes.isEmpty {
            bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
        guard let message = try? ReplicationMessage(decoding: bytes.raw) else {
            refused += 1
            continue
        }
        var outbox = Outbox<ReplicationEngine.Effect>()
        mesh.engines[1].receive(message, from: peer, at: now, into: &outbox)
        if case .batch(let batch) = message, (try? batch.pack.runs { _ in nil }) == nil { refused += 1 }
    }
    #expect(refused > 1_000)
}

extension ReplicationEngine {
    fileprivate var heads: Heads {
        let standing = Standing(replica, upTo: spoken, in: spokenEpoch)
        return standing.heads(epoch: 0, .sketch(Sketch(of: standing.words(seed: 4), cells: 8, seed: 4)))
    }
}
