package import Base
internal import Crypto
internal import Membership
internal import Registry
internal import Replication
internal import Trust
internal import Vitals

extension Switchboard.Input: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .received(let frame, let peer, let source):
            writer.u8(1)
            writer.nodeID(peer)
            writer.address(source)
            frame.encode(into: &writer)
        case .performed(.leave): writer.u8(2)
        case .persisted(let ticket):
            writer.u8(3)
            writer.u64(ticket.number)
        case .woken: writer.u8(4)
        case .performed(.signed(let seal, let life)):
            writer.u8(5)
            seal.encode(into: &writer)
            life.encode(into: &writer)
        case .performed(.heard(let call)):
            writer.u8(6)
            call.encode(into: &writer)
        case .performed(.write(let id, let changes)):
            writer.u8(7)
            writer.u64(id.number)
            writer.list(changes)
        case .performed(.attested(let id, let signature)):
            writer.u8(8)
            writer.digest(id)
            signature.encode(into: &writer)
        case .met(let peer, let isMine):
            writer.u8(9)
            writer.nodeID(peer)
            writer.bool(isMine)
        case .performed(.take(let records)):
            writer.u8(10)
            writer.list(records)
        case .performed(.verified(let ticket, let truths)):
            writer.u8(11)
            writer.u64(ticket.number)
            writer.varint(UInt64(truths.count))
            for truth in truths { writer.bool(truth) }
        case .performed(.judged(let ticket, let valid)):
            writer.u8(12)
            writer.u64(ticket.number)
            writer.varint(UInt64(valid))
        case .performed(.road(let peer, let road)):
            writer.u8(13)
            writer.nodeID(peer)
            writer.u8(road.rawValue)
        case .performed(.evict(let member)):
            writer.u8(14)
            writer.nodeID(member)
        case .performed(.settle(let dots)):
            writer.u8(15)
            writer.list(dots)
        case .performed(.goOver(let key)):
            writer.u8(16)
            key.encode(into: &writer)
        case .performed(.end): writer.u8(17)
        case .performed(.accuse(let word)):
            writer.u8(18)
            word.encode(into: &writer)
        case .performed(.setVital(let key, let value)):
            writer.u8(19)
            writer.bytes(key)
            writer.bool(value != nil)
            if let value { writer.bytes(value) }
        case .performed(.signedSheet(let version, let signature)):
            writer.u8(20)
            version.encode(into: &writer)
            signature.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1:
            let peer = try reader.nodeID()
            let source = try reader.address()
            self = .received(try Frame(from: &reader), from: peer, source: source)
        case 2: self = .performed(.leave)
        case 3: self = .persisted(Ticket(number: try reader.u64()))
        case 4: self = .woken
        case 5: self = .performed(.signed(try Seal(from: &reader), try Life(from: &reader)))
        case 6: self = .performed(.heard(try Call(from: &reader)))
        case 7:
            let id = RequestID(number: try reader.u64())
            self = .performed(.write(id, try reader.list(of: Change.self, atMost: Limits.operations)))
        case 8:
            let id = try reader.digest()
            self = .performed(.attested(id, try Signature(from: &reader)))
        case 9:
            let peer = try reader.nodeID()
            self = .met(peer, isMine: try reader.bool())
        case 10: self = .performed(.take(try reader.list(of: Record.self, atMost: Limits.recordsHandedIn)))
        case 11:
            let ticket = Ticket(number: try reader.u64())
            var truths: [Bool] = []
            for _ in 0..<(try reader.count(atMost: 2 * Limits.operations)) { truths.append(try reader.bool()) }
            self = .performed(.verified(ticket, truths))
        case 12:
            let ticket = Ticket(number: try reader.u64())
            self = .performed(.judged(ticket, valid: try reader.count(atMost: Limits.operations)))
        case 13:
            let peer = try reader.nodeID()
            guard let road = ReplicationEngine.Road(rawValue: try reader.u8()) else { throw .unknown }
            self = .performed(.road(peer, road))
        case 14: self = .performed(.evict(try reader.nodeID()))
        case 15: self = .performed(.settle(try reader.list(of: Dot.self, atMost: Limits.operations)))
        case 16: self = .performed(.goOver(to: try SignerKey(from: &reader)))
        case 17: self = .performed(.end)
        case 18: self = .performed(.accuse(try SignedCharge(from: &reader)))
        case 19:
            let key = try reader.bytes(atMost: Limits.keyBytes)
            self = .performed(.setVital(key, try reader.bool() ? try reader.bytes(atMost: Limits.sheetBytes) : nil))
        case 20:
            let version = try Sheet.Version(from: &reader)
            self = .performed(.signedSheet(version, try Signature(from: &reader)))
        default: throw .unknown
        }
    }
}
