internal import Base

/// Calls every method of `ByteReader` in an order that the input chooses: the first byte says how many calls, the next
/// bytes which, the rest is what they read. What was read is written again at once and must be the same bytes.
func readBytes(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let calls = bytes.dropFirst().prefix(Int(first))
    let payload = Array(bytes.dropFirst(1 + calls.count))
    var reader = ByteReader(payload.raw)
    var writer = ByteWriter()
    for call in calls {
        let read = writer.count
        do throws(DecodeError) {
            try copy(call, from: &reader, to: &writer)
        } catch {
            // Whatever the failed call may have taken, it claimed nothing that was not there.
            precondition(reader.offset <= payload.count && reader.remaining >= 0, "read beyond the end")
            precondition(writer.count == read, "a call that failed gave out a value")
            return
        }
        precondition(writer.bytes == Array(payload[..<reader.offset]), "a value was accepted in a second encoding")
    }
    let isAtEnd = (try? reader.finish()) != nil
    precondition(isAtEnd == (writer.count == payload.count), "the end is not where the bytes end")
}

/// One value from reader to writer. The low five bits choose its type, the others a length limit.
private func copy(_ call: UInt8, from reader: inout ByteReader, to writer: inout ByteWriter) throws(DecodeError) {
    let limit = 1 << Int(call >> 5)
    switch call & 31 {
    case 0: writer.u8(try reader.u8())
    case 1: writer.u16(try reader.u16())
    case 2: writer.u32(try reader.u32())
    case 3: writer.u64(try reader.u64())
    case 4: writer.varint(try reader.varint())
    case 5:
        let count = try reader.count(atMost: limit)
        precondition(count <= limit, "a count above its limit")
        writer.varint(UInt64(count))
    case 6: writer.bool(try reader.bool())
    case 7: writer.bytes32(try reader.bytes32())
    case 8: writer.raw(try reader.raw(limit))
    case 9:
        let slice = try reader.slice(atMost: limit)
        precondition(slice.byteCount <= limit, "a slice above its limit")
        writer.slice(slice)
    case 10: writer.bytes(try reader.bytes(atMost: limit))
    case 11: writer.text(try reader.text(atMost: limit))
    case 12: writer.nodeID(try reader.nodeID())
    case 13: writer.digest(try reader.digest())
    case 14: writer.instant(try reader.instant())
    case 15: writer.interval(try reader.interval())
    case 16: writer.now(try reader.now())
    case 17: writer.address(try reader.address())
    case 18:
        let addresses = try reader.list(of: Address.self, atMost: limit)
        precondition(addresses.count <= limit, "a list above its limit")
        writer.list(addresses)
    default: writer.raw([try reader.u8()])
    }
}

/// Reads tag–length–value fields. Tags 1 to 8 are known; when none was skipped, writing the fields again must give the
/// same bytes.
func readFields(_ bytes: [UInt8]) {
    var fields: [(tag: UInt64, value: [UInt8])] = []
    var hasSkipped = false
    var reader = ByteReader(bytes.raw)
    do throws(DecodeError) {
        try reader.fields(atMost: 64) { tag, value throws(DecodeError) in
            guard (1...8).contains(tag) else {
                hasSkipped = true
                return false
            }
            fields.append((tag, [UInt8](copying: try value.raw(value.remaining))))
            return true
        }
    } catch {
        return
    }
    precondition(reader.remaining == 0, "fields reach to the end")
    precondition(zip(fields, fields.dropFirst()).allSatisfy { $0.tag < $1.tag }, "tags do not rise")
    var writer = ByteWriter()
    for field in fields { writer.field(field.tag) { $0.raw(field.value) } }
    precondition(hasSkipped || writer.bytes == bytes, "fields were accepted in a second encoding")
}
