internal import Base
internal import Glibc

/// The little that the tool needs from the system: two files, one stream, one clock.

/// Writes a line to standard error; when nobody can read it, there is nobody to tell.
func complain(_ line: String) {
    try? write(Array((line + "\n").utf8)[...], to: STDERR_FILENO, named: "standard error")
}

/// Processor time that this process has used, in seconds (`clock_gettime(3)`, `CLOCK_PROCESS_CPUTIME_ID`): what other
/// processes do on the same core does not count.
func processorSeconds() -> Double {
    var time = timespec()
    // Safe: the kernel fills in the one structure that it is given.
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The text of a file of at most `Limits.scenarioBytes` bytes (`open(2)`, `read(2)`).
func read(_ path: String) throws(Complaint) -> String {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { throw trouble("cannot be opened", path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Limits.scenarioBytes + 1)
    var count = 0
    while count < bytes.count {
        // Safe: the kernel writes at most as many bytes as are left of the buffer.
        let more = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        }
        guard more >= 0 else { throw trouble("cannot be read", path) }
        if more == 0 { break }
        count += more
    }
    guard count <= Limits.scenarioBytes else {
        throw Complaint(.scenarioRefused, what: "\(path) is larger than \(Limits.scenarioBytes) bytes")
    }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
        throw Complaint(.scenarioRefused, what: "\(path) is not text")
    }
    return text
}

/// Writes a whole file (`open(2)`, `write(2)`).
func write(_ text: String, to path: String) throws(Complaint) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw trouble("cannot be written", path) }
    defer { close(descriptor) }
    try write(Array(text.utf8)[...], to: descriptor, named: path)
}

private func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32, named name: String) throws(Complaint) {
    var rest = bytes
    while !rest.isEmpty {
        // Safe: the kernel reads no more bytes than there are left.
        let written = unsafe rest.withUnsafeBytes { buffer in
            unsafe write(descriptor, buffer.baseAddress, buffer.count)
        }
        guard written > 0 else { throw trouble("cannot be written", name) }
        rest = rest.dropFirst(written)
    }
}

private func trouble(_ what: String, _ path: String) -> Complaint {
    Complaint(
        .scenarioRefused, what: "\(path) \(what)", because: unsafe String(cString: strerror(errno)),
        remedy: "check the path")
}
