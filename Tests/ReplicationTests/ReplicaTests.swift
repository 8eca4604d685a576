import Base
import Crypto
import Testing

@testable import Replication

/// Some replicas, lowest writer first, that take from each other when they are told to.
private struct Shelves {
    var replicas: [Replica]

    init(_ count: Int, bug: ReplicaBug? = nil) {
        let names = (0..<count).map { EngineMesh.name($0) }.sorted { Writer($0) < Writer($1) }
        replicas = names.map { name in
            Replica(namespace: EngineMesh.namespace, me: name, genesis: EngineMesh.genesis(count), bug: bug)
        }
    }

    mutating func write(_ index: Int, _ change: Change) throws {
        let transaction = try replicas[index].prepare([change], time: HybridTime(bits: 1), quality: .unknown)
        let signature = EngineMesh.signature(replicas[index].me.author, replicas[index].nextID(for: transaction))
        replicas[index].commit(transaction, signature)
    }

    /// Everything that the other has, and what it has acknowledged.
    mutating func take(_ index: Int, from other: Int) throws {
        var before: VersionVector
        repeat {
            before = replicas[index].vector
            for writer in replicas[other].logs.writers {
                guard let run = replicas[other].run(of: writer, after: before[writer]) else { continue }
                _ = replicas[index].accept(run)
            }
        } while replicas[index].vector != before
        try #require(replicas[other].vector.dots.allSatisfy { before.covers($0) })
        replicas[index].learn(replicas[other].ack, of: replicas[other].me.author)
    }

    mutating func collect(_ index: Int) {
        var cursor = replicas[index].collect()
        while let next = cursor { cursor = replicas[index].collect(from: next) }
    }

    func values(_ index: Int) -> [[UInt8]] {
        let slot = replicas[index].slot(SlotID(kind: Kind.register.rawValue, key: [1], element: []))
        return (slot?.values ?? []).map(\.operation.value)
    }
}

/// Two of three have forgotten a deletion and what it deleted. What they write then takes the place of the deletion,
/// which the third still holds beside what it hides.
@Test(arguments: [ReplicaBug?.none, .forgetsWhatHides])
func aDeletionIsNotForgottenBeforeWhatItAloneHides(bug: ReplicaBug?) throws {
    var shelves = Shelves(3, bug: bug)
    func value(_ number: UInt8) -> Change { .put(.register, key: [1], value: [number], resolves: false) }
    try shelves.write(2, value(1))
    try shelves.take(1, from: 2)
    try shelves.write(1, .remove(.register, key: [1]))
    for index in 0..<3 { for other in 0..<3 where other != index { try shelves.take(index, from: other) } }
    for index in 0..<3 { for other in 0..<3 where other != index { try shelves.take(index, from: other) } }
    shelves.collect(0)
    shelves.collect(1)
    #expect(shelves.replicas.map { $0.slots.reduce(0) { $0 + $1.held.count } } == [0, 0, 2])
    try shelves.write(1, value(2))
    try shelves.take(0, from: 1)
    try shelves.write(0, value(3))
    try shelves.take(1, from: 0)
    for other in 0..<2 { try shelves.take(2, from: other) }
    #expect(shelves.values(2) == [[3]])
    shelves.collect(2)
    #expect((shelves.values(2) == [[3]]) == (bug == nil), "\(shelves.values(2))")
}

/// A closed entry is forgotten once everybody knows that it is closed, and comes back nowhere; those of others stay.
@Test func whatALogHasClosedIsForgottenByAll() throws {
    var shelves = Shelves(3)
    func shown(_ index: Int) -> [[UInt8]] {
        let id = SlotID(kind: Kind.log.rawValue, key: [1], element: Number(value: 0).bytes)
        return (shelves.replicas[index].slot(id)?.entries ?? []).map(\.operation.value).sorted {
            $0.lexicographicallyPrecedes($1)
        }
    }
    for number in UInt8(1)...6 {
        try shelves.write(0, .append(key: [1], value: [number], keeps: 2))
        try shelves.write(1, .append(key: [1], value: [100 + number], keeps: nil))
    }
    let kept: [[UInt8]] = [[5], [6], [101], [102], [103], [104], [105], [106]]
    try shelves.take(0, from: 1)
    #expect(shown(0) == kept)
    for _ in 0..<2 {
        for index in 0..<3 { for other in 0..<3 where other != index { try shelves.take(index, from: other) } }
    }
    for index in 0..<3 {
        #expect(shelves.replicas[index].slots.reduce(0) { $0 + $1.held.count } == 12)
        shelves.collect(index)
        #expect(shelves.replicas[index].slots.reduce(0) { $0 + $1.held.count } == 8)
        #expect(shown(index) == kept)
    }
    try shelves.write(0, .append(key: [1], value: [7], keeps: 1))
    try shelves.take(2, from: 0)
    #expect(shown(2) == [[7]] + kept.dropFirst(2))
}

@Test func anAmountThatNoAccountHoldsIsRefused() throws {
    var shelves = Shelves(2)
    let receiver = shelves.replicas[1].my
    try shelves.write(0, .deposit(key: [1], 10))
    try shelves.write(0, .give(key: [1], 1, to: receiver))
    for amount in [Limits.escrowed, UInt64.max, UInt64.max - 9] {
        #expect(throws: WriteRefusal.tooLarge) { try shelves.write(0, .deposit(key: [1], amount)) }
        #expect(throws: WriteRefusal.noRights) { try shelves.write(0, .spend(key: [1], amount)) }
        #expect(throws: WriteRefusal.noRights) { try shelves.write(0, .give(key: [1], amount, to: receiver)) }
    }
    #expect(throws: WriteRefusal.tooLarge) { try shelves.write(1, .deposit(key: [1], .max)) }
    try shelves.write(0, .deposit(key: [1], Limits.escrowed - 10))
    try shelves.write(0, .give(key: [1], Limits.escrowed - 1, to: receiver))
    #expect(throws: WriteRefusal.noRights) { try shelves.write(0, .spend(key: [1], 1)) }
}

@Test func whatWaitsInVainMakesRoomForWhatCanGoOn() {
    var waiting = Waiting()
    let name = EngineMesh.name(0)
    let missing = Writer(EngineMesh.name(1))
    let full = UInt64(Limits.heldTransactions / Limits.operations)
    for number in 0...full {
        let run = Run(
            name: name, first: 1 + number * UInt64(Limits.operations), previous: nil,
            entries: [Run.Entry](repeating: .pruned(Digest(.zero)), count: Limits.operations),
            signature: EngineMesh.signature(name.author, Digest(.zero)))
        let reckoned = run.reckoned(in: EngineMesh.namespace, after: Chain.root)
        waiting.add(reckoned, from: name.author, for: Dot(missing, number + 1))
    }
    waiting.release(missing, upTo: full)
    #expect(!waiting.hasReady, "what had waited before is gone")
    waiting.release(missing, upTo: full + 1)
    #expect(waiting.hasReady)
}
