import Base
import Control
import Testing
import Trust

@testable import Node

private func authority(_ envelope: Envelope) throws -> AuthorityReply {
    guard case .authority(let reply) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return reply
}

private func isSuspect(_ envelope: Envelope) throws -> Bool {
    try status(envelope).problems.contains { $0.code == .clockSuspect }
}

/// One clock of five is a year ahead: it is told so, the others are not, and it goes on being a member like any other.
@Test func aWrongClockIsToldToWhoeverAsksAndKeepsNobodyOut() throws {
    let village = Village(5)
    village[3].clockError = .hours(8_766)
    village.run(milliseconds: 60_000)
    for number in 1...5 {
        #expect(try isSuspect(village.ask(number, .status)) == (number == 3), "node \(number)")
        #expect(try members(village.ask(number, .members)).count { $0.state == .alive } == 5)
    }
    let asked = Request.explainAuthority(word: "invite.create", by: nil, on: nil)
    let wrong = try authority(village.ask(3, asked)).grounds
    #expect(wrong.contains { $0.contains("this node's clock is 365 days ahead") }, "\(wrong)")
    #expect(try authority(village.ask(1, asked)).grounds.contains { $0.contains("this node's clock agrees") })
    // What it invites to is dated so that others take it, and what others invite to is taken there.
    for inviter in [3, 1] {
        guard case .invitation(let invitation) = village.ask(inviter, .invite(uses: 1, lifetime: .hours(1))).reply
        else {
            return #expect(Bool(false))
        }
        let newcomer = try village.join(with: invitation.token)
        village.run(milliseconds: 10_000)
        #expect(try members(village.ask(newcomer, .members)).count { $0.state == .alive } >= 6, "by \(inviter)")
    }
}

/// A machine whose battery died wakes up in 1970. What it invites to is not over before it begins.
@Test func anInvitationFromAClockInThePastIsGood() throws {
    let village = Village(4)
    village[1].clockError = .hours(-50 * 8_766)
    village.run(milliseconds: 60_000)
    #expect(try isSuspect(village.ask(1, .status)))
    guard case .invitation(let invitation) = village.ask(1, .invite(uses: 1, lifetime: .hours(1))).reply else {
        return #expect(Bool(false))
    }
    #expect(invitation.expires > moment(0).wall, "dated by what the others say")
    let newcomer = try village.join(with: invitation.token)
    village.run(milliseconds: 10_000)
    #expect(try members(village.ask(newcomer, .members)).count { $0.state == .alive } == 5)
}
