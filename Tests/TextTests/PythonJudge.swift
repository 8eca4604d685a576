import Base
import Glibc
import Testing

/// What a script in Python makes of each document: a line a document.
func judged(_ documents: [[UInt8]], by judge: String) throws -> [String] {
    var template = Array("/tmp/marram-oracle-XXXXXX".utf8CString)
    let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { _ = system("rm -r \(directory)") }
    try write(judge, to: directory + "/judge.py")
    try write(documents.map { hexadecimal($0) }.joined(separator: "\n"), to: directory + "/documents")

    let pipe = try #require(popen("python3 \(directory)/judge.py \(directory)/documents", "r"))
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&chunk, 1, chunk.count, pipe)
        if count == 0 { break }
        output.append(contentsOf: chunk[..<count])
    }
    #expect(pclose(pipe) == 0)
    return output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
}

private func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    let bytes = Array(text.utf8)
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    fclose(file)
}
