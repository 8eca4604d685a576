import Base
import Glibc
import Testing
import Trust

@testable import Registry

/// How many partitions are tried: `REGISTRY_PARTITIONS` says, and a few seconds' worth otherwise.
private let partitions = getenv("REGISTRY_PARTITIONS").flatMap { Int(String(cString: $0)) } ?? 30

/// Found by longer runs. 4,851: what ends the revoker's feed came to nobody in half a minute, since each time one of
/// the four messages that make up for a difference was lost, and the next try was seconds away.
private let foundBefore: [UInt64] = [4_851]

/// A member is thrown out on one side of a split, while it goes on letting newcomers in wherever it is still believed.
/// When the sides meet, what it did before the cut stands everywhere, and what it did after it nowhere.
@Test func whatARevokedMemberDoesAfterwardsCountsNowhere() {
    var (actsAfterwards, cutsWithoutThePast) = (0, 0)
    for seed in foundBefore + (1...UInt64(partitions)) {
        var random = Random(seed: seed)
        var parish = Parish(5, newcomers: 2, seed: seed)
        parish.loss = random.below(3) * 15
        for node in 1..<5 { parish.connect(node, 0) }
        let victim = 1 + random.below(4)
        let others = (0..<5).filter { $0 != victim }
        let revoker = others[random.below(others.count)]
        parish.connect(5, victim)
        parish.receive(.redeem(parish.redemption(parish.invite(uses: 9), by: 5)), at: victim, from: 5)
        parish.run(milliseconds: Int64(random.below(400)))
        for node in 0..<7 { parish.side[node] = random.below(2) }
        parish.run(milliseconds: Int64(random.below(1_000)))

        parish.revoke(victim, at: revoker)
        let isPastKnown = parish.engines[revoker].isMember(Parish.id(5))
        parish.run(milliseconds: Int64(random.below(1_000)))
        parish.side[6] = parish.side[victim]
        parish.connect(6, victim)
        parish.receive(.redeem(parish.redemption(parish.invite(uses: 9), by: 6)), at: victim, from: 6)
        if parish.engines[victim].isMember(Parish.id(6)) { actsAfterwards += 1 }
        if !isPastKnown { cutsWithoutThePast += 1 }
        parish.run(milliseconds: Int64(random.below(1_000)))

        parish.side = [Int](repeating: 0, count: 7)
        parish.run(milliseconds: 30_000) { parish in
            let law = parish.engines[revoker].book.ids
            return others.allSatisfy {
                parish.engines[$0].book.ids == law && parish.engines[$0].judgedRecords == law.count
            }
        }
        for node in others {
            let engine = parish.engines[node]
            #expect(engine.book.ids == parish.engines[revoker].book.ids, "seed \(seed), node \(node)")
            #expect(!engine.isMember(Parish.id(victim)), "seed \(seed), node \(node)")
            #expect(!engine.isMember(Parish.id(6)), "seed \(seed), node \(node)")
            #expect(engine.isMember(Parish.id(5)) == isPastKnown, "seed \(seed), node \(node)")
        }
    }
    #expect(actsAfterwards * 4 > partitions, "the revoked acted afterwards in \(actsAfterwards) of \(partitions)")
    #expect(cutsWithoutThePast > 0, "some revoker did not know all that was done before")
}
