internal import Base
internal import Glibc

/// One line an event on standard error: when (UTC), how grave, what. A service manager keeps it, a person reads it.
struct LogWriter {
    enum Level: Int, Comparable {
        case error, warning, info, debug

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        /// As wide as the widest, so that the messages stand under each other.
        fileprivate var word: String {
            switch self {
            case .error: "error  "
            case .warning: "warning"
            case .info: "info   "
            case .debug: "debug  "
            }
        }
    }

    var level: Level

    func write(_ level: Level, _ message: String, at wall: WallTime) {
        guard level <= self.level else { return }
        Self.write("\(wall.rfc3339) \(level.word) \(message)")
    }

    /// A line, or the lines of a complaint. A log that cannot be written is nobody's reason to stop.
    static func write(_ text: String) {
        var line = text
        line.append("\n")
        unsafe line.withUTF8 { buffer in _ = unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count) }
    }
}
