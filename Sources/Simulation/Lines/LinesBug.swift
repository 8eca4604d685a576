internal import Session

/// The bugs that can be planted where lines are spoken, each a mistake that sealed transports were shipped with. Four
/// are flaws of the sessions themselves, at places that are seldom passed; the others are done by the one who uses
/// them, or before their door.
package enum LinesBug: String, CaseIterable, Sendable {
    /// A packet that comes again is taken again.
    case asksNoWindow = "asks-no-window"
    /// A packet moves its session's path before its seal has proved true.
    case roamsBeforeSeal = "roams-before-seal"
    /// Whoever begins a handshake is believed before a packet under its keys has opened.
    case believesCandidates = "believes-candidates"
    /// A word of courtesy is sealed under the number of the packet that comes next.
    case reusesNumbers = "reuses-numbers"
    /// A restarted peer's new keys carry on the line of its earlier process.
    case keepsLine = "keeps-line"
    /// Every life of a node draws the same chance, as a machine does that was restored with its memory.
    case repeatsChance = "repeats-chance"
    /// A line that has nothing to say keeps talking.
    case chattersWhenIdle = "chatters-when-idle"
    /// A writer does not ask how much a stream took.
    case forgetsShortWrite = "forgets-short-write"
    /// A packet begins with the id of its sender.
    case saysItsName = "says-its-name"

    var flaw: SessionFlaw? {
        switch self {
        case .roamsBeforeSeal: .roamsBeforeSeal
        case .believesCandidates: .believesCandidates
        case .reusesNumbers: .reusesNumbers
        case .keepsLine: .keepsLine
        case .asksNoWindow, .repeatsChance, .chattersWhenIdle, .forgetsShortWrite, .saysItsName: nil
        }
    }
}
