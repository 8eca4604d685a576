import Base
import Choices
import Testing

/// Everything a generator may ask, asked once.
private func askEverything(_ tape: inout Tape) -> String {
    let list = tape.list(atMost: 5) { tape in tape.range(-3...3) }
    let picked = tape.pick(["a", "b", "c"])
    return """
        \(tape.below(10)) \(tape.range(5...9)) \(tape.bool()) \(tape.byte()) \(tape.word()) \(list) \(picked)
        \(tape.weighted([0, 2, 5])) \(tape.bytes(count: 2)) \(tape.bytes(atMost: 4)) \(tape.strikes(perMillion: 1))
        """
}

@Test func aSeedMakesTheSameCaseEveryTime() {
    var one = Tape(seed: 7)
    var other = Tape(seed: 7)
    #expect(askEverything(&one) == askEverything(&other))
    #expect(one.choices == other.choices)
}

@Test func aRecordedTapeMakesTheCaseAgain() {
    for seed in UInt64(0)..<64 {
        var first = Tape(seed: seed)
        let made = askEverything(&first)
        var again = Tape(replaying: first.choices)
        #expect(askEverything(&again) == made)
        #expect(again.choices == first.choices)
        var trimmed = Tape(replaying: first.trimmed)
        #expect(askEverything(&trimmed) == made)
    }
}

@Test func anEmptyTapeMakesTheSimplestCase() {
    for var tape in [Tape(replaying: []), Tape(fuzz: [])] {
        let simplest = "0 5 false 0 0 [] a\n1 [0, 0] [] false"
        #expect(askEverything(&tape) == simplest)
        #expect(tape.trimmed.isEmpty)
    }
}

@Test func aFuzzerSpendsOneByteOnASmallChoice() {
    var tape = Tape(fuzz: [3, 0x34, 0x12, 1])
    #expect(tape.below(10) == 3)
    #expect(tape.below(0x1_0000) == 0x1234)
    #expect(tape.bool() == true)
    #expect(tape.below(256) == 0, "the bytes are used up")
    var wide = Tape(fuzz: [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(wide.choice(upTo: .max) == 0x0807_0605_0403_0201)
    #expect(wide.byte() == 9)
    var nothing = Tape(fuzz: [9])
    #expect(nothing.below(1) == 0)
    #expect(nothing.byte() == 9, "a choice among one takes no byte")
}

@Test func everyChoiceStaysInItsRangeWhateverTheTapeSays() throws {
    try Property.check("ranges") { tape in
        let lie = (0..<8).map { _ in tape.choice(upTo: .max) }
        var replayed = Tape(replaying: lie)
        let bound = 1 + tape.below(1_000)
        try require((0..<bound).contains(replayed.below(bound)), "below \(bound)")
        try require((-5...7).contains(replayed.range(-5...7)), "range")
        try require((Int.min...Int.max).contains(replayed.range(.min...(.max))), "the widest range")
        try require([1, 3].contains(replayed.weighted([0, 1, 0, 1])), "a weight of zero is never chosen")
        try require(replayed.list(atMost: 3) { tape in tape.bool() }.count <= 3, "list")
    }
}

@Test func aTapeThatIsFullAnswersZero() {
    var tape = Tape(seed: 1)
    for _ in 0..<Limits.tapeChoices { _ = tape.choice(upTo: .max) }
    #expect(tape.choices.last != 0)
    #expect(tape.choice(upTo: .max) == 0)
}

@Test func weightsAndListsFollowTheirOdds() {
    var tape = Tape(seed: 3)
    var counts = [0, 0, 0]
    for _ in 0..<3_000 { counts[tape.weighted([1, 0, 2])] += 1 }
    #expect(counts[1] == 0)
    #expect((800...1_200).contains(counts[0]))
    let lengths = (0..<400).map { seed in
        var tape = Tape(seed: UInt64(seed))
        return tape.list(atMost: 40) { tape in tape.bool() }.count
    }
    #expect(lengths.contains(0) && lengths.contains(40))
}
