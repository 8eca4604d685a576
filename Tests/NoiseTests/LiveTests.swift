import Base
import Crypto
import Foundation
import Testing

@testable import Noise

/// Handshakes with another implementation. `Tools/bench/noise-live` fetches it and says here where it is.
@Suite struct LiveTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test(.enabled(if: environment["MARRAM_NOISE_PYTHON"] != nil, "Tools/bench/noise-live runs this"))
    func anotherImplementationUnderstandsUs() throws {
        let peer = try Peer(python: Self.environment["MARRAM_NOISE_PYTHON"] ?? "")
        let wanted = Int(Self.environment["MARRAM_NOISE_HANDSHAKES"] ?? "") ?? 1_000
        var entropy = Entropy.system
        for noise in [NoiseProtocol.ours, .joining] {
            var spoken = 0
            for number in 0..<wanted {
                try speak(noise, number.isMultiple(of: 2) ? .initiator : .responder, peer, &entropy)
                spoken += 1
            }
            print("\(noise.name): \(spoken) handshakes")
        }
    }

    /// One whole conversation, with ourselves in `role`, and a packet each way after it.
    private func speak(_ noise: NoiseProtocol, _ role: HandshakeRole, _ peer: Peer, _ entropy: inout Entropy) throws {
        let prologue = entropy.bytes(Int(entropy.bytes(1)[0]))
        let psk = noise.presharedKey.map { _ in entropy.bytes(32) }
        let theirSecret = entropy.bytes(32)
        let theirs = key(theirSecret).publicKey
        let own = AgreementKey(from: &entropy)
        let isInitiator = role == .initiator
        let handshake = Handshake(
            noise, role, prologue: prologue.raw, own: own.publicKey,
            remoteStatic: isInitiator && noise.table.knowsResponder ? theirs : nil,
            presharedKey: psk.map { secret($0) })
        let knowsUs = !isInitiator && noise.table.knowsResponder
        var side = Side(handshake, own)
        _ = try peer.order(
            "start", noise.name, isInitiator ? "responder" : "initiator", spelled(prologue), psk.map(spelled) ?? "-",
            spelled(theirSecret), knowsUs ? spelled(side.key.publicKey.bytes.bytes) : "-")

        for number in 0..<noise.messageCount {
            let payload = entropy.bytes(number * 7)
            if number.isMultiple(of: 2) == isInitiator {
                let message = try side.write(payload, ephemeral: entropy.bytes(32))
                let read = try peer.order("read", spelled(message))
                try #require(read == payload)
            } else {
                let message = try peer.order("write", spelled(payload))
                let read = try side.read(message)
                try #require(read == payload)
            }
        }
        let hash = side.handshake.hash
        let theirHash = try peer.order("hash")
        try #require(hash == theirHash)
        let remote = side.handshake.remoteStatic
        try #require(remote == theirs)

        let keys = side.handshake.split()
        let text = entropy.bytes(40)
        var packet = text + [UInt8](repeating: 0, count: SealingKey.tagByteCount)
        var span = packet.mutableRaw
        var answer = try peer.order("seal", spelled(text))
        var received = answer.mutableRaw
        if isInitiator {
            keys.initiatorToResponder.seal(&span, after: 0, counter: 0)
            _ = try keys.responderToInitiator.open(&received, after: 0, counter: 0)
        } else {
            keys.responderToInitiator.seal(&span, after: 0, counter: 0)
            _ = try keys.initiatorToResponder.open(&received, after: 0, counter: 0)
        }
        try #require(Array(answer.prefix(text.count)) == text)
        let opened = try peer.order("open", spelled(packet))
        try #require(opened == text)
    }

    private func spelled(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "-" : hexadecimal(bytes) }
}

/// The process that speaks for the other implementation. It ends when its input does.
private final class Peer {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread: [UInt8] = []

    struct Gone: Error {}

    init(python: String) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Tools/bench/noise-peer.py").standardized
        process.executableURL = URL(filePath: python)
        process.arguments = [script.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func order(_ words: String...) throws -> [UInt8] {
        try input.fileHandleForWriting.write(contentsOf: Data((words.joined(separator: " ") + "\n").utf8))
        while true {
            if let end = unread.firstIndex(of: 0x0A) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                return line == "-" ? [] : hex(line)
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Gone() }
            unread += more
        }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
