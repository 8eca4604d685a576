import Base
import Testing

@testable import Crypto

/// The bytes that `text` spells; white space is for the reader.
func hex(_ text: String) -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text.filter { !$0.isWhitespace }) else {
        fatalError("not hexadecimal: \(text)")
    }
    return bytes
}

func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes.raw) }

func revealed(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withBytes { [UInt8](copying: $0) } }

func decoded<Value: WireValue>(_ type: Value.Type, _ bytes: [UInt8]) -> Value {
    do {
        return try Value(decoding: bytes.raw)
    } catch {
        fatalError("not a \(type): \(bytes)")
    }
}

/// What `body` throws, or nil when it does not.
func refusal(_ body: () throws -> Void) -> CryptoError? {
    do {
        try body()
        return nil
    } catch let error as CryptoError {
        return error
    } catch {
        fatalError("something other than a CryptoError was thrown: \(error)")
    }
}

/// `bytes` with one bit turned over.
func tampered(_ bytes: [UInt8], bit: Int) -> [UInt8] {
    var bytes = bytes
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return bytes
}

/// A packet's header for tests, and bytes that are easy to recognise.
let header = Array("sixteen bytes of".utf8)
func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 + 1) } }
