internal import Base

extension Bench {
    /// Base's reader and writer, on a record such as gossip is made of.
    static let codec = Bench(
        name: "codec", measures: "encode and decode one record of gossip, against copying its bytes"
    ) {
        let record = Record.sample
        let encoded = record.encoded
        let copying = Copying(encoded.count)

        var writer = ByteWriter(capacity: encoded.count)
        let encode = measure(
            { count in
                for _ in 0..<count {
                    writer.removeAll()
                    record.encode(into: &writer)
                    keep(writer.count)
                }
            }, against: copying.run)
        let decode = measure(
            { count in
                for _ in 0..<count { keep(try? Record(decoding: encoded.raw)) }
            }, against: copying.run)

        return [
            Figure("bytes_per_record", Double(encoded.count)),
            Figure("nanoseconds_per_encode", encode.subject.nanoseconds),
            Figure("encode_times_copy", encode.subject.times(encode.floor)),
            Figure("mallocs_per_encode", encode.subject.allocations),
            Figure("nanoseconds_per_decode", decode.subject.nanoseconds),
            Figure("decode_times_copy", decode.subject.times(decode.floor)),
            Figure("mallocs_per_decode", decode.subject.allocations),
            Figure("nanoseconds_per_copy", min(encode.floor.nanoseconds, decode.floor.nanoseconds)),
        ]
    }
}

/// A bit of everything that records hold: an id, an address, numbers short and long, a choice.
private struct Record: WireValue {
    var node: NodeID
    var address: Address
    var incarnation: UInt64
    var state: UInt8
    var view: Digest
    var heard: Instant

    static let sample = Record(
        node: NodeID(Bytes32(1, 2, 3, 4)), address: Address(v4: 0x0A09_000B, port: 7_946), incarnation: 300, state: 2,
        view: Digest(Bytes32(5, 6, 7, 8)), heard: Instant(nanoseconds: 86_400_000_000_000))
}

extension Record {
    func encode(into writer: inout ByteWriter) {
        writer.nodeID(node)
        writer.address(address)
        writer.varint(incarnation)
        writer.u8(state)
        writer.digest(view)
        writer.instant(heard)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        node = try reader.nodeID()
        address = try reader.address()
        incarnation = try reader.varint()
        state = try reader.u8()
        view = try reader.digest()
        heard = try reader.instant()
    }
}
