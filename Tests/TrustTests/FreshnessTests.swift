import Base
import Choices
import Testing

@testable import Trust

private let year: Int64 = 365 * 86_400_000

private func moment(_ wall: Int64, up seconds: Int64 = 1_000) -> Now {
    Now(instant: .zero + .seconds(seconds), wall: WallTime(milliseconds: wall))
}

private let court = Court(operators: 1, threshold: 1)

private func votes(_ times: [(node: Int, time: Int64)], nonce: UInt64 = 5) -> [Verified] {
    times.map { node, time in
        let vote = TimeVote(node: court.key(node), nonce: nonce, time: WallTime(milliseconds: time))
        return Court.verified(.time(vote), [node], court.mesh, true)
    }
}

private func bracket(_ floor: Int64) -> TimeBracket {
    TimeBracket(storedFloor: WallTime(milliseconds: floor), slack: .seconds(60), at: moment(0))
}

@Test func noSingleClockMovesTheFloor() {
    var time = bracket(1_000)
    #expect(time.hear(votes([(20, 9 * year)]), nonce: 5, quorum: 2, at: moment(0)) == false)
    // One node that speaks twice is one node, and an answer to another question is none.
    #expect(time.hear(votes([(20, 9 * year), (20, 8 * year)]), nonce: 5, quorum: 2, at: moment(0)) == false)
    #expect(time.hear(votes([(20, 9 * year), (21, 9 * year)], nonce: 4), nonce: 5, quorum: 2, at: moment(0)) == false)
    // One liar among three says nothing, high or low.
    #expect(time.hear(votes([(20, .max), (21, 5_000), (22, 4_000)]), nonce: 5, quorum: 2, at: moment(0)) == true)
    #expect(time.floor.milliseconds == 5_000)
    #expect(time.hear(votes([(20, 1), (21, 2), (22, .max)]), nonce: 5, quorum: 2, at: moment(0)) == false)
    #expect(time.floor.milliseconds == 5_000)
}

@Test func theFloorOnlyRises() throws {
    try Property.check("a rising floor", cases: 60) { tape in
        var time = bracket(0)
        for round in 0..<8 {
            let before = time.floor
            let said = (0..<tape.range(0...4)).map { (node: 20 + $0, time: Int64(bitPattern: tape.word())) }
            let made = said.map { said in
                let vote = TimeVote(node: court.key(said.node), nonce: 5, time: WallTime(milliseconds: said.time))
                return Court.verified(.time(vote), [said.node], court.mesh, true)
            }
            time.hear(made, nonce: 5, quorum: 1 + tape.below(3), at: moment(0, up: Int64(round)))
            try require(time.floor >= before, "the floor fell")
            _ = time.judge(moment(Int64(bitPattern: tape.word()), up: Int64(tape.below(100))))
        }
    }
}

@Test func aWrongClockIsSeenAndDecidesNothing() {
    var time = bracket(0)
    time.hear(votes([(20, year), (21, year)]), nonce: 5, quorum: 2, at: moment(0))
    #expect(time.judge(moment(year + 30_000)) == .plausible)
    #expect(time.judge(moment(0)) == .behind(.days(365)))
    #expect(time.judge(moment(year + 61_000)) == .ahead(.seconds(1)))
    #expect(time.hasPassed(WallTime(milliseconds: year - 1), at: moment(0)) == true)
    #expect(time.hasPassed(WallTime(milliseconds: 2 * year), at: moment(3 * year)) == false)
    #expect(time.hasPassed(WallTime(milliseconds: year + 5), at: moment(0)) == nil)
    #expect(time.hasPassed(WallTime(milliseconds: year + 5), at: moment(year + 6)) == true)
    // The ceiling follows a clock that nobody sets.
    #expect(time.hasPassed(WallTime(milliseconds: 2 * year), at: moment(0, up: 2 * 365 * 86_400)) == nil)
}

/// A site of four nodes that renew; 24 is another site's.
private func site(rule: SiteRule? = nil) -> (court: Court, judgement: Judgement) {
    var court = Court(operators: 1, threshold: 1)
    let office = court.feed(of: 0)
    for node in 20...24 {
        let terms = Grant.Terms(site: node == 24 ? "back" : "front", can: [.renew], scope: .everything)
        court.write(.grant(Grant(.node(court.node(node)), terms)), in: office)
    }
    if let rule { court.update([.setSite(rule)], by: [0]) }
    return (court, court.judgement)
}

private func standing(
    _ site: (court: Court, judgement: Judgement), by signers: [Int], of node: Int = 20, hours: UInt16 = 24,
    issued: Int64 = year, time: TimeBracket, knownFor: Interval = .hours(1), at now: Now
) -> Lease.Standing {
    let terms = LeaseTerms(
        node: site.court.key(node), serial: 1, revocations: site.court.mesh, issued: WallTime(milliseconds: issued),
        hours: hours)
    let lease = Court.verified(.lease(terms), signers, site.court.mesh, true)
    return Lease.standing(
        lease, of: site.court.key(20), under: site.judgement, time: time, knownFor: knownFor, at: now)
}

@Test func aLeaseTakesMoreThanHalfOfTheOthersOfItsSite() {
    let front = site()
    let time = bracket(year)
    let now = moment(year + 1)
    #expect(standing(front, by: [21, 22, 23], time: time, at: now) == .fresh)
    #expect(standing(front, by: [21, 22], time: time, at: now) == .renewOnly(.tooFewSigners(2, of: 3)))
    // Itself, another site and strangers add nothing.
    #expect(standing(front, by: [20, 21, 22, 24, 70], time: time, at: now) == .renewOnly(.tooFewSigners(2, of: 3)))
    #expect(standing(front, by: [20, 22, 23], of: 21, time: time, at: now) == .renewOnly(.otherNode))
    #expect(standing(front, by: [21, 22, 23], hours: 25, time: time, at: now) == .renewOnly(.tooLong))
}

@Test func aRevokedNodeSignsNoLease() {
    var (court, _) = site()
    let office = court.feed(of: 0, epoch: 2)
    court.write(.revoke(Revocation(.key(court.key(23)), reason: .stolen, cuts: [])), in: office)
    let judgement = court.judgement
    #expect(judgement.renewers(at: "front") == [20, 21, 22].map(court.key).sorted())
    let now = moment(year + 1)
    #expect(standing((court, judgement), by: [21, 22], time: bracket(year), at: now) == .fresh)
    #expect(
        standing((court, judgement), by: [21, 23], time: bracket(year), at: now) == .renewOnly(.tooFewSigners(1, of: 2))
    )
}

@Test func smallSitesSayTheirOwnRule() {
    let small = site(rule: SiteRule(site: "front", quorum: 1, leaseHours: 90 * 24, acrossSites: true))
    let now = moment(year + 1)
    #expect(standing(small, by: [24], hours: 90 * 24, time: bracket(year), at: now) == .fresh)
}

@Test func aStaleLeaseOrAWrongClockLeavesTheWayToRenew() {
    let front = site()
    let end = year + 24 * 3_600_000
    let late = bracket(end + 1)
    #expect(standing(front, by: [21, 22, 23], time: late, at: moment(end + 2)) == .renewOnly(.expired))
    // Clocks twenty years off, either way: the lease holds as long as this node has known it for less than its time.
    for wall in [-20 * year, 0] {
        let now = moment(wall)
        #expect(standing(front, by: [21, 22, 23], time: bracket(year), at: now) == .fresh)
        let outlived = standing(front, by: [21, 22, 23], time: bracket(year), knownFor: .hours(25), at: now)
        #expect(outlived == .renewOnly(.outlived))
    }
    #expect(
        Lease.standing(
            nil, of: front.court.key(20), under: front.judgement, time: late, knownFor: .zero, at: now)
            == .renewOnly(.none))
}

/// Dark for 400 days, its clock anywhere within twenty years: whatever its lease says, the node renews and is whole.
@Test func whoeverWasDarkForAYearComesBackWithoutAnOperator() throws {
    let front = site()
    try Property.check("everybody comes back", cases: 60) { tape in
        let truth = year + 400 * 86_400_000
        let wall = truth + Int64(tape.range(-20 * 365...20 * 365)) * 86_400_000
        let now = moment(wall, up: Int64(tape.below(400 * 86_400)))
        var time = bracket(year)
        let before = standing(front, by: [21, 22, 23], time: time, knownFor: .days(400), at: now)
        try require(before == .renewOnly(.expired) || before == .renewOnly(.outlived), "still \(before)")
        time.hear(votes([(21, truth), (22, truth), (23, wall)]), nonce: 5, quorum: 2, at: now)
        let after = standing(
            front, by: [21, 22, 23], issued: time.floor.milliseconds, time: time, knownFor: .zero, at: now)
        try require(after == .fresh, "not back: \(after)")
    }
}
