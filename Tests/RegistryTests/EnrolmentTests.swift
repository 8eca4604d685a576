import Base
import Crypto
import Testing
import Trust

@testable import Registry

@Test func aNewcomerComesInByItsInvitationAndLearnsTheLaw() {
    var parish = Parish(5, newcomers: 1)
    for node in 1..<5 { parish.connect(node, 0) }
    parish.connect(5, 2)
    #expect(!parish.engines[5].isMemberMyself)
    parish.receive(.redeem(parish.redemption(parish.invite(), by: 5)), at: 2, from: 5)
    parish.run(milliseconds: 5_000) { $0.agreement(of: 0..<6) != nil }
    #expect(parish.agreement(of: 0..<6) != nil)
    #expect((0..<6).allSatisfy { parish.engines[$0].members[Parish.id(5)]?.standing == .probation })
    #expect(parish.notes.contains { $0.node == 5 && $0.note == .admitted })
    // Again is nothing new: the same node, the same invitation.
    let count = parish.engines[2].book.ids.count
    parish.receive(.redeem(parish.redemption(parish.invite(), by: 5)), at: 2, from: 5)
    #expect(parish.engines[2].book.ids.count == count)
}

@Test func whoeverMayNotComeInIsToldWhy() {
    var parish = Parish(2, newcomers: 2)
    func answer(_ redemption: Redemption, _ parish: inout Parish) -> RegistryNote? {
        let before = parish.notes.count
        parish.receive(.redeem(redemption), at: 0, from: 2)
        return parish.notes.count > before ? parish.notes[before].note : nil
    }
    let spoilt = Redemption(
        invite: parish.invite(), node: Parish.keys(2), channel: Bytes32(1, 1, 1, 1),
        signature: parish.redemption(parish.invite(), by: 2).signature)
    #expect(answer(spoilt, &parish) == .turnedAway(Parish.id(2), .notAuthentic))
    let old = parish.invite(expires: 1)
    #expect(answer(parish.redemption(old, by: 2), &parish) == .turnedAway(Parish.id(2), .expired))
    #expect(answer(parish.redemption(parish.invite(), by: 3), &parish) == .ignored(.notItsOwn, from: Parish.id(2)))
    parish.receive(.redeem(parish.redemption(parish.invite(), by: 3)), at: 0, from: 3)
    #expect(answer(parish.redemption(parish.invite(), by: 2), &parish) == .turnedAway(Parish.id(2), .spent))
    // Who was thrown out does not come in again by another invitation.
    parish.revoke(3, at: 0)
    let before = parish.engines[0].book.ids
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 9), by: 3)), at: 0, from: 3)
    #expect(parish.engines[0].book.ids == before)
}

@Test func aStrangerSeesNothingOfTheLaw() {
    var parish = Parish(3, newcomers: 1)
    parish.connect(3, 0)
    parish.receive(
        .summary(RegistryMessage.Summary(warnings: Digest(.zero), everything: Digest(.zero))), at: 0, from: 3)
    parish.receive(.want(Array(parish.engines[0].book.ids.prefix(3))), at: 0, from: 3)
    parish.receive(.list(.everything, .whole, []), at: 0, from: 3)
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[3].book.ids.isEmpty)
    #expect(parish.notes.contains { $0.note == .ignored(.stranger, from: Parish.id(3)) })
}

/// Two who came in on different sides and meet before anybody else brings the news.
@Test func twoMembersWhoDoNotKnowEachOtherGetAcquainted() {
    var parish = Parish(2, newcomers: 2)
    parish.side = [0, 1, 0, 1]
    parish.connect(2, 0)
    parish.connect(3, 1)
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 2), by: 2)), at: 0, from: 2)
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 2), by: 3)), at: 1, from: 3)
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[2].isMemberMyself && parish.engines[3].isMemberMyself)
    #expect(!parish.engines[2].isMember(Parish.id(3)))
    parish.side = [0, 1, 2, 2]
    parish.connect(2, 3)
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[2].isMember(Parish.id(3)) && parish.engines[3].isMember(Parish.id(2)))
}

@Test func aNewcomerAsksOneAfterTheOtherUntilSomebodyMayLetItIn() {
    let parish = Parish(1, newcomers: 1)
    var engine = parish.engines[1]
    var outbox = Outbox<RegistryEngine.Effect>()
    func asked() -> NodeID? {
        defer { outbox.removeAll() }
        for case .redeem(let peer) in outbox.effects { return peer }
        return nil
    }
    // A crowd of newcomers, the only member in their midst; it forgets the first of so many.
    let met = (10..<14).map(Parish.id) + [Parish.id(0)] + (20..<26).map(Parish.id)
    for peer in met {
        engine.perform(.met(peer, isMine: false), at: parish.now, into: &outbox)
        #expect(asked() == (peer == met[0] ? peer : nil), "whoever lets it in says so for ever: one does")
    }
    let later = Now(instant: parish.now.instant + .seconds(3), wall: parish.now.wall)
    #expect(engine.deadline.map { $0 <= parish.now.instant + .milliseconds(500) } == true, "nobody need answer")
    engine.wake(at: later, into: &outbox)
    var order: [NodeID] = []
    while let peer = asked() {
        order.append(peer)
        engine.receive(.declined(.noSponsor), from: peer, at: later, into: &outbox)
    }
    #expect(order == Array(met.reversed().prefix(Limits.sponsorsMet)), "each once, and then it waits")
    #expect(order.contains(Parish.id(0)))
}
