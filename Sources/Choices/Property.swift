internal import Base

/// Checks a claim over many cases that a tape makes up. When a case refutes the claim, the tape is shrunk and the
/// smallest counter-example is thrown, with the line of code that plays it again:
///
///     @Test func whatIsWrittenIsRead() throws {
///         try Property.check("round trip") { tape in
///             let value = tape.word()
///             try require(decode(encode(value)) == value, "\(value) came back as something else")
///         }
///     }
///
/// Inside a property say `require`, not `#expect`: a test library would report every attempt of the shrinker.
package enum Property {
    /// Plays `cases` tapes from `seed` on. The same seed makes the same cases, on every machine.
    package static func check(
        _ name: String, cases: Int = 256, seed: UInt64 = 1, attempts: Int = 4_096,
        _ property: (inout Tape) throws -> Void
    ) throws(CounterExample) {
        for number in 0..<UInt64(cases) {
            // Neighbouring seeds give unrelated tapes: `Random` mixes its seed.
            let tape = Tape(seed: seed &+ number)
            guard case .failed(let found, _) = play(tape, property) else { continue }
            throw shrunk(found, name: name, seed: seed &+ number, attempts: attempts, property)
        }
    }

    /// Plays one tape: how a counter-example is run again and kept as a regression test.
    package static func replay(
        _ name: String, _ choices: [UInt64], _ property: (inout Tape) throws -> Void
    ) throws(CounterExample) {
        if case .failed(let used, let reason) = play(Tape(replaying: choices), property) {
            throw CounterExample(name: name, seed: nil, choices: used, reason: reason, found: used.count, runs: 1)
        }
    }

    private enum Run {
        case passed
        case failed(choices: [UInt64], reason: String)
    }

    private static func play(_ fresh: Tape, _ property: (inout Tape) throws -> Void) -> Run {
        var tape = fresh
        do {
            try property(&tape)
            return .passed
        } catch {
            return .failed(choices: tape.trimmed, reason: "\(error)")
        }
    }

    private static func shrunk(
        _ found: [UInt64], name: String, seed: UInt64, attempts: Int, _ property: (inout Tape) throws -> Void
    ) -> CounterExample {
        withoutActuallyEscaping(property) { property in
            var shrinker = TapeShrinker(found, attempts: attempts) { candidate in
                guard case .failed(let used, _) = play(Tape(replaying: candidate), property) else { return nil }
                return used
            }
            shrinker.shrink()
            var reason = "the shrunken tape passes: the property depends on something besides its tape"
            if case .failed(_, let last) = play(Tape(replaying: shrinker.best), property) { reason = last }
            return CounterExample(
                name: name, seed: seed, choices: shrinker.best, reason: reason, found: found.count,
                runs: attempts - shrinker.attemptsLeft)
        }
    }
}

/// The smallest case found that refutes a property.
package struct CounterExample: Error, Hashable, CustomStringConvertible {
    package var name: String
    /// The seed that found it; nil when it was replayed.
    package var seed: UInt64?
    package var choices: [UInt64]
    /// What the property said about the smallest case.
    package var reason: String
    /// How many choices the case had when it was found.
    package var found: Int
    /// How many runs shrinking took.
    package var runs: Int

    package var description: String {
        let origin = seed.map { "seed \($0)" } ?? "a replayed tape"
        return """
            property "\(name)" does not hold: \(reason)
              found by \(origin), shrunk from \(found) to \(choices.count) choices in \(runs) runs
              again with  try Property.replay("\(name)", \(choices)) { tape in … }
            """
    }
}

/// A claim that did not hold, in words.
package struct Refutation: Error, Hashable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// Refutes the property when `holds` is false. `claim` says what was seen instead.
package func require(_ holds: Bool, _ claim: @autoclosure () -> String) throws(Refutation) {
    if !holds { throw Refutation(claim()) }
}
