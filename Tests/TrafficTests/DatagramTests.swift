import Base
import Testing
import Traffic

@Test func datagramsShareAPacketInTheOrderOfTheirPriority() throws {
    let ends = Ends()
    try ends.say([1, 2], .bulk)
    try ends.say([3], .change)
    try ends.say([4, 5, 6], .pulse)
    #expect(try ends.sendHere())
    #expect(try !ends.sendHere())
    #expect(ends.datagrams.map(\.0) == [.pulse, .change, .bulk])
    #expect(ends.datagrams.map(\.1) == [[4, 5, 6], [3], [1, 2]])
}

@Test func anUrgentDatagramIsCopiedAndHandedUpOnce() throws {
    let ends = Ends()
    try ends.say([7], .urgent)
    var packets = 0
    while try ends.sendHere() { packets += 1 }
    #expect(packets == 3)
    #expect(ends.datagrams.map(\.1) == [[7]])
}

@Test func anUrgentDatagramComesThroughWhenAllButItsLastCopyAreLost() throws {
    let ends = Ends()
    try ends.say([7], .urgent)
    #expect(try ends.sendHere(false))
    #expect(try ends.sendHere(false))
    #expect(try ends.sendHere(true))
    #expect(ends.datagrams.map(\.1) == [[7]])
}

@Test func aDatagramAtTheLimitGoesAndOneAboveIsRefused() throws {
    let ends = Ends()
    try ends.say([UInt8](repeating: 1, count: Limits.lineDatagramBytes), .fact)
    #expect(try ends.sendHere())
    #expect(ends.datagrams.map(\.1.count) == [Limits.lineDatagramBytes])
    #expect(throws: LineRefusal.datagramTooLong) {
        try ends.say([UInt8](repeating: 1, count: Limits.lineDatagramBytes + 1), .fact)
    }
}

@Test func aFullQueueForgetsItsOldest() throws {
    let ends = Ends()
    for number in 0..<Limits.lineQueueCount { try ends.say([UInt8(truncatingIfNeeded: number)], .pulse) }
    #expect(ends.evidence.counts.datagramsDropped == 0)
    try ends.say([99], .pulse)
    while try ends.sendHere() {}
    #expect(ends.datagrams.count == Limits.lineQueueCount)
    #expect(ends.datagrams.first?.1 == [1])
    #expect(ends.evidence.counts.datagramsDropped == 1)
    #expect(ends.heardHere.contains(.note(.dropped(.pulse))))
}

@Test func theBytesOfAQueueAreBounded() throws {
    let ends = Ends()
    let large = [UInt8](repeating: 1, count: 1_024)
    for _ in 0..<Limits.lineQueueBytes / large.count { try ends.say(large, .bulk) }
    #expect(ends.evidence.counts.datagramsDropped == 0)
    try ends.say(large, .bulk)
    #expect(ends.evidence.counts.datagramsDropped == 1)
}

@Test func aPriorityBelowKeepsItsShareWhenTheOneAboveFloods() throws {
    var settings = LineSettings()
    settings.datagramRate = 1 << 30
    settings.datagramBurst = 1 << 30
    let ends = Ends(settings)
    for _ in 0..<60 {
        try ends.say([UInt8](repeating: 1, count: 1_000), .change)
        try ends.say([UInt8](repeating: 2, count: 1_000), .fact)
    }
    for _ in 0..<50 { #expect(try ends.sendHere()) }
    let facts = ends.datagrams.count { $0.0 == .fact }
    #expect((8...12).contains(facts), "\(facts) of \(ends.datagrams.count)")
}

@Test func theBucketHoldsBackAllButUrgentAndPulse() throws {
    var settings = LineSettings()
    settings.datagramRate = 1_000
    settings.datagramBurst = 1_000
    let ends = Ends(settings)
    for _ in 0..<5 { try ends.say([UInt8](repeating: 1, count: 800), .fact) }
    while try ends.sendHere() {}
    #expect(ends.datagrams.count == 2)
    let opening = try #require(ends.deadline)
    #expect(opening - ends.now > .milliseconds(500))
    try ends.say([1], .pulse)
    #expect(try ends.sendHere())
    ends.now = opening
    #expect(try ends.sendHere())
    #expect(ends.datagrams.count == 4)
}

@Test func aSilentLineHasNoDeadline() throws {
    let ends = Ends()
    #expect(ends.deadline == nil)
    #expect(try !ends.sendHere())
    try ends.say([1], .bulk)
    #expect(ends.deadline == ends.now)
    #expect(try ends.sendHere())
    #expect(ends.deadline == nil)
    #expect(ends.deadlineThere == nil)
}

@Test func aLineIsKeptAwakeOnlyWhereASettingAsks() throws {
    var settings = LineSettings()
    settings.keepAlive = .seconds(20)
    let ends = Ends(settings)
    #expect(ends.deadline == ends.now + .seconds(20))
    #expect(try !ends.sendHere())
    ends.now = ends.now + .seconds(20)
    #expect(try ends.sendHere())
    #expect(ends.deadline == ends.now + .seconds(20))
}

@Test func packetsHaveOneOfAFewLengths() throws {
    let ends = Ends()
    for count in [1, 60, 61, 70, 700, 1_100] {
        try ends.say([UInt8](repeating: 1, count: count), .pulse)
        #expect(try ends.sendHere())
        #expect(ends.writer.count % 32 == 0 || ends.writer.count == Limits.datagramBytes - 32)
        #expect(ends.writer.count - count < 38)
    }
}

@Test func beatsAreHardlyLongerForTheFeedbackBesideThemHoweverMuchIsLost() throws {
    for loss in [0, 45] {
        let ends = Ends()
        var random = Random(seed: 5)
        for _ in 0..<400 {
            ends.now = ends.now + .seconds(1)
            try ends.say([UInt8](repeating: 1, count: 24), .pulse)
            try ends.there.say([UInt8](repeating: 2, count: 24).raw, .pulse, at: ends.now)
            #expect(try ends.sendHere(random.below(100) >= loss))
            #expect(ends.writer.count <= 64, "\(ends.writer.count)")
            #expect(try !ends.sendHere())
            #expect(try ends.sendThere(random.below(100) >= loss))
        }
        #expect((40...51).contains(ends.evidence.counts.feedbacksSent), "\(ends.evidence.counts.feedbacksSent)")
        let known = Double(ends.evidence.recentLoss) / 10_000
        #expect(abs(known - Double(loss)) < 15, "\(known)")
    }
}
