package import Base

extension MembershipMessage: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .hello(let record, let pulse):
            writer.u8(1)
            writer.varint(pulse)
            record.encode(into: &writer)
        case .beat(let beat):
            writer.u8(2)
            beat.encode(into: &writer)
        case .ping(let number, let pulse, let held):
            writer.u8(3)
            writer.varint(number)
            writer.varint(pulse)
            writer.optional(held) { $1.encode(into: &$0) }
        case .pong(let number, let pulse):
            writer.u8(4)
            writer.varint(number)
            writer.varint(pulse)
        case .accuse(let word):
            writer.u8(5)
            word.encode(into: &writer)
        case .witness(let charge):
            writer.u8(6)
            charge.encode(into: &writer)
        case .seek(let charge):
            writer.u8(13)
            charge.encode(into: &writer)
        case .news(let claims):
            writer.u8(7)
            Claim.encode(claims, into: &writer)
        case .offer(let marks):
            writer.u8(8)
            writer.list(marks)
        case .want(let ids):
            writer.u8(9)
            writer.varint(UInt64(ids.count))
            for id in ids { writer.nodeID(id) }
        case .known(let hashes):
            writer.u8(10)
            writer.varint(UInt64(hashes.count))
            for hash in hashes { writer.u64(hash) }
        case .ask(let question):
            writer.u8(11)
            question.encode(into: &writer)
        case .told(let answer):
            writer.u8(12)
            answer.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1:
            let pulse = try Life.pulse(from: &reader)
            self = .hello(try MemberRecord(from: &reader), pulse: pulse)
        case 2: self = .beat(try Beat(from: &reader))
        case 3:
            let number = try reader.varint()
            let pulse = try Life.pulse(from: &reader)
            self = .ping(number: number, pulse: pulse, held: try reader.bool() ? try Held(from: &reader) : nil)
        case 4: self = .pong(number: try reader.varint(), pulse: try Life.pulse(from: &reader))
        case 5: self = .accuse(try SignedCharge(from: &reader))
        case 6: self = .witness(try Charge(from: &reader))
        case 7: self = .news(try Claim.list(from: &reader))
        case 8: self = .offer(try reader.list(of: Mark.self, atMost: Limits.claimsPerMessage))
        case 9:
            var ids: [NodeID] = []
            for _ in 0..<(try reader.count(atMost: Limits.claimsPerMessage)) { ids.append(try reader.nodeID()) }
            self = .want(ids)
        case 10:
            var hashes: [UInt64] = []
            for _ in 0..<(try reader.count(atMost: Limits.marksPerMessage)) { hashes.append(try reader.u64()) }
            self = .known(hashes)
        case 11: self = .ask(try Question(from: &reader))
        case 12: self = .told(try Answer(from: &reader))
        case 13: self = .seek(try Charge(from: &reader))
        default: throw .unknown
        }
    }
}

extension Life {
    /// A number of a beat: counted, and so never larger than what can be counted.
    static func pulse(from reader: inout ByteReader) throws(DecodeError) -> UInt64 {
        let pulse = try reader.varint()
        guard pulse <= Limits.counted else { throw .outOfRange }
        return pulse
    }
}

extension Life: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(boot)
        writer.varint(beat)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        self.init(boot: try reader.varint(), beat: try reader.varint())
        guard boot <= Limits.counted, beat <= Limits.counted else { throw .outOfRange }
    }
}

extension Beat: WireValue {
    package func encode(into writer: inout ByteWriter) {
        life.encode(into: &writer)
        writer.varint(pulse)
        writer.varint(echo)
        writer.varint(echoAge)
        writer.u8(loss)
        writer.u64(root)
        writer.varint(UInt64(interval.milliseconds))
        writer.u8((isDeaf ? 1 : 0) | (coordinate == nil ? 0 : 2))
        coordinate?.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        life = try Life(from: &reader)
        pulse = try Life.pulse(from: &reader)
        echo = try Life.pulse(from: &reader)
        echoAge = try reader.varint()
        loss = try reader.u8()
        root = try reader.u64()
        let longest = MembershipSettings.intervals.upperBound
        interval = .milliseconds(Int64(try reader.count(atMost: Int(longest.milliseconds))))
        guard MembershipSettings.intervals.contains(interval) else { throw .outOfRange }
        // Two truths in one byte: whoever speaks of no coordinate needs no byte to say so.
        let truths = try reader.u8()
        guard truths < 4 else { throw .outOfRange }
        isDeaf = truths & 1 != 0
        coordinate = truths & 2 != 0 ? try Coordinate(from: &reader) : nil
    }
}

extension Held: WireValue {
    package func encode(into writer: inout ByteWriter) {
        life.encode(into: &writer)
        writer.varint(pulse)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        life = try Life(from: &reader)
        pulse = try Life.pulse(from: &reader)
    }
}

extension Charge: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(subject)
        life.encode(into: &writer)
        writer.varint(pulse)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        subject = try reader.nodeID()
        life = try Life(from: &reader)
        pulse = try Life.pulse(from: &reader)
    }
}

extension Mark: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(subject)
        life.encode(into: &writer)
        writer.u8(standing.rawValue)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        subject = try reader.nodeID()
        life = try Life(from: &reader)
        guard let standing = Standing(rawValue: try reader.u8()) else { throw .outOfRange }
        self.standing = standing
    }
}

extension Claim: WireValue {
    /// A list of claims: each says only what is not as in the one before it.
    static func encode(_ claims: [Claim], into writer: inout ByteWriter) {
        writer.varint(UInt64(claims.count))
        var last: MemberRecord?
        for claim in claims {
            claim.encode(after: last, into: &writer)
            last = claim.record
        }
    }

    static func list(from reader: inout ByteReader) throws(DecodeError) -> [Claim] {
        var claims: [Claim] = []
        for _ in 0..<(try reader.count(atMost: Limits.claimsPerMessage)) {
            claims.append(try Claim(after: claims.last?.record, from: &reader))
        }
        return claims
    }

    package func encode(into writer: inout ByteWriter) { encode(after: nil, into: &writer) }

    private func encode(after last: MemberRecord?, into writer: inout ByteWriter) {
        record.encode(standing, hasShortKey: hasShortKey, after: last, into: &writer)
        if standing == .down { writer.list(accusations) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) { try self.init(after: nil, from: &reader) }

    private init(after last: MemberRecord?, from reader: inout ByteReader) throws(DecodeError) {
        (record, standing, hasShortKey) = try MemberRecord.inClaim(after: last, from: &reader)
        accusations = standing == .down ? try Accusation.list(from: &reader) : []
    }
}

extension Question: WireValue {
    package func encode(into writer: inout ByteWriter) {
        asker.encode(into: &writer)
        writer.varint(pulse)
        writer.u64(root)
        writer.u64(salt)
        writer.u8(partBits | (readsShortKeys ? 128 : 0))
        writer.u16(part)
        writer.varint(UInt64(count))
        writer.bytes(filter)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        asker = try MemberRecord(from: &reader)
        pulse = try Life.pulse(from: &reader)
        root = try reader.u64()
        salt = try reader.u64()
        let choices = try reader.u8()
        readsShortKeys = choices & 128 != 0
        partBits = choices & 127
        part = try reader.u16()
        guard partBits <= 16, Int(part) < 1 << Int(partBits) else { throw .outOfRange }
        count = try reader.count(atMost: Limits.members + 1)
        filter = try reader.bytes(atMost: Limits.filterBytes)
        guard !filter.isEmpty else { throw .outOfRange }
    }
}

extension Answer: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(pulse)
        writer.u64(root)
        writer.u8(rest.rawValue)
        Claim.encode(claims, into: &writer)
        writer.varint(UInt64(doors.count))
        for door in doors { door.encodeShort(into: &writer) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        pulse = try Life.pulse(from: &reader)
        root = try reader.u64()
        guard let rest = Rest(rawValue: try reader.u8()) else { throw .outOfRange }
        self.rest = rest
        claims = try Claim.list(from: &reader)
        doors = []
        for _ in 0..<(try reader.count(atMost: Limits.doorsPerAnswer)) {
            doors.append(try Address(short: &reader))
        }
    }
}
