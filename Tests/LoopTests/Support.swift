import Base
import Testing

@testable import Loop

/// Runs a loop until `done`, asked at the end of each turn, or `stop`. A watchdog ends a run that hangs, and fails the
/// test.
func run(_ loop: EventLoop, until done: (() -> Bool)? = nil) throws {
    let watchdog = try Timer(on: loop)
    watchdog.onFire {
        Issue.record("the watchdog ended the run")
        loop.stop()
    }
    watchdog.arm(at: loop.now().instant + .seconds(20))
    if let done {
        withoutActuallyEscaping(done) { done in
            loop.onTurnEnd = { if done() { loop.stop() } }
            loop.run()
            loop.onTurnEnd = nil
        }
    } else {
        loop.run()
    }
    watchdog.disarm()
}

/// 127.0.0.1, at a port of the kernel's choice.
let loopback = Address(v4: 0x7F00_0001, port: 0)
/// ::1, at a port of the kernel's choice.
let loopbackV6 = Address(high: 0, low: 1, port: 0)

extension RawSpan {
    var bytes: [UInt8] { (0..<byteCount).map { unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
    var text: String { bytes.text }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}

/// A place for what callbacks saw.
final class Seen<Value> {
    var values: [Value] = []
}

// Arrays where the room takes spans: `#expect` cannot pass those on.
extension SendQueue {
    func take(_ bytes: [UInt8], to address: Address) -> Bool { put(bytes.raw, to: address) }
}

extension UDPSocket {
    func send(_ bytes: [UInt8], to address: Address) { send(bytes.raw, to: address) }
}

extension ByteStream {
    func write(_ bytes: [UInt8]) throws(LoopError) { try write(bytes.raw) }
    func write(_ text: String) throws(LoopError) { try write(Array(text.utf8)) }
}
