/// A value that crosses the wire or lies in a file: it has exactly one encoding, and whatever bytes do not spell that
/// encoding are refused.
package protocol WireValue {
    func encode(into writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(DecodeError)
}

extension WireValue {
    /// The value's bytes on their own.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.bytes
    }

    /// Decodes a value that is all of `bytes`.
    package init(decoding bytes: RawSpan) throws(DecodeError) {
        var reader = ByteReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }
}

extension ByteWriter {
    /// A count and the values.
    package mutating func list<Values: Collection>(_ values: Values) where Values.Element: WireValue {
        varint(UInt64(values.count))
        for value in values { value.encode(into: &self) }
    }
}

extension ByteReader {
    /// A count of at most `limit` and that many values. Grows as values prove to be there: a count alone allocates
    /// nothing.
    @_lifetime(self: copy self)
    package mutating func list<Value: WireValue>(
        of type: Value.Type, atMost limit: Int
    ) throws(DecodeError) -> [Value] {
        var values: [Value] = []
        for _ in 0..<(try count(atMost: limit)) { values.append(try Value(from: &self)) }
        return values
    }
}

extension Address: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.address(self) }
    package init(from reader: inout ByteReader) throws(DecodeError) { self = try reader.address() }
}

extension Fact: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u8(shelf)
        writer.bytes(key)
        writer.bool(value != nil)
        if let value { writer.bytes(value) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let shelf = try reader.u8()
        let key = try reader.bytes(atMost: Limits.factKeyBytes)
        let hasValue = try reader.bool()
        self.init(shelf: shelf, key: key, value: hasValue ? try reader.bytes(atMost: Limits.factValueBytes) : nil)
    }
}
