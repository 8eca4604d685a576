import Foundation
import Synchronization
import Testing

/// The real programs, as built beside this test, in directories of their own.
enum Programs {
    /// Where the build put the programs: beside the test bundle.
    static let folder: URL = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: bundle).resolvingSymlinksInPath().deletingLastPathComponent()
    }()

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

/// A finished program.
struct Finished {
    var status: Int32
    var output: String
    var errors: String

    /// The member `key` of the JSON object that was printed.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}

/// Runs a program to its end, with a limit: a test must not hang.
@discardableResult
func run(_ program: String, _ arguments: [String], input: String? = nil, within seconds: Double = 20) throws -> Finished
{
    let folder = try TemporaryFolder()
    let outputPath = folder.path + "/out"
    let errorPath = folder.path + "/err"
    try #require(FileManager.default.createFile(atPath: outputPath, contents: nil))
    try #require(FileManager.default.createFile(atPath: errorPath, contents: nil))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : Programs.path(program))
    process.arguments = arguments
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let deadline = Date(timeIntervalSinceNow: seconds)
    while process.isRunning, Date() < deadline { usleep(2_000) }
    if process.isRunning {
        process.terminate()
        Issue.record("\(program) \(arguments) did not end within \(seconds) s")
    }
    process.waitUntilExit()
    return Finished(
        status: process.terminationStatus,
        output: try String(contentsOfFile: outputPath, encoding: .utf8),
        errors: try String(contentsOfFile: errorPath, encoding: .utf8))
}

/// The three lines of a refusal: its code and what is wrong, because of what, and what to try.
func expectComplaint(
    _ finished: Finished, _ code: String, saying parts: String..., location: SourceLocation = #_sourceLocation
) {
    #expect(finished.status != 0, sourceLocation: location)
    let signs = ["✗ \(code) ", "error \(code) "]
    #expect(signs.contains { finished.errors.hasPrefix($0) }, "\(finished.errors)", sourceLocation: location)
    for part in ["because", "try"] + parts {
        #expect(
            finished.errors.contains(part), "\(part) is missing in: \(finished.errors)", sourceLocation: location)
    }
}

/// A folder that is gone when the value is.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "marram-test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A running `marramd`, stopped when the value is gone.
final class Daemon {
    let data: String
    private let process: Process
    private let log: String

    /// Starts the daemon and waits until it answers: that all is well, unless nothing can be.
    init(data: String, isHealthy: Bool = true, within seconds: Double = 10) throws {
        self.data = data
        log = data + "/test.log"
        try #require(FileManager.default.createFile(atPath: log, contents: nil))
        process = Process()
        process.executableURL = URL(fileURLWithPath: Programs.path("marramd"))
        process.arguments = ["--data", data]
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let answers = try eventually(within: seconds) {
            let status = try run("marram", ["status", "--data", data]).status
            return status == 0 || status == 1 && !isHealthy
        }
        if !answers { Issue.record("marramd on \(data) does not answer: \(said)") }
    }

    deinit {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    var pid: Int32 { process.processIdentifier }
    var said: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Asks it to end and answers how it did.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// Writes one key after the other in a thread of its own, until a write fails.
final class Writer: Sendable {
    private let acknowledged = Mutex<[String]>([])
    private let hasEnded = DispatchSemaphore(value: 0)

    init(on data: String, prefix: String) {
        Thread.detachNewThread { [self] in
            for number in 1...10_000 {
                let key = "\(prefix)\(number)"
                guard (try? run("marram", ["set", key, "1", "--data", data]))?.status == 0 else { break }
                acknowledged.withLock { $0.append(key) }
            }
            hasEnded.signal()
        }
    }

    /// What was acknowledged, when it has come to its end.
    func told() -> [String] {
        hasEnded.wait()
        return acknowledged.withLock(\.self)
    }
}

/// Asks again and again, for real processes take real time.
func eventually(within seconds: Double, _ holds: () throws -> Bool) throws -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    repeat {
        if try holds() { return true }
        usleep(20_000)
    } while Date() < deadline
    return false
}

/// A port that nothing was bound to a moment ago.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socketAddress in
            bind(descriptor, socketAddress, length) == 0 && getsockname(descriptor, socketAddress, &length) == 0
        }
    }
    try #require(bound)
    return UInt16(bigEndian: address.sin_port)
}
