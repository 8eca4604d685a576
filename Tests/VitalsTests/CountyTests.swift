import Base
import Testing

@testable import Vitals

@Test(arguments: [(0, 100), (45, 600)])
func whatOneSaysAllKnowAtOnce(loss: Int, most: Int64) {
    var longest: Int64 = 0
    for seed in UInt64(1)...3 {
        var county = County(50, seed: seed)
        county.loss = loss
        for word in ["one", "two", "three", "four", "five"] {
            county.run(until: county.now + 60_000)
            let said = county.now
            county.set(7, "mood", word)
            #expect(county.run(until: said + 60_000) { $0.know(7, ["mood=\(word)"]) }, "\(word), seed \(seed)")
            longest = max(longest, county.now - said)
        }
    }
    print("fifty nodes at \(loss) %: known to all after \(longest) ms at the latest")
    #expect(longest <= most)
}

@Test func whoAlwaysHasSomethingToSayKeepsWithinTheBudget() {
    var county = County(24)
    county.loss = 20
    for turn in 0..<30 {
        county.run(until: Int64(turn) * 2_000)
        for number in 1...24 { county.set(number, "load", "\(turn)") }
    }
    let most = county.bytesSent.values.max() ?? 0
    print("twenty-four nodes that change every two seconds: \(most / 60) bytes a second at most")
    #expect(most <= VitalsRules.bytesPerSecond * 60 + VitalsRules.burstBytes + 1_200)
    // What all say at last reaches all, though each has its turn only now and then.
    let isKnown = county.run(until: county.now + 200_000) { county in
        (1...24).allSatisfy { county.know($0, ["load=29"]) }
    }
    print("and what they said last all know \(county.now / 1_000 - 58) s later")
    #expect(isKnown)
}

@Test func whoIsGoneIsKnownUntilWhatItSaidEnds() {
    var county = County(12)
    county.set(3, "mood", "good")
    county.run(until: 10_000)
    county.nodes[3] = nil
    county.run(until: 500_000)
    #expect(county.know(3, ["mood=good"]))
    #expect(county.nodes[1]?.engine.rows(at: moment(500_000).instant).first?.age ?? 0 >= 499)
    county.run(until: 700_000)
    #expect(county.know(3, []))
    // Nobody brings it back, and nobody talks on about nothing.
    let before = county.bytesSent
    county.run(until: 3_000_000)
    #expect(county.know(3, []) && county.bytesSent == before)
}

@Test func whoLivesSaysItAgainBeforeItEnds() {
    var county = County(12)
    county.set(3, "mood", "good")
    county.run(until: 3_000_000)
    #expect(county.know(3, ["mood=good"]))
    #expect(county.nodes[1]?.engine.rows(at: moment(3_000_000).instant).first?.age ?? 0 <= 210)
}

@Test func whatIsTakenOffIsGoneEverywhere() {
    var county = County(12)
    county.set(3, "mood", "good")
    county.set(3, "disk", "82 %")
    county.run(until: 5_000)
    #expect(county.know(3, ["disk=82 %", "mood=good"]))
    county.set(3, "mood", nil)
    county.run(until: 10_000)
    #expect(county.know(3, ["disk=82 %"]))
}

@Test(arguments: [UInt64(2), 1])
func aStartForgetsWhatWasSaidBefore(boot: UInt64) {
    var county = County(12)
    for word in ["good", "bad", "good"] {
        county.set(3, "mood", word)
        county.run(until: county.now + 5_000)
    }
    county.start(3, boot: boot)
    // It knows nothing of itself, or hears from others what it said, and takes that back.
    county.set(3, "disk", "5 %")
    county.run(until: county.now + 60_000)
    #expect(county.know(3, ["disk=5 %"]))
}

@Test func whoStartsAnewAndSaysNothingTakesBackWhatItSaid() {
    var county = County(12)
    county.set(3, "mood", "good")
    county.run(until: 100_000)
    county.start(3, boot: 2)
    #expect(county.run(until: 110_000) { $0.know(3, []) })
}

@Test func whoStartsAnewHearsSoonWhatTheOthersSay() {
    var county = County(12)
    county.loss = 45
    county.set(3, "mood", "good")
    county.run(until: 200_000)
    for number in [5, 7, 9] { county.start(number, boot: 2) }
    #expect(county.run(until: 215_000) { $0.know(3, ["mood=good"]) })
}

@Test func halvesThatWereApartAgreeAgain() {
    var county = County(40)
    let whole = county.nodes
    county.nodes = whole.filter { $0.key <= 20 }
    for number in 1...20 { county.set(number, "side", "one") }
    county.run(until: 60_000)
    let one = county.nodes
    county.nodes = whole.filter { $0.key > 20 }
    for number in 21...40 { county.set(number, "side", "other") }
    county.run(until: 120_000)
    county.nodes.merge(one) { $1 }
    let isKnown = county.run(until: 300_000) { county in
        (1...40).allSatisfy { county.know($0, [$0 <= 20 ? "side=one" : "side=other"]) }
    }
    print("two halves of twenty agree after \(county.now - 120_000) ms")
    #expect(isKnown)
}

@Test func aNewcomerHearsOfThousands() {
    var county = County(2)
    let crowd = (10..<2_010).map { told($0, 1, lifetime: 20_000) }
    county.nodes[1] = Subject(1, members: 2_010, contacts: [2])
    county.nodes[2] = Subject(2, members: 2_010, contacts: [1])
    for start in stride(from: 0, to: crowd.count, by: 4) {
        county.nodes[1]?.hear(.sheets(Array(crowd[start..<start + 4])), from: 2, at: 0)
        _ = county.nodes[1]?.takeSent()
    }
    #expect(county.nodes[1]?.engine.sheets.count == 2_000)
    county.set(2, "mood", "new")
    let isKnown = county.run(until: 2_000_000) { $0.nodes[2]?.engine.sheets.count == 2_001 }
    print("two thousand sheets are known after \(county.now / 1_000) s")
    #expect(isKnown)
}
