internal import Base
internal import Control
internal import Glibc
internal import Host
internal import Text

/// The process that the tool runs as. Standard output and error are written with plain system calls: the tool is short-
/// lived, and every millisecond before its first word is noticed.
extension World {
    package static var real: World {
        World(
            environment: { name in
                guard let value = unsafe getenv(name) else { return nil }
                return unsafe String(cString: value)
            },
            writeOutput: { text throws(Complaint) in try write(text, to: STDOUT_FILENO) },
            writeNarration: { text in
                // There is nowhere left to say that standard error cannot be written.
                try? write(text, to: STDERR_FILENO)
            },
            outputIsTerminal: isatty(STDOUT_FILENO) == 1,
            narrationIsTerminal: isatty(STDERR_FILENO) == 1,
            inputIsTerminal: isatty(STDIN_FILENO) == 1,
            outputSize: {
                var size = winsize()
                guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
                return size.ws_col > 0 && size.ws_row > 0 ? (Int(size.ws_col), Int(size.ws_row)) : nil
            },
            readLine: { Swift.readLine() },
            readBytes: { path, limit throws(Complaint) in try read(path, atMost: limit) },
            now: wallTime,
            pause: { time in usleep(UInt32(clamping: time.nanoseconds / 1_000)) },
            secondsEast: { wall in
                var seconds = time_t(wall.milliseconds / 1_000)
                var parts = unsafe tm()
                guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
                return unsafe Int(parts.tm_gmtoff)
            },
            currentDirectory: {
                guard let path = unsafe getcwd(nil, 0) else { return "" }
                defer { unsafe free(path) }
                return unsafe String(cString: path)
            },
            ask: { request, socket, timeout throws(Complaint) in
                try ControlClient(socket: socket, timeout: timeout).ask(request)
            },
            initialise: { new, passphrase throws(Complaint) in
                let directory = DataDirectory(path: new.directory)
                guard new.operators.isEmpty else {
                    return try directory.initialise(
                        mesh: new.key, operators: new.operators, shares: new.shares, threshold: new.threshold,
                        name: new.name, site: new.site, listen: new.listen, passphrase: passphrase)
                }
                return try directory.initialise(
                    mesh: new.key, name: new.name, site: new.site, listen: new.listen, passphrase: new.passphrase)
            },
            join: { new throws(Complaint) in
                try DataDirectory(path: new.directory)
                    .join(token: new.key, name: new.name, site: new.site, listen: new.listen, now: wallTime())
            },
            requestToJoin: { new throws(Complaint) in
                try DataDirectory(path: new.directory).request(name: new.name, site: new.site, listen: new.listen)
            },
            joinByAnswer: { new, bytes throws(Complaint) in
                try DataDirectory(path: new.directory).join(answer: bytes, name: new.name)
            },
            readRequest: { bytes throws(Complaint) in try DataDirectory.read(request: bytes) },
            readSecret: {
                var settings = termios()
                let isTerminal = unsafe tcgetattr(STDIN_FILENO, &settings) == 0
                var silent = settings
                silent.c_lflag &= ~tcflag_t(ECHO)
                if isTerminal { _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) }
                defer { if isTerminal { _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) } }
                return Swift.readLine()
            },
            checkToken: { token throws(Complaint) in try DataDirectory.check(token: token, now: wallTime()) },
            sign: { order, path, passphrase throws(Complaint) in
                try OperatorDesk.sign(order, keyAt: path, at: wallTime(), passphrase: passphrase)
            },
            makeOperatorKey: { name, path, passphrase throws(Complaint) in
                try OperatorDesk.makeKey(named: name, at: path, passphrase: passphrase)
            },
            readCard: { word throws(Complaint) in try OperatorDesk.card(word) },
            propose: { order, passphrase throws(Complaint) in
                try RootDesk.propose(order, passphrase: passphrase)
            },
            readProposal: { bytes throws(Complaint) in try RootDesk.read(bytes) },
            signProposal: { proposal, path, passphrase throws(Complaint) in
                try RootDesk.sign(proposal, keyAt: path) { passphrase(path) }
            },
            writeFile: { path, bytes, isNew throws(Complaint) in
                try OperatorDesk.write(bytes, to: path, isNew: isNew)
            },
            checkLaw: { bytes throws(Complaint) in try LawDesk.check(bytes) },
            readConfiguration: { source throws(Complaint) in try ConfigurationReport(reading: source) })
    }

    /// Reads a file, or standard input, to its end or a byte beyond the limit.
    private static func read(_ path: String?, atMost limit: Int) throws(Complaint) -> [UInt8] {
        let name = path ?? "standard input"
        let descriptor = path.map { unsafe open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
        guard descriptor >= 0 else {
            throw Complaint(
                .badArgument, what: "\(name) cannot be read", because: systemMessage(errno),
                remedy: "give a file that you may read")
        }
        defer { if path != nil { close(descriptor) } }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var piece = [UInt8](repeating: 0, count: 64 << 10)
            let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count > 0 {
                bytes += piece.prefix(count)
            } else if errno != EINTR {
                throw Complaint(.badArgument, what: "\(name) cannot be read", because: systemMessage(errno))
            }
        }
        throw Complaint(.valueTooLarge, what: "\(name) has more than \(limit) bytes")
    }

    /// Writes all of `text`. Whoever reads a pipe may close it when it has seen enough, as `head` does: that ends the
    /// tool as the signal for it would have, without a word.
    private static func write(_ text: String, to descriptor: Int32) throws(Complaint) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                exit(128 + SIGPIPE)
            } else if errno != EINTR {
                throw Complaint(.outputFailed, because: systemMessage(errno))
            }
        }
    }
}

private func wallTime() -> WallTime {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
}

extension ConfigurationReport {
    /// The node's own configuration, or that of one file.
    fileprivate init(reading source: ConfigurationSource) throws(Complaint) {
        let sources =
            if let file = source.file { [try DataDirectory.source(file)] } else {
                try DataDirectory(path: source.directory).configurationSources()
            }
        switch ConfigurationFile.read(sources) {
        case .success(let reading):
            self.init(
                files: sources.map(\.path),
                settings: reading.rows.map { row in
                    Setting(
                        name: row.key, value: row.value ?? "", origin: row.origin == "default" ? nil : row.origin,
                        needsRestart: row.needsRestart)
                },
                warnings: reading.warningRows.map { Fault($0) },
                text: reading.shown(origin: false), annotatedText: reading.shown(origin: true))
        case .failure(let refusal):
            self.init(files: sources.map(\.path), faults: refusal.rows.map { Fault($0) })
        }
    }
}

extension ConfigurationReport.Fault {
    fileprivate init(_ row: ConfigurationFinding.Row) {
        self.init(
            code: row.code, file: row.path, line: row.line, column: row.column, what: row.what, hint: row.hint,
            text: row.text)
    }
}

/// What the system calls this error, as in "No space left on device".
func systemMessage(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }

/// Runs the tool with the words of this process, and ends the process.
package func runToolAndExit() -> Never {
    exit(runTool(Array(CommandLine.arguments.dropFirst()), in: .real).rawValue)
}
