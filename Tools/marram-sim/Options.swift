internal import Base
internal import Simulation

/// What the command line asks for.
struct Options {
    enum Question {
        case help
        case list
        case seeds(Scenario, ClosedRange<UInt64>)
        case file(String)
        /// A flight recording, saved by `marram record save`.
        case recording(String)
    }

    let question: Question
    private(set) var wishes = Wishes()
    private(set) var bug: String?
    /// Make the first failing script small and write it to a file.
    private(set) var shrinks = false
    /// Fail too when a marker of the scenario was never reached.
    private(set) var isNightly = false
    private(set) var isJSON = false
    /// Play a run to its end though an oracle was violated, for the figures.
    private(set) var keepsGoing = false
    /// Tell every event on standard error.
    private(set) var traces = false

    static let help = """
        marram-sim SCENARIO [options]     run a scenario for one or more seeds
        marram-sim FILE.scenario          replay a scenario file
        marram-sim replay FILE            live through a recording of marram record save, step by step
        marram-sim list                   name the scenarios

          --seeds A..B      the seeds to run, both ends included (default 1..1)
          --nodes N         so many nodes instead of what the seed draws
          --loss PERCENT    so many packets lost on every link instead of what the seed draws
          --minutes M       how long faults happen; or --seconds S
          --bug NAME        plant a bug in the nodes (marram-sim list names them)
          --shrink          make the first failing seed small and write it to a .scenario file
          --nightly         fail as well when a marker of the scenario was never reached
          --keep-going      play on after a violated oracle: for figures of nodes that fail
          --trace           tell every event on standard error
          --json            one line of JSON on standard output

        exit code: 0 every oracle held, 1 one was violated, 2 the question was not understood
        """

    init(_ arguments: ArraySlice<String>) throws(Complaint) {
        var words = arguments
        var subject: String?
        var recording: String?
        var seeds: ClosedRange<UInt64> = 1...1
        while let word = words.popFirst() {
            switch word {
            case "--help", "-h", "help":
                question = .help
                return
            case "--shrink": shrinks = true
            case "--nightly": isNightly = true
            case "--json": isJSON = true
            case "--keep-going": keepsGoing = true
            case "--trace": traces = true
            case "--bug": bug = try Self.value(of: word, &words)
            case "--seeds": seeds = try Self.seeds(try Self.value(of: word, &words))
            case "--nodes": wishes.nodes = try Self.number(word, &words, in: 1...Limits.members)
            case "--loss": wishes.loss = 10_000 * (try Self.number(word, &words, in: 0...100))
            case "--minutes": wishes.safety = .minutes(Int64(try Self.number(word, &words, in: 1...527_040)))
            case "--seconds": wishes.safety = .seconds(Int64(try Self.number(word, &words, in: 1...31_622_400)))
            default:
                if subject == "replay", recording == nil, !word.hasPrefix("-") {
                    recording = word
                    continue
                }
                guard subject == nil, !word.hasPrefix("-") else { throw Self.usage("`\(word)` is not known here") }
                subject = word
            }
        }
        guard let subject else { throw Self.usage("no scenario is named") }
        if subject == "list" {
            question = .list
        } else if subject == "replay" {
            guard let recording else { throw Self.usage("no recording is named") }
            question = .recording(recording)
        } else if subject.hasSuffix(".scenario") {
            question = .file(subject)
        } else if let scenario = Scenario.named(subject) {
            question = .seeds(scenario, seeds)
            try checkBug(scenario)
        } else {
            throw Self.usage("there is no scenario named `\(subject)`", remedy: "run marram-sim list")
        }
    }

    /// A bug is planted by a name that the scenario knows.
    func checkBug(_ scenario: Scenario) throws(Complaint) {
        if let bug, !scenario.bugs.contains(bug) {
            throw Self.usage("`\(scenario.name)` has no bug named `\(bug)`", remedy: "run marram-sim list")
        }
    }

    private static func usage(_ what: String, remedy: String? = nil) -> Complaint {
        Complaint(.simulatorUsage, what: what, remedy: remedy)
    }

    private static func value(of option: String, _ words: inout ArraySlice<String>) throws(Complaint) -> String {
        guard let value = words.popFirst() else { throw usage("`\(option)` needs a value") }
        return value
    }

    private static func number(
        _ option: String, _ words: inout ArraySlice<String>, in range: ClosedRange<Int>
    ) throws(Complaint) -> Int {
        let value = try value(of: option, &words)
        guard let number = Int(value), range.contains(number) else {
            throw usage(
                "`\(option)` takes a whole number from \(range.lowerBound) to \(range.upperBound), not `\(value)`")
        }
        return number
    }

    /// `7` or `1..200`.
    private static func seeds(_ text: String) throws(Complaint) -> ClosedRange<UInt64> {
        let ends = text.split(separator: ".", omittingEmptySubsequences: false)
        if ends.count == 1, let seed = UInt64(text) { return seed...seed }
        guard ends.count == 3, ends[1].isEmpty, let first = UInt64(ends[0]), let last = UInt64(ends[2]), first <= last
        else { throw usage("`--seeds` takes a number or A..B, not `\(text)`") }
        return first...last
    }
}
