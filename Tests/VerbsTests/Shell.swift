import Glibc
import Testing

/// Programs of this machine, for tests that ask a shell or man whether they understand what was printed for them.
enum Shell {
    /// Whether a program is there; says so when a test has to do without it.
    static func has(_ program: String) -> Bool {
        let isThere = run("command -v \(program)").status == 0
        if !isThere { print("not checked with \(program): it is not on this machine") }
        return isThere
    }

    /// Runs a line of sh and returns what it wrote to both of its outputs.
    static func run(_ line: String) -> (status: Int32, output: String) {
        guard let pipe = popen("{ \(line)\n} 2>&1", "r") else { return (-1, "") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return (pclose(pipe), String(decoding: bytes, as: UTF8.self))
    }

    /// Hands `use` the path of a new file with this text.
    static func withFile<Result>(_ text: String, _ use: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/marram-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
        close(descriptor)
        return try use(path)
    }
}
