package import Base

/// How the tool ends, the same for every verb: scripts branch on it.
package enum ExitCode: Int32, CaseIterable, Sendable {
    case done = 0
    case no = 1
    case usage = 2
    case unreachable = 3
    case notFound = 4
    case notPermitted = 5
    case deadlinePassed = 6
    case ourMistake = 70

    var meaning: String {
        switch self {
        case .done: "done, or the answer is yes"
        case .no: "the answer is no, or something is wrong with what was asked about"
        case .usage: "the command line is not right"
        case .unreachable: "the daemon cannot be reached"
        case .notFound: "what was asked for does not exist"
        case .notPermitted: "the system or the mesh does not permit it"
        case .deadlinePassed: "the deadline passed"
        case .ourMistake: "a mistake of Marram itself"
        }
    }

    /// With what the tool ends when it ends with this complaint.
    package init(for code: Code) {
        switch code {
        case .unknownVerb, .unknownOption, .badArgument, .confirmationMissing, .linkWithItself, .ambiguousPeer,
            .badKey, .cursorUnreadable:
            self = .usage
        case .daemonNotRunning, .noDataDirectory, .daemonGone, .connectionLost: self = .unreachable
        case .unknownCode, .unknownPeer, .unknownNode, .unknownRecord, .unknownOperator, .keyNotFound: self = .notFound
        case .socketRefused, .directoryNotWritable, .writeNotAllowed, .noRights, .mayNotInvite: self = .notPermitted
        case .deadlinePassed, .notYet: self = .deadlinePassed
        case _ where code.number >= 9_000: self = .ourMistake
        default: self = .no
        }
    }
}
