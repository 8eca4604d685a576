internal import Base

/// Why a `.scenario` file was refused: the line, counted from one, and what is wrong there.
package struct ScriptError: Error, Hashable, Sendable {
    package var line: Int
    package var what: String
}

/// Reads the language that `Script.text` writes. Strict: an unknown word, a pair said twice, a node that does not
/// exist, a fault after the end of the faults are errors, each with its line. Everything is bounded by `Limits`.
extension Script {
    package init(reading text: String) throws(ScriptError) {
        guard text.utf8.count <= Limits.scenarioBytes else {
            throw ScriptError(line: 1, what: "the file is larger than \(Limits.scenarioBytes) bytes")
        }
        var lines = Self.lines(of: text)[...]
        var first = try Self.next(&lines, "marram scenario \(Self.version)")
        try first.expect("marram")
        try first.expect("scenario")
        guard first.words.first == "\(Self.version)" else {
            throw first.error("this build reads version \(Self.version) of scenarios only")
        }
        var run = try Self.next(&lines, "run")
        try run.expect("run")
        let name = try run.word("the name of a scenario")
        self.init(
            scenario: String(name), seed: try run.seed(), nodes: try run.number("nodes", in: 1...Limits.members),
            safety: .zero, settle: .zero, near: .clear, far: .clear)
        sites = try run.number("sites", in: 1...nodes)
        safety = try run.interval("safety", in: .zero ... .days(366))
        settle = try run.interval("settle", in: .zero ... .days(366))
        try run.finish()
        var near = try Self.next(&lines, "near")
        try near.expect("near")
        self.near = try near.link()
        var far = try Self.next(&lines, "far")
        try far.expect("far")
        self.far = try far.link()
        for line in lines { try read(line) }
    }

    private static func lines(of text: String) -> [ScriptLine] {
        var lines: [ScriptLine] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            if !words.isEmpty { lines.append(ScriptLine(number: index + 1, words: words[...])) }
        }
        return lines
    }

    private static func next(_ lines: inout ArraySlice<ScriptLine>, _ wanted: String) throws(ScriptError) -> ScriptLine
    {
        guard let line = lines.popFirst() else { throw ScriptError(line: 1, what: "the line `\(wanted) …` is missing") }
        return line
    }

    /// A line after the head of the file: mischief, or an action.
    private mutating func read(_ whole: ScriptLine) throws(ScriptError) {
        var line = whole
        if line.words.first == "mischief" {
            line.words.removeFirst()
            guard mischief == .none, actions.isEmpty else {
                throw line.error("mischief is said once, before all actions")
            }
            var points: [Mischief.Point] = []
            while let word = line.words.popFirst() {
                guard let point = Mischief.Point.allCases.first(where: { "\($0)" == word }), !points.contains(point)
                else {
                    throw line.error("`\(word)` is no point of mischief, or said twice")
                }
                points.append(point)
            }
            mischief = Mischief(points)
            return
        }
        try line.expect("at")
        guard actions.count < Limits.scenarioActions else {
            throw line.error("a scenario has at most \(Limits.scenarioActions) actions")
        }
        let word = try line.word("a time")
        guard let at = Interval(word), at >= .zero, at <= length else {
            throw line.error("`\(word)` is no time within the run")
        }
        let deed = try line.deed(nodes: nodes)
        try line.finish()
        guard deed.kind == nil || at < safety else { throw line.error("a fault cannot begin after the safety phase") }
        if case .restore(_, let from, _) = deed, from > at { throw line.error("a backup cannot come from the future") }
        if let last = actions.last, last.at > at { throw line.error("actions stand in the order of their times") }
        actions.append(Action(at: at, deed))
    }
}

/// One line while it is read: the words that are left of it.
struct ScriptLine {
    let number: Int
    var words: ArraySlice<Substring>

    func error(_ what: String) -> ScriptError { ScriptError(line: number, what: what) }

    mutating func expect(_ word: String) throws(ScriptError) {
        guard words.first == word[...] else {
            throw error("`\(word)` was expected" + (words.first.map { ", not `\($0)`" } ?? ""))
        }
        words.removeFirst()
    }

    mutating func word(_ meaning: String) throws(ScriptError) -> Substring {
        guard let word = words.popFirst() else { throw error("\(meaning) is missing") }
        return word
    }

    /// Says that the line ends here.
    func finish() throws(ScriptError) {
        if let word = words.first { throw error("`\(word)` is one word too many, or not known here") }
    }

    /// The value of `key=value`, wherever it stands in the rest of the line; nil when it is not there.
    mutating func value(_ key: String) -> Substring? {
        let prefix = key + "="
        guard let index = words.firstIndex(where: { $0.hasPrefix(prefix) }) else { return nil }
        return words.remove(at: index).dropFirst(prefix.count)
    }

    mutating func number(_ key: String, in range: ClosedRange<Int>) throws(ScriptError) -> Int {
        guard let value = value(key) else { throw error("`\(key)=` is missing") }
        return try checked(value, key, in: range)
    }

    func checked(_ value: Substring, _ key: String, in range: ClosedRange<Int>) throws(ScriptError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw error("`\(value)` is no \(key) between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    mutating func seed() throws(ScriptError) -> UInt64 {
        guard let value = value("seed"), let seed = UInt64(value) else {
            throw error("`seed=` and a number is missing")
        }
        return seed
    }

    mutating func interval(_ key: String, in range: ClosedRange<Interval>) throws(ScriptError) -> Interval {
        guard let value = value(key) else { throw error("`\(key)=` is missing") }
        guard let interval = Interval(value), range.contains(interval) else {
            throw error("`\(value)` is no \(key) between \(range.lowerBound.text) and \(range.upperBound.text)")
        }
        return interval
    }

    /// The rest of the line as a link.
    mutating func link() throws(ScriptError) -> Link {
        var link = Link.clear
        if words.first == "clear" {
            words.removeFirst()
        } else {
            if let value = value("delay") { link.delay = try checkedDelay(value) }
            if let value = value("jitter") { link.jitter = try checkedDelay(value) }
            for (key, path) in Link.rates {
                guard let value = value(key) else { continue }
                link[keyPath: path] = try checked(value, key, in: 0...(key == "bandwidth" ? 1 << 40 : 1_000_000))
            }
            if let value = value("mtu") { link.maximumBytes = try checked(value, "mtu", in: 1...Link.usualBytes) }
            guard link.troubles <= 1_000_000 else { throw error("all rates together exceed a million") }
        }
        try finish()
        return link
    }

    private func checkedDelay(_ value: Substring) throws(ScriptError) -> Interval {
        guard let delay = Interval(value), delay >= .zero, delay <= .minutes(10) else {
            throw error("`\(value)` is no delay of at most ten minutes")
        }
        return delay
    }
}
