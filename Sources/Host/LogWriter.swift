internal import Base
internal import Glibc

/// One line an event on standard error: when (UTC), how grave, what. A service manager keeps it, a person reads it.
struct LogWriter {
    typealias Level = Configuration.Log.Level

    var level: Level

    func write(_ level: Level, _ message: String, at wall: WallTime) {
        guard level.gravity <= self.level.gravity else { return }
        Self.write("\(wall.rfc3339) \(level.word) \(message)")
    }

    /// A line, or the lines of a complaint. A log that cannot be written is nobody's reason to stop.
    static func write(_ text: String) {
        var line = text
        line.append("\n")
        line.withUTF8 { buffer in _ = unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count) }
    }
}

extension LogWriter.Level {
    fileprivate var gravity: Int {
        switch self {
        case .error: 0
        case .warning: 1
        case .info: 2
        case .debug: 3
        }
    }

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
