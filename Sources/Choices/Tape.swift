internal import Base

/// The choices that made one test case, as a list of numbers. A generator asks the tape (`below`, `pick`, `list`…) and
/// the tape writes each answer down, so every case can be had again from its numbers alone. This one idea serves three
/// engines: a property draws the answers from a seed, a fuzzer hands in its bytes as the answers, and a shrinker edits
/// the list and asks the same generator again. Generators need no shrinker of their own, and what they make is lawful
/// at every step of shrinking because they made it.
///
/// Zero is the simplest answer everywhere: the lower bound, `false`, the first element, the end of a list. A tape that
/// has run out answers zero for ever, so every prefix of a tape is a tape and every generator ends.
package struct Tape: Sendable {
    /// Where answers come from while the tape is played.
    private enum Source: Sendable {
        case seed(Random)
        case recorded([UInt64])
        case fuzz([UInt8])
    }

    /// What was answered so far, each reduced to the range that was asked for.
    package private(set) var choices: [UInt64] = []
    private var source: Source
    /// How many numbers or bytes of the source are used up.
    private var position = 0

    /// Answers drawn by chance.
    package init(seed: UInt64) { source = .seed(Random(seed: seed)) }

    /// The answers of an earlier run.
    package init(replaying choices: [UInt64]) { source = .recorded(choices) }

    /// Answers spelt by a fuzzer: each takes as few bytes as its range needs, so one mutated byte changes one choice.
    package init(fuzz bytes: [UInt8]) { source = .fuzz(bytes) }

    /// The choices without the zeros at the end, which are what an empty tape answers anyway.
    package var trimmed: [UInt64] {
        let end = choices.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        return Array(choices[..<end])
    }

    /// A number in `0...largest`: the one question under all others.
    package mutating func choice(upTo largest: UInt64) -> UInt64 {
        let answer = choices.count < Limits.tapeChoices ? next(upTo: largest) : 0
        choices.append(answer)
        return answer
    }

    private mutating func next(upTo largest: UInt64) -> UInt64 {
        switch source {
        case .seed(var random):
            let word = random.next()
            source = .seed(random)
            // The bias of a plain remainder is below one in 2^32 for the ranges that tests draw from.
            return largest == .max ? word : word % (largest + 1)
        case .recorded(let recorded):
            guard position < recorded.count else { return 0 }
            defer { position += 1 }
            let word = recorded[position]
            // A shrinker may move a number to a question of a smaller range.
            return word <= largest ? word : word % (largest + 1)
        case .fuzz(let bytes):
            var word: UInt64 = 0
            for index in 0..<UInt64((71 - largest.leadingZeroBitCount) / 8) where position < bytes.count {
                word |= UInt64(bytes[position]) << (8 * index)
                position += 1
            }
            return word <= largest ? word : word % (largest + 1)
        }
    }
}

/// The questions that generators ask.
extension Tape {
    /// A number in `0..<bound`.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a choice among nothing: the generator must have checked for emptiness")
        return Int(choice(upTo: UInt64(bound - 1)))
    }

    /// A number in `range`; the simplest is its lower bound.
    package mutating func range(_ range: ClosedRange<Int>) -> Int {
        let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
        return range.lowerBound &+ Int(truncatingIfNeeded: choice(upTo: width))
    }

    /// Any 64 bits. Half of them are small, because that is where programs go wrong.
    package mutating func word() -> UInt64 {
        bool() ? choice(upTo: .max) : choice(upTo: 255)
    }

    package mutating func bool() -> Bool { choice(upTo: 1) == 1 }

    package mutating func byte() -> UInt8 { UInt8(choice(upTo: 255)) }

    /// True about `perMillion` times in a million; the simplest is false.
    package mutating func strikes(perMillion: Int) -> Bool {
        let answer = Int(choice(upTo: 999_999))
        return answer >= 1_000_000 - perMillion
    }

    /// One of `elements`; the simplest is the first.
    package mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element {
        elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
    }

    /// An index into `weights`, each as likely as its weight; the simplest is the first that has one.
    package mutating func weighted(_ weights: [Int]) -> Int {
        var rest = below(weights.reduce(0, +))
        for (index, weight) in weights.enumerated() {
            if rest < weight { return index }
            rest -= weight
        }
        preconditionFailure("unreachable: the choice was below the sum of all weights")
    }

    /// `count` bytes.
    package mutating func bytes(count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count { bytes.append(byte()) }
        return bytes
    }

    /// At most `limit` bytes.
    package mutating func bytes(atMost limit: Int) -> [UInt8] {
        list(atMost: limit) { tape in tape.byte() }
    }

    /// At most `limit` elements. Each is announced by a choice of its own, so that cutting an announcement and its
    /// element out of the tape cuts the element out of the list and leaves the others as they were. How long lists are
    /// is a choice too: most are short, some fill up.
    package mutating func list<Element>(
        atMost limit: Int, _ element: (inout Tape) throws -> Element
    ) rethrows -> [Element] {
        var elements: [Element] = []
        guard limit > 0 else { return elements }
        // One announcement in this many ends the list.
        let persistence = UInt64([4, 4, 16, 64][below(4)])
        while elements.count < limit, choice(upTo: persistence - 1) != 0 {
            elements.append(try element(&self))
        }
        return elements
    }
}
