import Base
import Crypto
import Foundation
import Testing

@testable import Trust

private let id: UInt64 = 0x0123_4567_89AB_CDEF
private let comment = "mesh=store channel=pos seq=7"

private func signed(_ file: [UInt8], _ key: Int = 1) -> Minisign.SignatureFile {
    Minisign.SignatureFile(
        signing: HashFunction.blake2b512.hash(file.raw), trustedComment: comment, with: Court.signer(key), id: id)
}

private func refusal(_ key: Minisign.PublicKey, _ text: String, _ file: [UInt8]) -> Minisign.Refusal? {
    do throws(Minisign.Refusal) {
        try key.verify(try Minisign.SignatureFile(text: text), of: file.raw)
        return nil
    } catch {
        return error
    }
}

@Test func aMinisignSignatureComesBackAndATamperedFileOrCommentDoesNot() throws {
    let file = Array("a release".utf8)
    let key = Minisign.PublicKey(id: id, key: Court.signer(1).publicKey)
    #expect(try Minisign.PublicKey(text: key.text) == key)
    let text = signed(file).text
    #expect(refusal(key, text, file) == nil)
    #expect(refusal(key, text, file + [0]) == .fileChanged)
    #expect(refusal(key, text.replacing("seq=7", with: "seq=8"), file) == .commentChanged)
    #expect(refusal(Minisign.PublicKey(id: 1, key: key.key), text, file) == .otherKey(id))
    #expect(refusal(Minisign.PublicKey(id: id, key: Court.signer(2).publicKey), text, file) == .fileChanged)
    for length in 0..<text.count - 1 { #expect(refusal(key, String(text.prefix(length)), file) != nil) }
    #expect(refusal(key, text.replacing("=\n", with: "\n"), file) == .malformed)
}

/// Where minisign lies: `MINISIGN`, or where Debian puts it.
private let program: String? = {
    let places = [ProcessInfo.processInfo.environment["MINISIGN"], "/usr/bin/minisign"]
    return places.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
}()

private func minisign(_ arguments: [String], in directory: URL) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program ?? "/nowhere")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
}

private let files = ProcessInfo.processInfo.environment["TRUST_MINISIGN_FILES"].flatMap { Int($0) } ?? 50

@Test(.enabled(if: program != nil, "there is no minisign here: apt-get install minisign"))
func minisignAndWeAgreeInBothDirections() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "marram-minisign-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: directory.appending(path: name)) }
    func read(_ name: String) throws -> String {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8)
    }

    #expect(try minisign(["-G", "-W", "-f", "-p", "their.pub", "-s", "their.key"], in: directory) == 0)
    let theirs = try Minisign.PublicKey(text: read("their.pub"))
    let ours = Minisign.PublicKey(id: id, key: Court.signer(1).publicKey)
    try write(Array(ours.text.utf8), "our.pub")
    var random = Random(seed: 11)
    for number in 0..<files {
        let file = (0..<Int(random.next() % 4_096)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try write(file, "file")
        try write(Array(signed(file).text.utf8), "file.minisig")
        #expect(try minisign(["-V", "-q", "-p", "our.pub", "-m", "file"], in: directory) == 0, "ours \(number)")

        // Every other one in the old way, without the hash.
        let way = number % 2 == 0 ? ["-S"] : ["-S", "-l"]
        let signing = way + ["-s", "their.key", "-m", "file", "-t", "file \(number)"]
        #expect(try minisign(signing, in: directory) == 0)
        let text = try read("file.minisig")
        #expect(refusal(theirs, text, file) == nil, "theirs \(number)")
        #expect(refusal(theirs, text, file + [1]) == .fileChanged)
        #expect(refusal(theirs, text.replacing("file \(number)", with: "file x"), file) == .commentChanged)
    }
    let file = Array("tampered".utf8)
    try write(file + [1], "file")
    try write(Array(signed(file).text.utf8), "file.minisig")
    #expect(try minisign(["-V", "-q", "-p", "our.pub", "-m", "file"], in: directory) != 0)
    try write(file, "file")
    try write(Array(signed(file).text.replacing("seq=7", with: "seq=8").utf8), "file.minisig")
    #expect(try minisign(["-V", "-q", "-p", "our.pub", "-m", "file"], in: directory) != 0)
}
