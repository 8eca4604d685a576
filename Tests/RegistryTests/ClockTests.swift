import Base
import Crypto
import Testing
import Trust

@testable import Registry

private let year = Interval.hours(8_766)

/// A mesh whose clocks are off by so many years each, some minutes later.
private func parish(_ years: [Int64], seed: UInt64 = 5) -> Parish {
    var parish = Parish(years.count, seed: seed)
    parish.clockErrors = years.map { .hours($0 * 8_766) }
    for node in 1..<years.count { parish.connect(node, 0) }
    parish.run(milliseconds: 60_000)
    return parish
}

@Test func theClocksOfOthersBoundTheTimeAndAWrongOneIsSeen() {
    let parish = parish([0, 0, 0, 0, 0, 0, 20, -20])
    for node in 0..<8 {
        let engine = parish.engines[node]
        #expect(engine.clocksHeard >= 3, "node \(node) heard \(engine.clocksHeard)")
        let distance = parish.now.wall.milliseconds - engine.time.floor.milliseconds
        #expect((0...120_000).contains(distance), "node \(node): \(distance) ms")
        #expect(engine.time.judge(parish.now) == .plausible, "the true time lies between")
        let own = Now(instant: parish.now.instant, wall: parish.now.wall + parish.clockErrors[node])
        #expect((engine.time.judge(own) == .plausible) == (node < 6), "node \(node)")
    }
}

/// A sponsor takes what the others say for the time, and not what its own battery does.
@Test(arguments: [20, -20] as [Int64])
func aSponsorWithAWrongClockTurnsNobodyAwayAndTakesNobodyInTooLate(_ years: Int64) {
    var parish = Parish(6, newcomers: 2)
    for node in 1..<6 { parish.connect(node, 0) }
    parish.run(milliseconds: 60_000)
    func sponsor(_ newcomer: Int, expires: Int64) -> RegistryMessage.Decline? {
        let invite = parish.invite(uses: 9, expires: expires)
        let redemption = parish.redemption(invite, by: newcomer)
        var engine = parish.engines[3]
        var outbox = Outbox<RegistryEngine.Effect>()
        let wrong = Now(instant: parish.now.instant, wall: parish.now.wall + .hours(years * 8_766))
        engine.receive(.redeem(redemption), from: Parish.id(newcomer), at: wrong, into: &outbox)
        for case .send(.declined(let why), to: _) in outbox.effects { return why }
        return nil
    }
    let wall = parish.now.wall.milliseconds
    #expect(sponsor(6, expires: wall + 3_600_000) == nil)
    #expect(sponsor(7, expires: wall - 3_600_000) == .expired)
}

@Test func aNodeThatHasNotHeardTwoClocksGoesByItsOwn() {
    let parish = parish([0, 20])
    for node in 0..<2 {
        #expect(parish.engines[node].clocksHeard == 0 && parish.engines[node].time.floor.milliseconds == 0)
        #expect(parish.engines[node].time.ceiling(at: parish.now) == nil)
    }
}

@Test func whatWasNotAskedForOrIsNotOfWhomWasAskedIsNotHeard() throws {
    var parish = Parish(4)
    for node in 1..<4 { parish.connect(node, 0) }
    parish.run(milliseconds: 8_000) { $0.engines[0].clockRound != nil }
    let round = try #require(parish.engines[0].clockRound)
    func vote(of node: Int, by signer: Int? = nil, nonce: UInt64) -> RegistryMessage {
        let vote = TimeVote(node: Parish.key(node), nonce: nonce, time: WallTime(milliseconds: .max))
        let body = Statement.time(vote).encoded
        let key = Parish.signer(signer ?? node)
        let seal = Record.Seal(
            Parish.key(node), key.sign(body.raw, as: Statement.time(vote).kind, in: parish.charter.mesh))
        return .clock(Record(body: body, seals: [seal]))
    }
    parish.receive(vote(of: 1, nonce: round.nonce &+ 1), at: 0, from: 1)
    parish.receive(vote(of: 1, nonce: round.nonce), at: 0, from: 2)
    parish.receive(vote(of: 1, by: 2, nonce: round.nonce), at: 0, from: 1)
    parish.receive(vote(of: 50, nonce: round.nonce), at: 0, from: 50)
    #expect(parish.engines[0].clockRound?.votes.isEmpty == true)
    for _ in 1...3 { parish.receive(vote(of: 1, nonce: round.nonce), at: 0, from: 1) }
    #expect(parish.engines[0].clockRound?.votes.count == 1, "a node that speaks thrice is heard once")
    // A stranger is told nothing, and a member no more often than somebody honest asks.
    parish.receive(.askClock(1), at: 0, from: 50)
    #expect(parish.notes.last?.note == .ignored(.stranger, from: Parish.id(50)))
    for nonce in 0..<100 { parish.receive(.askClock(UInt64(nonce)), at: 0, from: 1) }
    #expect(parish.engines[0].clockAnswersLeft == 0)
}

@Test func theFloorOutlivesARestartAndTheStateItsBytes() throws {
    var parish = parish([0, 0, 0, 0])
    let before = parish.engines[2]
    #expect(before.time.floor.milliseconds > 0)
    let again = try RegistryEngine(decoding: before.encoded.raw)
    #expect(again.encoded == before.encoded && again.time == before.time)
    parish.restart(2, charter: parish.charter.records)
    #expect(parish.engines[2].time.floor == before.time.floor && parish.engines[2].clocksHeard == 0)
    #expect(parish.engines[2].time.ceiling(at: parish.now) == nil, "for how long it was off nobody knows")
}
