import Testing

@testable import Choices

/// A write to a last-writer-wins register, as small as it can be told.
private struct Write: Equatable {
    var key: Int
    var time: Int
    var author: Int
    var value: Int
}

/// Merges `write` into `state`. The planted bug of the fold: at equal times whoever came first stays.
private func merge(_ write: Write, into state: inout [Int: Write], breakingTies: Bool) {
    guard let present = state[write.key] else {
        state[write.key] = write
        return
    }
    let newer = write.time > present.time
    let tied = breakingTies && write.time == present.time && write.author > present.author
    if newer || tied { state[write.key] = write }
}

private func orderDoesNotMatter(_ tape: inout Tape, breakingTies: Bool) throws {
    var author = 0
    let writes = tape.list(atMost: 30) { tape in
        author += 1
        return Write(key: tape.below(8), time: tape.below(100), author: author, value: tape.below(1_000))
    }
    var forward: [Int: Write] = [:]
    var backward: [Int: Write] = [:]
    for write in writes { merge(write, into: &forward, breakingTies: breakingTies) }
    for write in writes.reversed() { merge(write, into: &backward, breakingTies: breakingTies) }
    try require(forward == backward, "\(writes.count) writes merge to two states")
}

@Test func thePlantedTieBugShrinksToTwoWrites() throws {
    let found = #expect(throws: CounterExample.self) {
        try Property.check("merge order", cases: 500) { tape in
            try orderDoesNotMatter(&tape, breakingTies: false)
        }
    }
    let example = try #require(found)
    #expect(example.reason == "2 writes merge to two states")
    // How long lists are: 0. Then twice: an element is there (1), key 0, time 0, value 0; zeros at the end are trimmed.
    #expect(example.choices == [0, 1, 0, 0, 0, 1])
    #expect(example.runs < 1_000)
    #expect(throws: CounterExample.self) {
        try Property.replay("merge order", example.choices) { tape in
            try orderDoesNotMatter(&tape, breakingTies: false)
        }
    }
}

@Test func aSoundMergePassesEveryCase() throws {
    try Property.check("merge order", cases: 2_000) { tape in
        try orderDoesNotMatter(&tape, breakingTies: true)
    }
}

@Test func aSingleNumberShrinksToTheEdge() throws {
    let found = #expect(throws: CounterExample.self) {
        try Property.check("small") { tape in
            let number = tape.below(1_000_000)
            try require(number < 4_242, "\(number)")
        }
    }
    #expect(try #require(found).choices == [4_242])
}

@Test func aCountShrinksTogetherWithWhatItCounts() throws {
    let found = #expect(throws: CounterExample.self) {
        try Property.check("sum") { tape in
            let count = tape.below(20)
            let numbers = (0..<count).map { _ in tape.below(100) }
            try require(!numbers.contains { $0 >= 50 }, "\(numbers)")
        }
    }
    #expect(try #require(found).choices == [1, 50])
}

@Test func equalNumbersFallTogether() throws {
    let found = #expect(throws: CounterExample.self) {
        try Property.check("different", cases: 5_000) { tape in
            let (one, other) = (tape.below(50), tape.below(50))
            try require(one != other || one < 7, "both are \(one)")
        }
    }
    #expect(try #require(found).choices == [7, 7])
}

@Test func shrinkingStopsAtItsBound() throws {
    var runs = 0
    let found = #expect(throws: CounterExample.self) {
        try Property.check("endless", cases: 1, attempts: 10) { tape in
            runs += 1
            let bytes = tape.bytes(count: 5_000)
            try require(bytes.count { $0 > 0 } < 4_000, "most bytes are not zero")
        }
    }
    // One run finds, ten shrink, one tells the reason.
    #expect(runs == 12)
    #expect(try #require(found).runs == 10)
}

@Test func aCounterExampleSaysHowToSeeItAgain() {
    let example = CounterExample(name: "merge", seed: 4, choices: [1, 2], reason: "differs", found: 95, runs: 523)
    #expect(
        example.description == """
            property "merge" does not hold: differs
              found by seed 4, shrunk from 95 to 2 choices in 523 runs
              again with  try Property.replay("merge", [1, 2]) { tape in … }
            """)
}

@Test func aPropertyThatLooksBesideItsTapeIsCalledOut() throws {
    var runs = 0
    let found = #expect(throws: CounterExample.self) {
        try Property.check("moody", cases: 1) { tape in
            runs += 1
            _ = tape.below(10)
            if runs == 1 { throw Refutation("once") }
        }
    }
    #expect(try #require(found).reason.contains("something besides its tape"))
}
