/// A number that a run came to, and how those of several runs make one: all their samples are kept until then.
package struct Figure: Sendable {
    package enum Summary: Sendable {
        case sum
        case mean
        case median
        case largest
    }

    package let name: String
    package let summary: Summary
    private var samples: [Double]

    package init(_ name: String, _ summary: Summary, of samples: [Double]) {
        self.name = name
        self.summary = summary
        self.samples = samples
    }

    package mutating func add(_ other: Figure) {
        precondition(name == other.name, "the runs of one scenario come to the same figures")
        samples += other.samples
    }

    /// Nil when nothing was measured.
    package var value: Double? {
        guard !samples.isEmpty else { return nil }
        switch summary {
        case .sum: return samples.reduce(0, +)
        case .mean: return samples.reduce(0, +) / Double(samples.count)
        case .median: return samples.sorted()[samples.count / 2]
        case .largest: return samples.reduce(samples[0], max)
        }
    }

    /// Two digits behind the point, and none for a whole number; `null` when nothing was measured.
    package var json: String {
        guard let value else { return "null" }
        let hundredths = Int((value * 100).rounded())
        if hundredths.isMultiple(of: 100) { return "\(hundredths / 100)" }
        let rest = abs(hundredths % 100)
        return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
