internal import Base

/// One deed from the words behind `at TIME`.
extension ScriptLine {
    mutating func deed(nodes: Int) throws(ScriptError) -> Deed {
        let verb = try word("what is done")
        switch verb {
        case "ask": return .ask(try node(nodes), try errand())
        case "crash":
            let victim = try node(nodes)
            let effects = try value("effects").map { value throws(ScriptError) in
                try checked(value, "count of effects", in: 0...1_000)
            }
            return .crash(victim, afterEffects: effects, for: words.isEmpty ? nil : try length())
        case "pause": return .pause(try node(nodes), for: try length())
        case "wipe": return .wipe(try node(nodes), for: try length())
        case "restore":
            return .restore(try node(nodes), from: try interval("from", in: .zero ... .days(366)), for: try length())
        case "clock":
            // A century either way, and a clock that runs at most twice as fast or half as slow.
            let reach = Interval.days(36_525)
            return .clock(
                try node(nodes), jump: try interval("jump", in: Interval.zero - reach...reach),
                drift: try number("drift", in: -500_000...1_000_000))
        case "slow-disk":
            return .slowDisk(
                try node(nodes), latency: try interval("latency", in: .zero ... .minutes(10)), for: try length())
        case "full-disk": return .fullDisk(try node(nodes), for: try length())
        case "lying-disk": return .lyingDisk(try node(nodes), for: try length())
        case "rebind": return .rebind(try node(nodes), for: try length())
        case "cut": return .cut(from: try node(nodes), to: try node(nodes), for: try length())
        case "partition": return .partition(try side(nodes), for: try length())
        case "weather":
            let length = try length()
            return .weather(try link(), for: length)
        case "spoil":
            let (from, to) = (try node(nodes), try node(nodes))
            let length = try length()
            return .spoil(from: from, to: to, try link(), for: length)
        case "replay": return .replay(try checked(try word("how many packets"), "count of packets", in: 1...10_000))
        default: throw error("`\(verb)` is nothing that can be done to a world")
        }
    }

    private mutating func node(_ nodes: Int) throws(ScriptError) -> Int {
        try checked(try word("a node"), "node", in: 0...nodes - 1)
    }

    private mutating func length() throws(ScriptError) -> Interval {
        try interval("for", in: .zero ... .days(366))
    }

    /// `0,2,5`: rising, so that a side is written in one way.
    private mutating func side(_ nodes: Int) throws(ScriptError) -> [Int] {
        var side: [Int] = []
        for word in try word("one side of the partition").split(separator: ",", omittingEmptySubsequences: false) {
            let node = try checked(word, "node", in: 0...nodes - 1)
            if let last = side.last, last >= node { throw error("the nodes of a side rise") }
            side.append(node)
        }
        return side
    }

    private mutating func errand() throws(ScriptError) -> Errand {
        var errand = Errand(String(try word("what is asked")), [])
        while let word = words.popFirst() {
            guard errand.numbers.count < Limits.errandNumbers, let number = Int(word) else {
                throw error("`\(word)` is no number, or one too many: an errand has at most \(Limits.errandNumbers)")
            }
            errand.numbers.append(number)
        }
        return errand
    }
}
