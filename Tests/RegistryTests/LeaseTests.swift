import Base
import Testing
import Trust

@testable import Registry

private func standings(_ parish: Parish) -> [Lease.Standing] {
    parish.engines.indices.map { node in
        parish.engines[node].leaseStanding(
            at: Now(instant: parish.now.instant, wall: parish.now.wall + parish.clockErrors[node]))
    }
}

@Test func nodesLeaseEachOtherWithoutAnOperatorWhateverTheirClocksSay() throws {
    var parish = Parish(7)
    parish.clockErrors = [0, 20, -20, 0, 0, 0, 0].map { .hours($0 * 8_766) }
    for node in 1..<7 { parish.connect(node, 0) }
    #expect(standings(parish).allSatisfy { $0 == .renewOnly(.none) })
    // Nobody's policy asks for leases, so they are asked for at leisure.
    parish.run(milliseconds: 16 * 60_000)
    #expect(standings(parish).allSatisfy { $0 == .fresh }, "\(standings(parish))")
    let engine = parish.engines[1]
    let lease = try #require(engine.lease)
    #expect(lease.record.seals.count == 4, "more than half of six others and itself")
    #expect(try RegistryEngine(decoding: engine.encoded.raw).encoded == engine.encoded)
    // It is stored, and what it is worth is asked anew.
    parish.restart(1, charter: parish.charter.records)
    #expect(parish.engines[1].lease?.record == lease.record)
}

/// Where most clocks are wrong, brackets go astray and leases end by them; but everybody gets one.
@Test func evenWhereMostClocksAreWrongEverybodyIsLeased() {
    var parish = Parish(7)
    parish.clockErrors = [0, 20, -20, 3, -11, 0, 7].map { .hours($0 * 8_766) }
    for node in 1..<7 { parish.connect(node, 0) }
    parish.run(milliseconds: 16 * 60_000)
    #expect(parish.engines.allSatisfy { $0.lease != nil })
}

@Test func aLeaseIsSignedForItsNodeAloneAndForTheHoursOfItsSite() throws {
    var parish = Parish(4)
    for node in 1..<4 { parish.connect(node, 0) }
    parish.run(milliseconds: 30_000)
    func signs(_ node: Int, hours: UInt16 = 24, issued: WallTime? = nil, from peer: Int) -> Bool {
        let terms = LeaseTerms(
            node: Parish.key(node), serial: 1, revocations: Digest(.zero), issued: issued ?? parish.now.wall,
            hours: hours)
        var engine = parish.engines[0]
        var outbox = Outbox<RegistryEngine.Effect>()
        engine.receive(.askLease(terms), from: Parish.id(peer), at: parish.now, into: &outbox)
        return outbox.effects.contains { if case .signLease = $0 { true } else { false } }
    }
    #expect(signs(1, from: 1))
    #expect(!signs(1, from: 2), "a lease for another")
    #expect(!signs(50, from: 50), "a stranger")
    #expect(!signs(1, hours: 25, from: 1), "longer than the rule says")
    for date in [0, Int64.max] {
        #expect(signs(1, issued: WallTime(milliseconds: date), from: 1), "whatever its clock says")
    }
    parish.revoke(1, at: 0)
    #expect(!signs(1, from: 1), "who was thrown out")
}
