package import Base

/// What our own side wants to change, as a recording keeps it.
extension Change: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .put(let kind, let key, let value, let resolves):
            start(1, key, &writer)
            writer.u8(kind.rawValue)
            writer.bytes(value)
            writer.bool(resolves)
        case .remove(let kind, let key):
            start(2, key, &writer)
            writer.u8(kind.rawValue)
        case .include(let kind, let key, let element):
            start(3, key, &writer)
            writer.u8(kind.rawValue)
            writer.bytes(element)
        case .exclude(let kind, let key, let element):
            start(4, key, &writer)
            writer.u8(kind.rawValue)
            writer.bytes(element)
        case .turn(let kind, let key, let on):
            start(5, key, &writer)
            writer.u8(kind.rawValue)
            writer.bool(on)
        case .add(let key, let amount):
            start(6, key, &writer)
            writer.u64(UInt64(bitPattern: amount))
        case .bound(let kind, let key, let value):
            start(7, key, &writer)
            writer.u8(kind.rawValue)
            writer.u64(UInt64(bitPattern: value))
        case .deposit(let key, let amount):
            start(8, key, &writer)
            writer.varint(amount)
        case .spend(let key, let amount):
            start(9, key, &writer)
            writer.varint(amount)
        case .give(let key, let amount, let receiver):
            start(10, key, &writer)
            writer.varint(amount)
            receiver.encode(into: &writer)
        case .report(let key, let value):
            start(11, key, &writer)
            writer.bytes(value)
        case .append(let key, let value, let keeps):
            start(12, key, &writer)
            writer.bytes(value)
            writer.varint(UInt64(keeps ?? 0))
        }
    }

    private func start(_ tag: UInt8, _ key: [UInt8], _ writer: inout ByteWriter) {
        writer.u8(tag)
        writer.bytes(key)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let tag = try reader.u8()
        let key = try reader.bytes(atMost: Limits.keyBytes)
        func readKind(_ reader: inout ByteReader) throws(DecodeError) -> Kind {
            guard let kind = Kind(rawValue: try reader.u8()) else { throw .unknown }
            return kind
        }
        func readAmount(_ reader: inout ByteReader) throws(DecodeError) -> UInt64 {
            let amount = try reader.varint()
            guard amount <= Limits.escrowed else { throw .outOfRange }
            return amount
        }
        switch tag {
        case 1:
            let kind = try readKind(&reader)
            let value = try reader.bytes(atMost: Limits.transactionBytes)
            self = .put(kind, key: key, value: value, resolves: try reader.bool())
        case 2: self = .remove(try readKind(&reader), key: key)
        case 3: self = .include(try readKind(&reader), key: key, element: try reader.bytes(atMost: Limits.keyBytes))
        case 4: self = .exclude(try readKind(&reader), key: key, element: try reader.bytes(atMost: Limits.keyBytes))
        case 5: self = .turn(try readKind(&reader), key: key, on: try reader.bool())
        case 6: self = .add(key: key, Int64(bitPattern: try reader.u64()))
        case 7: self = .bound(try readKind(&reader), key: key, Int64(bitPattern: try reader.u64()))
        case 8: self = .deposit(key: key, try readAmount(&reader))
        case 9: self = .spend(key: key, try readAmount(&reader))
        case 10: self = .give(key: key, try readAmount(&reader), to: try Writer(from: &reader))
        case 11: self = .report(key: key, value: try reader.bytes(atMost: Limits.transactionBytes))
        case 12:
            let value = try reader.bytes(atMost: Limits.transactionBytes)
            let keeps = try reader.count(atMost: Limits.keptEntries)
            self = .append(key: key, value: value, keeps: keeps > 0 ? keeps : nil)
        default: throw .unknown
        }
    }
}
