import Base
import Control
import Crypto
import Membership
import Testing
import Trust

@testable import Node

private func epoch(_ envelope: Envelope) throws -> EpochReply {
    guard case .epoch(let reply) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return reply
}

private func code(_ envelope: Envelope) -> Code? {
    guard case .failure(let complaint) = envelope.reply else { return nil }
    return complaint.code
}

private func set(_ key: String, _ value: String) -> Request {
    .store(.write([Assignment(key: key, .put(ValueBytes(value)))], isTrial: false))
}

private func delete(_ key: String) -> Request { .store(.write([Assignment(key: key, .remove(nil))], isTrial: false)) }

extension Village {
    /// An operator names a resident to keep the epochs.
    fileprivate func appoint(_ number: Int) throws {
        guard case .node(let reply) = ask(1, .node("till-0\(number)")).reply else {
            throw Complaint(.ourMistake, what: "\(ask(1, .nodes).reply)")
        }
        let encoded = try #require(bytes(hexadecimal: reply.keys))
        let keys = try NodeKeys(decoding: encoded.raw)
        let answer = act(.grant(Grant(.node(keys), Charter.keeper)), at: 1)
        #expect(answer.reply == .submitted(SubmitReply(records: 3, held: 3)))
    }
}

@Test func withoutAKeeperNothingIsForgottenAndEverybodyMayWrite() throws {
    let village = Village(3)
    village.run(milliseconds: 6_000)
    let reply = try epoch(village.ask(2, .epoch))
    #expect(reply.number == 0 && reply.keeper.isEmpty && reply.holdups.isEmpty)
    #expect(code(village.ask(1, .evict("till-02"))) == .notTheKeeper)
}

@Test func aNodeThatTheLawNamesKeepsTheEpochsAndWhatIsDeletedIsForgottenByAll() throws {
    let village = Village(9)
    village.run(milliseconds: 6_000)
    try village.appoint(2)
    village.run(milliseconds: 10_000)
    for number in 1...9 {
        let reply = try epoch(village.ask(number, .epoch))
        #expect(reply.number == 1 && reply.members == 9 && reply.keeper == "till-02", "node \(number): \(reply)")
    }
    _ = village.ask(1, set("till/tax", "7"))
    village.run(milliseconds: 5_000)
    _ = village.ask(3, delete("till/tax"))
    village.run(milliseconds: 60_000)
    for number in 1...9 {
        let reply = try epoch(village.ask(number, .epoch))
        #expect(reply.waiting == 0 && reply.holdups.isEmpty, "node \(number): \(reply)")
        #expect(code(village.ask(number, .store(.history(key: "till/tax", kind: nil)))) == .keyNotFound)
    }
    #expect(code(village.ask(2, .evict("till-02"))) == .badArgument)
    #expect(code(village.ask(1, .evict("till-03"))) == .notTheKeeper)
    #expect(code(village.ask(2, .evict("till-99"))) == .unknownNode)
}

/// One stays away, a person says that it is not waited for, and it comes back.
@Test func whoWasGivenUpComesBackByItselfAndHasItsWritesHandedBack() throws {
    let village = Village(9)
    village.run(milliseconds: 6_000)
    try village.appoint(1)
    village.run(milliseconds: 10_000)
    _ = village.ask(1, set("till/tax", "7"))
    village.run(milliseconds: 5_000)
    let far = village[4].address
    village.blocks = { $0 == far || $1 == far }
    _ = village.ask(1, delete("till/tax"))
    _ = village.ask(4, set("till/tax", "8"))
    village.run(milliseconds: 40_000)
    let held = try epoch(village.ask(1, .epoch))
    #expect(held.holdups.map(\.name) == ["till-04"] && held.waiting == 2, "\(held)")
    #expect(try epoch(village.ask(1, .evict("till-04"))).number == 1)
    village.run(milliseconds: 40_000)
    let after = try epoch(village.ask(1, .epoch))
    #expect(after.number > 1 && after.members == 8 && after.waiting == 0 && after.holdups.isEmpty, "\(after)")
    village.blocks = { _, _ in false }
    village.run(milliseconds: 120_000)
    let back = try epoch(village.ask(4, .epoch))
    #expect(back.number > after.number && back.members == 9 && back.returned == 1, "\(back)")
    guard case .returned(let returned) = village.ask(4, .returned).reply else {
        Issue.record("the returned writes are told")
        return
    }
    #expect(returned.rows.map(\.key) == ["till/tax"] && returned.rows.map(\.wrote) == ["8"])
    #expect(returned.rows.map(\.holds) == [nil])
    guard case .status(let status) = village.ask(4, .status).reply else { return }
    #expect(status.problems.contains { $0.code == .writesReturned })
    #expect(village.ask(4, .settleReturned).reply == .returned(ReturnedReply(rows: [], omitted: 0)))
    #expect(try epoch(village.ask(4, .epoch)).returned == 0)
}

@Test func aNewcomerWritesWhenAnEpochHasAdmittedIt() throws {
    let village = Village(9)
    village.run(milliseconds: 6_000)
    try village.appoint(1)
    village.run(milliseconds: 10_000)
    guard case .invitation(let invitation) = village.ask(1, .invite(uses: 1, lifetime: .minutes(5))).reply else {
        Issue.record("the first may invite")
        return
    }
    let number = try village.join(with: invitation.token)
    village.run(milliseconds: 20_000)
    #expect(try epoch(village.ask(number, .epoch)).members == 10)
    _ = village.ask(number, set("till/new", "1"))
    village.run(milliseconds: 5_000)
    guard case .key(let key) = village.ask(2, .store(.get(key: "till/new", kind: nil, at: nil))).reply else {
        Issue.record("what the newcomer wrote is read elsewhere")
        return
    }
    #expect(key.row?.value == ValueBytes("1"))
}
