import Base
import Choices
import Crypto
import Testing

@testable import Replication

/// A node's store with a key to sign with, whose disk has what it is given when the test says so.
struct Shop {
    var engine: ReplicationEngine
    var disk: [Fact] = []
    var underWay: [(ticket: Ticket, facts: [Fact])] = []
    var wrote: [RequestID] = []
    var refused: [WriteRefusal] = []
    var wall: Int64 = 1_795_183_331_000
    let number: UInt64
    private var outbox = Outbox<ReplicationEngine.Effect>()

    init(_ number: UInt64 = 1, instance: UInt64 = 7, missed: UInt64 = 0, disk: [Fact] = []) {
        self.number = number
        engine = Self.engine(number, instance: instance, missed: missed, disk: disk)
        self.disk = disk
    }

    static func engine(
        _ number: UInt64, namespace: Namespace = Self.namespace, instance: UInt64 = 7, missed: UInt64 = 0,
        disk: [Fact] = []
    ) -> ReplicationEngine {
        ReplicationEngine(
            namespace: namespace, key: key(number).publicKey, instance: instance, missed: missed, stored: disk,
            random: Random(seed: number), at: Now(instant: .zero, wall: WallTime(milliseconds: 1_795_183_331_000)))
    }

    static let namespace = Namespace(high: 1, low: 2)
    static let mesh = Digest(Bytes32(9, 9, 9, 9))

    static func key(_ number: UInt64) -> SigningKey {
        var entropy = Entropy.seeded(number)
        do throws(CryptoError) { return try SigningKey(seed: SecretBytes(from: &entropy)) } catch {
            preconditionFailure("thirty-two bytes are a seed")
        }
    }

    mutating func write(_ changes: Change..., id: UInt64 = 1, stores: Bool = true) {
        perform(.write(RequestID(number: id), changes))
        if stores { store() }
    }

    mutating func set(_ key: String, _ value: String, _ kind: Kind = .register) {
        write(.put(kind, key: Array(key.utf8), value: Array(value.utf8), resolves: false))
    }

    mutating func perform(_ command: ReplicationEngine.Command) {
        wall += 1
        engine.perform(
            command, at: Now(instant: .zero, wall: WallTime(milliseconds: wall)), into: &outbox)
        var digest: Digest?
        for effect in outbox.effects {
            switch effect {
            case .sign(let id): digest = id
            case .store(let ticket, let facts): underWay.append((ticket, facts))
            case .written(let id, _): wrote.append(id)
            case .refused(_, let refusal): refused.append(refusal)
            case .send, .verify, .judge, .requeue, .propose, .note: Issue.record("\(effect) of a node that is alone")
            }
        }
        outbox.removeAll()
        guard let digest else { return }
        let signature = Self.key(number).sign(digest.value.bytes.raw, as: Chain.kind, in: Self.mesh)
        perform(.signed(digest, signature))
    }

    /// The disk has all that it was given.
    mutating func store() {
        while !underWay.isEmpty {
            let (ticket, facts) = underWay.removeFirst()
            for fact in facts {
                disk.removeAll { $0.shelf == fact.shelf && $0.key == fact.key }
                if fact.value != nil { disk.append(fact) }
            }
            disk.sort { Self.before($0, $1) }
            perform(.stored(ticket))
        }
    }

    private static func before(_ left: Fact, _ right: Fact) -> Bool {
        left.shelf != right.shelf ? left.shelf < right.shelf : left.key.lexicographicallyPrecedes(right.key)
    }

    func shown(_ key: String) -> String? {
        guard case .value(let held) = engine.readings(of: Array(key.utf8)).first?.shown else { return nil }
        return String(decoding: held.operation.value, as: UTF8.self)
    }
}

@Test func aWriteIsToldOnlyWhenTheDiskHasIt() {
    var shop = Shop()
    shop.write(.put(.register, key: [97], value: [1], resolves: false), stores: false)
    #expect(shop.wrote.isEmpty && shop.engine.spoken.isEmpty && shop.underWay.count == 1)
    #expect(shop.engine.changes(since: VersionVector(), prefix: []).changes.isEmpty)
    shop.store()
    #expect(shop.wrote == [RequestID(number: 1)])
    #expect(shop.engine.changes(since: VersionVector(), prefix: []).changes.count == 1)
}

@Test func aRefusedWriteChangesNothing() throws {
    var shop = Shop()
    shop.set("a", "1")
    let before = shop.engine.encoded
    shop.write(.spend(key: [1], 5))
    #expect(shop.refused == [.noRights])
    shop.write(.put(.counter, key: [1], value: [], resolves: false))
    shop.write(.put(.register, key: [1], value: [UInt8](repeating: 1, count: 1 << 16), resolves: false))
    #expect(shop.refused == [.noRights, .wrongKind, .tooLarge])
    var after = shop.engine
    after.clock = HybridClock(floor: HybridTime(bits: 0))
    var then = try ReplicationEngine(decoding: before.raw)
    then.clock = HybridClock(floor: HybridTime(bits: 0))
    #expect(after.encoded == then.encoded, "only the clock has moved on")
}

@Test func whoMayNotWriteIsToldSoAndNothingIsWritten() {
    var shop = Shop()
    shop.set("a", "1")
    let author = shop.engine.replica.me.author
    shop.engine.replica.authority = Authority(grants: [.init(author: author, prefix: [97])])
    let before = shop.engine.replica.stateHash
    // One key that it may write does not carry in another that it may not.
    shop.write(
        .put(.register, key: [97], value: [2], resolves: false),
        .put(.register, key: [98], value: [2], resolves: false))
    #expect(shop.refused == [.notAllowed] && shop.engine.replica.stateHash == before)
}

@Test func aStoreComesBackFromItsFacts() {
    var shop = Shop()
    for number in 0..<300 { shop.set("key/\(number % 40)", "\(number)") }
    shop.write(.include(.addWins, key: Array("set".utf8), element: [1]))
    let back = Shop(instance: 8, disk: shop.disk)
    #expect(back.engine.flaw == nil)
    #expect(back.engine.replica.me == shop.engine.replica.me, "the log goes on")
    #expect(back.engine.spoken == shop.engine.spoken)
    #expect(back.shown("key/39") == "279" && back.shown("key/19") == "299")
    #expect(back.engine.ownClaims.count == 1)
    #expect(back.engine.ownClaims[0]?.isTrue(in: Shop.mesh) == true)
}

@Test func anOlderDatabaseMakesTheNodeWriteANewLog() {
    var shop = Shop()
    shop.set("a", "1")
    let copy = shop.disk
    shop.set("a", "2")
    var back = Shop(instance: 8, missed: 2, disk: copy)
    #expect(back.engine.replica.me.instance == 8)
    back.set("a", "3")
    let again = Shop(instance: 9, missed: 2, disk: back.disk)
    #expect(again.engine.replica.me.instance == 8, "as many starts are missing as before: the same copy goes on")
    #expect(again.shown("a") == "3" && again.engine.flaw == nil)
    #expect(again.engine.readings(of: [97])[0].isInConflict == false, "it had seen the value that it replaced")
}

@Test func whatWasMovedOrEditedIsFound() throws {
    var shop = Shop()
    for number in 0..<5 { shop.set("a", "\(number)") }
    #expect(Shop(2, disk: shop.disk).engine.flaw == .otherNode(Shop.key(1).publicKey.nodeID))
    let other = Shop.engine(1, namespace: Namespace(high: 5, low: 5), disk: shop.disk)
    #expect(other.flaw == .otherMesh)

    let entries = shop.disk.indices.filter { shop.disk[$0].shelf == Shelf.replication && shop.disk[$0].key.count > 33 }
    #expect(entries.count == 5)
    for (place, index) in entries.enumerated() {
        var gone = shop.disk
        gone.remove(at: index)
        let engine = Shop(disk: gone).engine
        // Without its last entry a log is whole, and only shorter: that is what the count of starts is for.
        if place == entries.count - 1 { #expect(engine.flaw == nil) } else { #expect(engine.flaw != nil) }

        for byte in shop.disk[index].value!.indices {
            var edited = shop.disk
            edited[index].value?[byte] ^= 1
            let engine = Shop(disk: edited).engine
            let isVouchedFor = engine.ownClaims.allSatisfy { $0?.isTrue(in: Shop.mesh) ?? false }
            // A signature in the middle of a log vouches for nothing that the last one does not.
            let isIdleSignature = place < entries.count - 1 && (1...64).contains(byte)
            #expect(engine.flaw != nil || !isVouchedFor || isIdleSignature, "entry \(place), byte \(byte)")
        }
    }
}

@Test func theCursorGoesOnAfterARestartAndOverManyAnswers() throws {
    var shop = Shop()
    var cursor = VersionVector()
    var seen: [UInt64] = []
    func follow(_ engine: ReplicationEngine) {
        while true {
            let followed = engine.changes(since: cursor, prefix: Array("key/".utf8))
            seen += followed.changes.map(\.dot.sequence)
            cursor = followed.cursor
            #expect(!followed.hasGap)
            if !followed.isCutShort { return }
        }
    }
    for number in 0..<400 { shop.set(number % 2 == 0 ? "key/\(number)" : "other", "\(number)") }
    follow(shop.engine)
    #expect(seen == (1...400).filter { $0 % 2 == 1 })
    var back = Shop(disk: shop.disk)
    back.set("key/x", "1")
    follow(back.engine)
    #expect(seen.last == 401 && cursor == back.engine.spoken)
}

@Test func theStateIsTheSameAfterItWasWrittenDown() throws {
    var shop = Shop()
    for number in 0..<20 { shop.set("key/\(number)", "\(number)") }
    shop.write(.add(key: [9], 5), stores: false)
    let copy = try ReplicationEngine(decoding: shop.engine.encoded.raw)
    #expect(copy.encoded == shop.engine.encoded)
    var (one, other) = (ByteWriter(), ByteWriter())
    shop.engine.settle()
    shop.engine.encodeFingerprint(into: &one)
    copy.encodeFingerprint(into: &other)
    #expect(one.bytes == other.bytes)
}

@Test func everyChangeComesBackFromItsBytes() throws {
    let changes: [Change] = [
        .put(.guarded, key: [1], value: [2], resolves: true), .remove(.latest, key: [1]),
        .include(.addWins, key: [1], element: [3]), .exclude(.removeWins, key: [1], element: [3]),
        .turn(.enableWins, key: [1], on: true), .add(key: [1], -4), .bound(.minimum, key: [1], .min),
        .deposit(key: [1], 7), .spend(key: [1], 8), .give(key: [1], 9, to: Writer(high: 1, low: 2)),
        .report(key: [1], value: [5]), .append(key: [1], value: [6], keeps: nil),
        .append(key: [1], value: [6], keeps: 1_000),
    ]
    for change in changes {
        #expect(try Change(decoding: change.encoded.raw) == change)
        for count in 0..<change.encoded.count {
            #expect(throws: DecodeError.self) { try Change(decoding: Array(change.encoded.prefix(count)).raw) }
        }
    }
}

@Test func thePastIsReadByTheClocksOfTheWriters() {
    var shop = Shop()
    var times: [HybridTime] = []
    for number in 0..<3 {
        shop.set("a", "\(number)")
        times.append(shop.engine.clock.last)
    }
    shop.write(.remove(.register, key: [97]))
    let reading = shop.engine.readings(of: [97])[0]
    #expect(reading.shown == .nothing)
    for (number, time) in times.enumerated() {
        guard case .value(let held) = reading.asOf(time).shown else {
            Issue.record("nothing at \(number)")
            continue
        }
        #expect(held.operation.value == Array("\(number)".utf8))
    }
    #expect(reading.asOf(HybridTime(bits: times[0].bits - 1)).shown == .nothing)
}

@Test func keysAreReadInOrderHoweverTheyCame() throws {
    try Property.check("keys in order") { tape in
        var shop = Shop()
        var keys: Set<String> = []
        for _ in 0..<tape.range(1...30) {
            let key = "k\(tape.below(20))"
            keys.insert(key)
            shop.set(key, "x")
        }
        func read(_ engine: ReplicationEngine, from: String) -> [String] {
            var found: [String] = []
            engine.read(prefix: Array("k".utf8), from: Array(from.utf8)) { reading in
                found.append(String(decoding: reading.key, as: UTF8.self))
                return true
            }
            return found
        }
        let from = "k\(tape.below(20))"
        try require(read(shop.engine, from: "") == keys.sorted(), "as they came")
        try require(read(shop.engine, from: from) == keys.sorted().filter { $0 >= from }, "from \(from) on")
        try require(read(Shop(disk: shop.disk).engine, from: "") == keys.sorted(), "as they were loaded")
    }
}
