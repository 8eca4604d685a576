import Base
import Control
import Glibc
import Testing

@testable import Verbs

/// A directory of its own for a test, gone afterwards.
private func withDirectory(_ use: (String) throws -> Void) throws {
    var template = Array("/tmp/marram-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = Shell.run("rm -rf \(path)") }
    try use(path)
}

private func complaint(at socket: String, timeout: Interval = .seconds(5)) -> Complaint? {
    do throws(Complaint) {
        _ = try ControlClient(socket: socket, timeout: timeout).ask(.version)
        return nil
    } catch {
        return error
    }
}

/// Binds a socket to `path` and lets `backlog` connections wait; nobody accepts them.
private func listen(at path: String, backlog: Int32) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(bound == 0 && Glibc.listen(descriptor, backlog) == 0)
    return descriptor
}

@Test func eachReasonForNoDaemonIsToldApart() throws {
    try withDirectory { directory in
        let missing = complaint(at: "\(directory)/none/marram.sock")
        #expect(missing?.code == .noDataDirectory)
        #expect(missing?.what == "there is no directory \(directory)/none")

        let socket = "\(directory)/marram.sock"
        let idle = complaint(at: socket)
        #expect(idle?.code == .daemonNotRunning)
        #expect(idle?.remedy == "marramd --data \(directory)")

        close(try listen(at: socket, backlog: 1))
        let stale = complaint(at: socket)
        #expect(stale?.code == .daemonGone)
        #expect(stale?.what == "nobody listens at \(socket); the last marramd is gone")

        _ = Shell.run("rm \(socket); echo > \(socket)")
        #expect(complaint(at: socket)?.code == .daemonGone)

        let deep = "\(directory)/\(String(repeating: "d", count: 100))/marram.sock"
        #expect(complaint(at: deep)?.code == .badArgument)
    }
}

@Test func whoMayNotSpeakToTheNodeIsTold() throws {
    guard geteuid() == 0 else { return print("not checked: only root can become nobody and come back") }
    // The user for files is the only one that a thread has for itself: other tests go on as root. Swift's Glibc leaves
    // its header out.
    typealias SetFileUser = @convention(c) (uid_t) -> CInt
    let setFileUser = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: SetFileUser.self)
    try withDirectory { directory in
        let descriptor = try listen(at: "\(directory)/marram.sock", backlog: 1)
        defer { close(descriptor) }
        _ = setFileUser(65_534)
        let refused = complaint(at: "\(directory)/marram.sock")
        let hidden = complaint(at: "\(directory)/none/marram.sock")
        _ = setFileUser(0)
        #expect(refused?.code == .socketRefused)
        #expect(hidden?.code == .socketRefused)
    }
}

@Test func aSilentDaemonIsGivenUpAtTheDeadline() throws {
    try withDirectory { directory in
        let descriptor = try listen(at: "\(directory)/marram.sock", backlog: 0)
        defer { close(descriptor) }
        // The first connection is made and never answered; the second finds the queue full.
        let first = complaint(at: "\(directory)/marram.sock", timeout: .milliseconds(30))
        #expect(first?.code == .deadlinePassed)
        let second = complaint(at: "\(directory)/marram.sock", timeout: .milliseconds(30))
        #expect(second?.code == .deadlinePassed)
    }
}

/// Gives the client one end of a connection whose other end has already said `bytes`, and closes it unless told not to.
private func exchange(_ bytes: [UInt8], closing: Bool = true) throws -> (Result<Envelope, Complaint>, asked: [UInt8]) {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
    defer { close(ends[1]) }
    #expect(bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) } == bytes.count)
    if closing { shutdown(ends[1], Int32(SHUT_WR)) }
    let connection = ControlConnection(owning: ends[0])
    let result = Result { () throws(Complaint) in
        try connection.exchange(.members, by: Deadline(.milliseconds(closing ? 5_000 : 30)))
    }
    var asked = [UInt8](repeating: 0, count: 1_000)
    let count = read(ends[1], &asked, asked.count)
    return (result, Array(asked.prefix(max(0, count))))
}

@Test func aQuestionIsAskedAndItsAnswerRead() throws {
    let envelope = Samples.envelope(.members(Samples.members))
    let (result, asked) = try exchange(envelope.frame())
    #expect(result == .success(envelope))
    #expect(asked == Request.members.frame)
}

@Test func anAnswerCutAtAnyLengthIsALostConnection() throws {
    let frame = Samples.envelope(.version(.own)).frame()
    for length in 0..<frame.count {
        let (result, _) = try exchange(Array(frame[..<length]))
        guard case .failure(let complaint) = result else {
            Issue.record("an answer of \(length) bytes was taken")
            continue
        }
        #expect(complaint.code == .connectionLost)
    }
}

@Test func anAnswerThatStopsHalfwayIsGivenUpAtTheDeadline() throws {
    let (result, _) = try exchange(Array(Samples.envelope(.version(.own)).frame().prefix(9)), closing: false)
    #expect(result == .failure(Complaint(.deadlinePassed)))
}

@Test func whatIsNotAnAnswerIsRefused() throws {
    for bytes in [Array("HTTP/1.1 400 Bad Request".utf8), [0, 0, 0, 0], ControlFrame.around([0x7B], atMost: 9)] {
        let (result, _) = try exchange(bytes)
        guard case .failure(let complaint) = result else {
            Issue.record("\(bytes) was taken")
            continue
        }
        #expect(complaint.code == .replyNotUnderstood)
    }
}
