internal import Base
internal import Text

/// What the options of every verb come to for one invocation, the environment and the defaults taken into account.
struct Settings: Sendable {
    static let defaultDirectory = "/var/lib/marram"

    let directory: String
    let socket: String
    let format: OutputFormat
    let timeout: Interval
    let isConfirmed: Bool
    let inUTC: Bool

    init(_ invocation: Invocation, environment: (String) -> String?) throws(Complaint) {
        let directory = invocation["data"] ?? environment("MARRAM_DATA") ?? ""
        self.directory = directory.isEmpty ? Self.defaultDirectory : directory
        socket = invocation["socket"] ?? "\(self.directory)/marram.sock"
        timeout = try Self.time(invocation["timeout"] ?? "5s", of: "timeout")
        isConfirmed = invocation["yes"] != nil
        inUTC = invocation["utc"] != nil

        let named = invocation["output"].flatMap { OutputFormat(rawValue: $0) }
        if invocation["json"] != nil, let named, named != .json {
            throw Complaint(
                .badArgument, what: "--json and -o \(named.rawValue) contradict each other",
                remedy: "give one of the two")
        }
        format = invocation["json"] != nil ? .json : named ?? .table
        let formats = invocation.verb.formats
        guard formats.contains(format) else {
            let choice = formats.map(\.rawValue).joined(separator: ", ")
            throw Complaint(
                .badArgument, what: "\(invocation.verb.name) does not print as \(format.rawValue), only as \(choice)",
                remedy: "marram help \(invocation.verb.name)")
        }
    }

    /// A length of time as people write it on a command line: `500ms`, `30s`, `15m`, `24h`, `7d`.
    static func time(_ text: String, of option: String) throws(Complaint) -> Interval {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let number = Int64(digits), digits.count <= 6, number > 0 else {
            throw notATime(text, of: option)
        }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s": return .seconds(number)
        case "m": return .minutes(number)
        case "h": return .hours(number)
        case "d": return .days(min(number, 100_000))
        default: throw notATime(text, of: option)
        }
    }

    private static func notATime(_ text: String, of option: String) -> Complaint {
        Complaint(
            .badArgument, what: "--\(option) takes a time with its unit, not \(quoted(text))",
            remedy: "write it like 500ms, 30s, 15m, 24h or 7d")
    }
}
