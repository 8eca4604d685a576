import Base
import Control
import Replication
import Testing

@testable import Node

/// One node whose disk is the test's, asked as the control socket asks.
private final class Shop {
    private let village = Village(1)
    var resident: Resident { village[1] }

    func ask(_ request: StoreRequest) throws -> Envelope { village.ask(1, .store(try request.checked())) }

    func write(_ assignments: Assignment..., isTrial: Bool = false) throws -> WriteReply {
        let envelope = try ask(.write(assignments, isTrial: isTrial))
        guard case .wrote(let reply) = envelope.reply else { throw failure(envelope) }
        return reply
    }

    func set(_ key: String, _ value: String, _ kind: ValueKind? = nil) throws -> WriteReply {
        try write(Assignment(key: key, kind: kind, .put(ValueBytes(value))))
    }

    func get(_ key: String, at: WallTime? = nil) throws -> KeyReply {
        let envelope = try ask(.get(key: key, kind: nil, at: at))
        guard case .key(let reply) = envelope.reply else { throw failure(envelope) }
        return reply
    }

    func list(_ prefix: String = "", from: String = "") throws -> KeysReply {
        let envelope = try ask(.list(prefix: prefix, from: from, at: nil, onlyConflicts: false))
        guard case .keys(let reply) = envelope.reply else { throw failure(envelope) }
        return reply
    }

    func follow(_ prefix: String = "", since: String?) throws -> ChangesReply {
        let envelope = try ask(.changes(prefix: prefix, since: since, patience: .zero))
        guard case .changes(let reply) = envelope.reply else { throw failure(envelope) }
        return reply
    }

    func code(_ work: () throws -> Any) -> Code? {
        do {
            _ = try work()
            return nil
        } catch {
            return (error as? Complaint)?.code
        }
    }

    private func failure(_ envelope: Envelope) -> Complaint {
        if case .failure(let complaint) = envelope.reply { return complaint }
        return Complaint(.ourMistake, what: "\(envelope.reply)")
    }

    var fingerprint: UInt64 { resident.node.stateHash }
}

@Test func whatIsSetIsReadListedAndKept() throws {
    let shop = Shop()
    let first = try shop.set("till/tax", "7")
    #expect(first.rows[0].isChanged && first.rows[0].before == nil && first.sequence == 1)
    let second = try shop.set("till/tax", "7.5")
    #expect(second.rows[0].before == "7" && second.rows[0].after == "7.5" && second.sequence == 2)
    let again = try shop.set("till/tax", "7.5")
    #expect(!again.rows[0].isChanged && again.sequence == nil, "what is there is not written again")
    let row = try #require(try shop.get("till/tax").row)
    #expect(row.value == ValueBytes("7.5") && row.kind == .register && row.writer == "till-01" && row.isStored)
    #expect(try shop.list("till/").rows == [row])
    #expect(try shop.list("tills").rows.isEmpty)
}

@Test func everyKindTakesWhatItShould() throws {
    let shop = Shop()
    _ = try shop.set("set", "a", .set)
    _ = try shop.set("set", "b")
    #expect(try shop.get("set").row?.elements == [ValueBytes("a"), ValueBytes("b")])
    _ = try shop.write(Assignment(key: "set", .remove(ValueBytes("a"))))
    #expect(try shop.get("set").row?.elements == [ValueBytes("b")])
    _ = try shop.write(Assignment(key: "set", .become([ValueBytes("c"), ValueBytes("d")])))
    #expect(try shop.get("set").row?.elements == [ValueBytes("c"), ValueBytes("d")])

    _ = try shop.set("count", "+5", .counter)
    _ = try shop.set("count", "-7")
    #expect(try shop.get("count").row?.value == ValueBytes("-2"))
    #expect(shop.code { try shop.set("count", "3") } == .kindRefused, "to set a counter means nothing")
    #expect(shop.code { try shop.write(Assignment(key: "count", .remove(nil))) } == .kindRefused)

    _ = try shop.set("flag", "on", .brake)
    #expect(try shop.get("flag").row?.value == ValueBytes("on"))
    #expect(shop.code { try shop.set("flag", "maybe") } == .kindRefused)
    _ = try shop.set("high", "5", .maximum)
    #expect(try shop.set("high", "4").rows[0].isChanged == false)
    _ = try shop.set("log", "one", .log)
    _ = try shop.set("log", "one")
    #expect(try shop.get("log").row?.elements == [ValueBytes("one"), ValueBytes("one")])
    _ = try shop.set("safe", "+3", .escrow)
    #expect(shop.code { try shop.set("safe", "-4") } == .noRights)
    _ = try shop.set("safe", "-2")
    #expect(try shop.get("safe").row?.value == ValueBytes("1"))
    _ = try shop.set("report", "up", .report)
    #expect(try shop.get("report").row?.elements == [ValueBytes("up")])
    _ = try shop.set("bin", "x", .latest)
    _ = try shop.write(Assignment(key: "bin", .put(ValueBytes([0xFF, 0]))))
    #expect(try shop.get("bin").row?.value == ValueBytes([0xFF, 0]))
    #expect(shop.code { try shop.set("bin", "x", .counter) } == .kindRefused, "a key keeps its kind")
}

@Test func theSchemaSaysOfWhatKindNewKeysAre() throws {
    let shop = Shop()
    #expect(shop.code { try shop.set("schema/rollout", "guraded") } == .kindRefused)
    _ = try shop.set("schema/rollout", "guarded")
    _ = try shop.set("schema/rollout/stop", "brake")
    #expect(try shop.set("rollout/pos", "1.4.2").rows[0].kind == .guarded)
    #expect(try shop.set("rollout/stop/pos", "on").rows[0].kind == .brake)
    #expect(try shop.set("rollouts", "x").rows[0].kind == .register)
}

@Test func aNodeKeepsAsManyEntriesOfItsOwnAsTheRuleSays() throws {
    let shop = Shop()
    for bad in ["0", "many", "-1", "1000001", ""] {
        #expect(shop.code { try shop.set("retain/audit", bad) } == .kindRefused)
    }
    #expect(shop.code { try shop.set("retain/audit", "+3", .counter) } == .kindRefused, "no one value to go by")
    #expect(shop.code { try shop.set("schema/audit", "log", .set) } == .kindRefused)
    _ = try shop.set("retain/audit", "3")
    _ = try shop.set("retain/audit/till", "1")
    for number in 1...5 {
        _ = try shop.set("audit/door", "\(number)", .log)
        _ = try shop.set("audit/till", "\(number)", .log)
        _ = try shop.set("audits", "\(number)", .log)
    }
    #expect(try shop.get("audit/door").row?.elements == ["3", "4", "5"].map { ValueBytes($0) })
    #expect(try shop.get("audit/till").row?.elements == [ValueBytes("5")])
    #expect(try shop.get("audits").row?.elements.count == 5, "no rule is about that one")
    #expect(shop.code { try shop.write(Assignment(key: "audit/door", .remove(nil))) } == .kindRefused)
}

@Test func aRefusedWriteLeavesTheNodeAsItWas() throws {
    let shop = Shop()
    _ = try shop.set("a", "1")
    let before = shop.fingerprint
    let long = String(repeating: "k", count: Limits.keyBytes + 1)
    #expect(shop.code { try shop.set(long, "1") } == .badKey)
    #expect(shop.code { try shop.set("a//b", "1") } == .badKey)
    #expect(shop.code { try shop.set("a\u{7}", "1") } == .badKey)
    let large = String(repeating: "v", count: Limits.valueBytes + 1)
    #expect(shop.code { try shop.set("a", large) } == .valueTooLarge)
    #expect(shop.code { try shop.set("a", "1", .set) } == .kindRefused)
    #expect(
        shop.code { try shop.write(Assignment(key: "a", .put(ValueBytes("2")), version: "0000000000000000")) }
            == .changedMeanwhile)
    let two = Assignment(key: "b", .put(ValueBytes("2")))
    #expect(shop.code { try shop.write(two, two) } == .badArgument)
    #expect(shop.code { try shop.get("nothing") } == .keyNotFound)
    #expect(shop.code { try shop.follow(since: "no cursor") } == .cursorUnreadable)
    let trial = try shop.write(two, Assignment(key: "c", .put(ValueBytes("3"))), isTrial: true)
    #expect(trial.isTrial && trial.rows.map(\.isChanged) == [true, true])
    #expect(shop.fingerprint == before, "nothing of this changed anything")
    _ = try shop.set("a", String(repeating: "v", count: Limits.valueBytes))
}

@Test func aGuardedKeyInConflictIsRefusedUntilSomebodyDecides() throws {
    let village = Village(2)
    func set(_ value: String, at number: Int, resolves: Bool = false) throws -> Reply {
        let assignment = Assignment(key: "rollout", kind: .guarded, .put(ValueBytes(value)), resolves: resolves)
        return village.ask(number, .store(try StoreRequest.write([assignment], isTrial: false).checked())).reply
    }
    // Neither has heard of the other yet.
    for number in 1...2 {
        guard case .wrote = try set("1.\(number)", at: number) else {
            Issue.record("node \(number) may write")
            return
        }
    }
    village.run(milliseconds: 10_000)
    func reading() -> KeyReading? { village[1].node.store.readings(of: Array("rollout".utf8)).first }
    let before = reading()
    #expect(before?.shown == .disputed)
    guard case .failure(let complaint) = try set("1.3", at: 1) else {
        Issue.record("nobody has decided")
        return
    }
    #expect(complaint.code == .keyInConflict && reading() == before, "nothing has changed")
    guard case .wrote = try set("1.3", at: 1, resolves: true) else {
        Issue.record("who has seen both may decide")
        return
    }
    #expect(reading()?.isInConflict == false)
}

@Test func oneWrongKeyOfManyLeavesAllUnwritten() throws {
    let shop = Shop()
    _ = try shop.set("count", "+1", .counter)
    let good = Assignment(key: "good", .put(ValueBytes("1")))
    let bad = Assignment(key: "count", .put(ValueBytes("x")))
    #expect(shop.code { try shop.write(good, bad) } == .kindRefused)
    #expect(shop.code { try shop.get("good") } == .keyNotFound)
}

@Test func historyTellsWhoWroteWhatAndWhyItNoLongerCounts() throws {
    let shop = Shop()
    _ = try shop.set("a", "1")
    _ = try shop.set("a", "2")
    _ = try shop.write(Assignment(key: "a", .remove(nil)))
    #expect(shop.code { try shop.get("a") } == .keyNotFound)
    guard case .key(let history) = try shop.ask(.history(key: "a", kind: nil)).reply else {
        Issue.record("no history")
        return
    }
    #expect(history.writes.map(\.sequence) == [3, 2, 1])
    #expect(history.writes.map(\.state) == [.live, .superseded, .superseded])
    #expect(history.writes[2].why.hasPrefix("was seen and replaced by till-01"))
    #expect(history.row == nil && history.writes[0].isRemoval)
}

@Test func whoFollowsSeesEachWriteOnce() throws {
    let shop = Shop()
    _ = try shop.set("till/a", "1")
    let start = try shop.follow(since: nil)
    #expect(start.rows.isEmpty)
    _ = try shop.set("till/a", "2")
    _ = try shop.set("other", "3")
    _ = try shop.set("till/b", "4")
    let news = try shop.follow("till/", since: start.cursor)
    #expect(news.rows.map(\.key) == ["till/a", "till/b"] && !news.hasGap)
    #expect(try shop.follow("till/", since: news.cursor).rows.isEmpty)
}

/// A node whose disk answers when the test says so.
private struct SlowShop: ~Copyable {
    var node: MarramNode
    var outbox = NodeOutbox()
    var tickets: [Ticket] = []
    var replies: [Envelope] = []
    var facts: [Fact] = []

    init(stored: [Fact] = []) {
        node = MarramNode(
            configuration(1, records: false), signatory: signatory(1, mesh: 7), sessions: sessions(1), stored: stored,
            entropy: .seeded(1), random: Random(seed: 1), mischief: .none, at: moment(0))
    }

    mutating func ask(_ request: StoreRequest, at time: Int64 = 0) {
        node.perform(.store(request), id: RequestID(number: UInt64(time) + 1), at: moment(time), into: &outbox)
        carryOut()
    }

    mutating func wake(at time: Int64) {
        node.wake(at: moment(time), into: &outbox)
        carryOut()
    }

    mutating func store(at time: Int64) {
        for ticket in tickets { node.persisted(ticket, at: moment(time), into: &outbox) }
        tickets = []
        carryOut()
    }

    private mutating func carryOut() {
        for effect in outbox.effects {
            switch effect {
            case .persist(let new, let ticket):
                tickets.append(ticket)
                facts += new
            case .reply(_, let envelope): replies.append(envelope)
            case .send, .callOut, .note: break
            }
        }
        outbox.removeAll()
    }
}

@Test func whoWritesAndWhoWaitsAreAnsweredWhenTheDiskHasIt() throws {
    var shop = SlowShop()
    shop.ask(.expect(key: "a", value: ValueBytes("1"), patience: .seconds(9)), at: 1)
    shop.ask(.changes(prefix: "", since: "00", patience: .seconds(9)), at: 2)
    shop.ask(.write([Assignment(key: "a", .put(ValueBytes("1")))], isTrial: false), at: 3)
    #expect(shop.replies.isEmpty)
    shop.ask(.get(key: "a", kind: nil, at: nil), at: 4)
    guard case .key(let early) = shop.replies.removeLast().reply else {
        Issue.record("not read")
        return
    }
    #expect(early.row?.isStored == false, "it may still vanish with the power, and says so")
    shop.store(at: 5)
    #expect(shop.replies.count == 3)
    for envelope in shop.replies { if case .failure(let complaint) = envelope.reply { Issue.record("\(complaint)") } }
}

@Test func patienceEnds() throws {
    var shop = SlowShop()
    shop.ask(.expect(key: "a", value: nil, patience: .seconds(2)), at: 0)
    shop.ask(.changes(prefix: "", since: "00", patience: .seconds(3)), at: 1)
    let due = shop.node.deadline
    #expect(due.map { $0 <= moment(2_000).instant } == true)
    shop.wake(at: 1_999)
    #expect(shop.replies.isEmpty)
    shop.wake(at: 2_000)
    guard case .failure(let complaint) = shop.replies.first?.reply else {
        Issue.record("no answer")
        return
    }
    #expect(complaint.code == .notYet)
    shop.wake(at: 3_001)
    #expect(shop.replies.count == 2)
}

@Test func aNodeRefusesAStoreThatIsNotItsOwn() throws {
    var shop = SlowShop()
    shop.ask(.write([Assignment(key: "a", .put(ValueBytes("1")))], isTrial: false))
    shop.store(at: 1)
    let own = shop.node.storeFlaw
    #expect(own == nil)
    let sorted = shop.facts.sorted { ($0.shelf, hexadecimal($0.key)) < ($1.shelf, hexadecimal($1.key)) }
    let back = SlowShop(stored: sorted)
    let again = back.node.storeFlaw
    #expect(again == nil)
    var edited = sorted
    let entry = try #require(edited.lastIndex { $0.shelf == Shelf.replication })
    let last = try #require(edited[entry].value?.count) - 1
    edited[entry].value?[last] ^= 1
    let spoilt = SlowShop(stored: edited)
    let flaw = spoilt.node.storeFlaw
    #expect(flaw != nil)
}

@Test func aWriteIsReplayedWithoutTheKey() throws {
    let village = Village(1, records: true)
    for number in 0..<5 {
        let write = StoreRequest.write([Assignment(key: "k", .put(ValueBytes("\(number)")))], isTrial: false)
        guard case .wrote = village.ask(1, .store(write)).reply else {
            Issue.record("not written")
            return
        }
    }
    let report = try Recording.replay(village[1].recording)
    #expect(report.divergedAt == nil && report.hashesCompared >= 15)
    #expect(report.stateHash == village[1].node.stateHash)
}
