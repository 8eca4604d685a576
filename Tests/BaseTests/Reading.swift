import Base

/// Decodes a whole value from `bytes`: `body` must use up every byte.
func read<Value>(_ bytes: [UInt8], _ body: (inout ByteReader) throws -> Value) throws -> Value {
    var reader = ByteReader(bytes.raw)
    let value = try body(&reader)
    try reader.finish()
    return value
}

/// Why `bytes` are refused, or nil when they are accepted.
func refusal<Value>(of bytes: [UInt8], _ body: (inout ByteReader) throws -> Value) -> DecodeError? {
    do {
        _ = try read(bytes, body)
        return nil
    } catch let error as DecodeError {
        return error
    } catch {
        fatalError("a reader threw something other than a DecodeError: \(error)")
    }
}

func written(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    body(&writer)
    return writer.bytes
}

/// Moments of a made-up world: milliseconds on both clocks.
func now(_ instant: UInt64 = 0, wall: Int64) -> Now {
    Now(instant: Instant(nanoseconds: instant * 1_000_000), wall: WallTime(milliseconds: wall))
}

extension Random {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// A number whose width is drawn first, so that small and large ones are equally likely.
    mutating func anyWidth() -> UInt64 { next() >> UInt64(below(64)) }
}
