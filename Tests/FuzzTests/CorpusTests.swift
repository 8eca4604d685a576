import FuzzDecoders
import Glibc
import Testing

/// The seeds of the fuzzers and every input that once broke a decoder, fed to the decoders again. A decoder that breaks
/// takes the test run down with it: the last line printed before names the file.
@Test(arguments: ["corpus", "crashers"], Decoder.all.map(\.name)) func noKeptInputBreaksItsDecoder(
    kept: String, name: String
) throws {
    let decoder = try #require(Decoder.all.first { $0.name == name })
    for file in files(in: "\(kept)/\(name)") {
        print("fuzz: \(name) reads \(kept)/\(name)/\(file)")
        decoder.run(try contents(of: "\(kept)/\(name)/\(file)"))
    }
}

@Test func everyDecoderHasSeedsAndEverySeedADecoder() {
    let names = Decoder.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(files(in: "corpus").sorted() == names.sorted())
    for name in names { #expect(!files(in: "corpus/\(name)").isEmpty, "\(name)") }
    #expect(Set(files(in: "crashers")).isSubset(of: names))
}

/// Where the kept inputs lie, seen from this file.
private let directory = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Tools/fuzz/"

/// The names in a directory, but hidden ones; none when it does not exist.
private func files(in path: String) -> [String] {
    guard let listing = opendir(directory + path) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
}

private func contents(of path: String) throws -> [UInt8] {
    let file = try #require(fopen(directory + path, "r"))
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        if count == 0 { return bytes }
        bytes.append(contentsOf: chunk[..<count])
    }
}
