internal import Base
internal import Disk
internal import Glibc

/// The little that the tool needs from the system: two kinds of file, one stream, one clock.

/// Writes a line to standard error; when nobody can read it, there is nobody to tell.
func complain(_ line: String) {
    var line = line + "\n"
    // Safe: the kernel reads the bytes of the text and no more.
    line.withUTF8 { buffer in _ = unsafe Glibc.write(STDERR_FILENO, buffer.baseAddress, buffer.count) }
}

/// Processor time that this process has used, in seconds (`clock_gettime(3)`, `CLOCK_PROCESS_CPUTIME_ID`): what other
/// processes do on the same core does not count.
func processorSeconds() -> Double {
    var time = timespec()
    // Safe: the kernel fills in the one structure that it is given.
    _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The most memory that this process has had, in bytes (`getrusage(2)`).
func residentBytes() -> Int {
    var usage = rusage()
    // Safe: the kernel fills in the one structure that it is given.
    _ = unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1_024
}

/// The bytes of a file that a person named.
func read(_ path: String, atMost limit: Int) throws(Complaint) -> [UInt8] {
    do throws(FileError) {
        return try DurableFile.read(path, atMost: limit)
    } catch {
        throw Complaint(.scenarioRefused, what: "\(path): \(error.reason)", remedy: "check the path")
    }
}

/// Writes a whole file that anybody may read.
func write(_ text: String, to path: String) throws(Complaint) {
    do throws(FileError) {
        try DurableFile.write(Array(text.utf8), to: path, mode: 0o644)
    } catch {
        throw Complaint(.scenarioRefused, what: "\(path): \(error.reason)", remedy: "check the path")
    }
}
