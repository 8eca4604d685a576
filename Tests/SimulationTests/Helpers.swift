import Glibc
import Testing

/// What a command printed and how it ended.
struct Ended {
    var output: String
    var code: Int32
}

/// Runs a command line by the shell and waits for its end.
func run(_ command: String) throws -> Ended {
    let stream = try #require(popen(command, "r"))
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 { bytes += chunk[..<count] }
    let status = pclose(stream)
    return Ended(output: String(decoding: bytes, as: UTF8.self), code: status >> 8 & 255)
}

/// The tool that was built together with these tests: it lies beside the program that runs them.
func simulator() throws -> String {
    var path = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &path, path.count)
    let program = String(decoding: path[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = try #require(program.lastIndex(of: "/"))
    return program[..<folder] + "/marram-sim"
}

/// The text of a file beside these tests.
func text(of name: String, besides file: String = #filePath) throws -> String {
    let folder = try #require(file.lastIndex(of: "/"))
    let stream = try #require(fopen(file[...folder] + name, "r"))
    defer { fclose(stream) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, stream)
    return String(decoding: bytes[..<count], as: UTF8.self)
}
