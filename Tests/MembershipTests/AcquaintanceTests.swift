import Base
import Crypto
import Testing

@testable import Membership

private func acquaintances(_ numbers: ClosedRange<UInt64>) throws -> Acquaintances {
    Acquaintances(try numbers.map { try #require(record($0).seal).key })
}

private func question(from asker: UInt64, readsShortKeys: Bool) -> MembershipMessage {
    .ask(
        Question(
            asker: record(asker), pulse: 1, root: 0, salt: 5, partBits: 0, part: 0, readsShortKeys: readsShortKeys,
            count: 1, filter: [UInt8](repeating: 0, count: 8)))
}

extension [Effect] {
    fileprivate func claims(to peer: UInt64) -> [Claim] {
        sent.flatMap { sent -> [Claim] in
            guard case .told(let answer) = sent.message, sent.to == peer else { return [] }
            return answer.claims
        }
    }
}

/// Members 2 to 6 are here, of whom the law that is here names 2 to 5.
private func knowing() throws -> Subject {
    var subject = Subject(2...6)
    _ = subject.run(until: 5_000)
    subject.meet(try acquaintances(1...5))
    return subject
}

@Test func onlyWhoeverReadsThemIsToldShortKeysAndOnlyOfThoseWhomTheLawNames() throws {
    for readsShortKeys in [false, true] {
        var subject = try knowing()
        let claims = subject.receive(question(from: 7, readsShortKeys: readsShortKeys), from: 7).claims(to: 7)
        #expect(Set(claims.map(\.record.id)).isSuperset(of: (1...6).map { id($0) }))
        for claim in claims {
            #expect(claim.hasShortKey == (readsShortKeys && (2...5).contains(claim.record.id.number)))
        }
    }
}

@Test func aShortKeyIsCompletedByTheLawAndWhomItDoesNotNameIsNotBelieved() throws {
    var subject = try knowing()
    let claims = subject.receive(question(from: 7, readsShortKeys: true), from: 7).claims(to: 7)
    let told = Answer(pulse: 1, root: 1, claims: claims, rest: .nothing)
    let message = MembershipMessage.told(told)
    let read = try MembershipMessage(decoding: message.encoded.raw)
    #expect(read.encoded == message.encoded)
    // Somebody who knows but one of them, and has the law of all but number 5.
    var newcomer = Subject(2...2)
    _ = newcomer.run(until: 1_000)
    newcomer.meet(try acquaintances(1...4))
    let effects = newcomer.receive(read, from: 2)
    #expect(newcomer.engine.members.keys.map(\.number) == [2, 3, 4, 6])
    #expect(newcomer.engine.members.values.allSatisfy { $0.record == record($0.record.id.number) })
    #expect(effects.contains(.note(.ignored(.unknownKey))))
    // Its whole state is what a replay begins with.
    #expect(try MembershipEngine(decoding: newcomer.engine.encoded.raw).encoded == newcomer.engine.encoded)
}

@Test func aShortKeySavesTwentyFourBytes() throws {
    var claim = Claim(record(3), .here)
    let whole = MembershipMessage.told(Answer(pulse: 1, root: 1, claims: [claim], rest: .nothing)).encoded.count
    let wholeSize = claim.encodedByteCount()
    claim.hasShortKey = true
    let short = MembershipMessage.told(Answer(pulse: 1, root: 1, claims: [claim], rest: .nothing)).encoded.count
    #expect(whole - short == 24 && wholeSize - claim.encodedByteCount() == 24)
}

@Test func whoseKeysBeginAlikeAreNotTakenForEachOther() throws {
    let (one, other) = (VerifyingKey(Bytes32(9, 0, 0, 1)), VerifyingKey(Bytes32(9, 0, 0, 2)))
    let both = Acquaintances([other, one])
    #expect(both.contains(one) && !both.contains(other) && both.count == 1)
    #expect(try Acquaintances(decoding: both.encoded.raw) == both)
}
