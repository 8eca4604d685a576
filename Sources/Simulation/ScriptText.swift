package import Base

/// How scripts are written: one line a thing, words and `key=value` pairs, `#` for remarks. A person can read it, cut
/// it down and change it by hand; the next line of a failing scenario is a good place to start reading a bug.
///
///     marram scenario 1
///     run toy seed=41 nodes=3 sites=1 safety=20s settle=32s
///     near delay=5ms jitter=2ms loss=20000
///     far delay=40ms jitter=10ms
///     mischief shortBatch
///     at 1500ms ask 2 set 7 100
///     at 2s crash 2 effects=1 for=3s
///     at 4s cut 0 1 for=10s
extension Script {
    /// The version of this language. A later one gets a new number; an older reader then says so and reads nothing.
    package static let version = 1

    package var text: String {
        var lines = ["marram scenario \(Self.version)"]
        lines.append(
            "run \(scenario) seed=\(seed) nodes=\(nodes) sites=\(sites) safety=\(safety.text) settle=\(settle.text)")
        lines.append("near \(near.text)")
        lines.append("far \(far.text)")
        if mischief != .none {
            lines.append("mischief " + mischief.points.map { "\($0)" }.joined(separator: " "))
        }
        for action in actions { lines.append("at \(action.at.text) \(action.deed.text)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Interval {
    /// `90s`, `1500ms`, `-3us`, `17ns`: the largest unit that needs no fraction.
    package var text: String {
        for (unit, size) in Self.units where nanoseconds % size == 0 { return "\(nanoseconds / size)\(unit)" }
        return "\(nanoseconds)ns"
    }

    /// Reads what `text` writes, with any of its units.
    package init?(_ text: Substring) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "-") }
        guard let count = Int64(digits),
            let size = Self.units.first(where: { $0.unit == text[digits.endIndex...] })?.size
        else { return nil }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: size)
        if overflow { return nil }
        self.init(nanoseconds: nanoseconds)
    }

    private static let units: [(unit: String, size: Int64)] = [
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]
}

extension Link {
    var text: String {
        var words: [String] = []
        for (key, value) in [("delay", delay), ("jitter", jitter)] where value != .zero {
            words.append("\(key)=\(value.text)")
        }
        for (key, rate) in Self.rates where self[keyPath: rate] != 0 { words.append("\(key)=\(self[keyPath: rate])") }
        if maximumBytes != Self.usualBytes { words.append("mtu=\(maximumBytes)") }
        return words.isEmpty ? "clear" : words.joined(separator: " ")
    }

    /// Numbers of a link that are written when they are not zero.
    static let rates: [(key: String, path: any WritableKeyPath<Link, Int> & Sendable)] = [
        ("loss", \.loss), ("duplicate", \.duplication), ("reorder", \.reordering), ("flip", \.flips),
        ("truncate", \.truncation), ("bandwidth", \.bandwidth),
    ]
}

extension Deed {
    package var text: String {
        switch self {
        case .ask(let node, let errand):
            (["ask", "\(node)", errand.verb] + errand.numbers.map(String.init)).joined(separator: " ")
        case .crash(let node, let effects, let length):
            "crash \(node)" + (effects.map { " effects=\($0)" } ?? "") + (length.map { " for=\($0.text)" } ?? "")
        case .pause(let node, let length): "pause \(node) for=\(length.text)"
        case .wipe(let node, let length): "wipe \(node) for=\(length.text)"
        case .restore(let node, let from, let length): "restore \(node) from=\(from.text) for=\(length.text)"
        case .clock(let node, let jump, let drift): "clock \(node) jump=\(jump.text) drift=\(drift)"
        case .slowDisk(let node, let latency, let length):
            "slow-disk \(node) latency=\(latency.text) for=\(length.text)"
        case .fullDisk(let node, let length): "full-disk \(node) for=\(length.text)"
        case .lyingDisk(let node, let length): "lying-disk \(node) for=\(length.text)"
        case .rebind(let node, let length): "rebind \(node) for=\(length.text)"
        case .cut(let from, let to, let length): "cut \(from) \(to) for=\(length.text)"
        case .partition(let nodes, let length):
            "partition \(nodes.map(String.init).joined(separator: ",")) for=\(length.text)"
        case .weather(let link, let length): "weather for=\(length.text) \(link.text)"
        case .spoil(let from, let to, let link, let length): "spoil \(from) \(to) for=\(length.text) \(link.text)"
        case .replay(let count): "replay \(count)"
        }
    }
}
