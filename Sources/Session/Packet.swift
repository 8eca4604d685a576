internal import Base
internal import Crypto

/// How packets lie on the wire: four bytes that all have in common, then what the kind demands. docs/wire.md has the
/// tables. Nothing in the clear names a node: indices are drawn anew for every session, and both ends know only their
/// own.
enum Packet {
    static let version: UInt8 = 1
    static let commonBytes = 4
    /// Version, kind, phase, zero; the receiver's index; the number.
    static let dataHeaderBytes = 16
    static let codeBytes = AuthenticationCode.byteCount
    /// Both codes, at the end of every packet of a handshake.
    static let codesBytes = 2 * codeBytes

    enum Kind: UInt8 {
        /// A member begins: Noise IK, its first message.
        case first = 1
        /// And is answered.
        case second = 2
        /// "Say that again, with this": for a sender that has not shown that it receives at its address.
        case cookie = 3
        case data = 4
        /// "Begin again, with this": for a beginning that may be an old one.
        case fresh = 5
        /// Somebody begins who does not know the node it writes to: Noise XX, its first message.
        case knock = 6
        case answer = 7
        case confirm = 8
        /// A call on the local net; it has a port of its own.
        case beacon = 9
    }

    /// The kind of a packet that looks like one of ours. The third byte is the phase in data and zero in the others.
    static func kind(of packet: RawSpan) throws(Refusal) -> Kind {
        var reader = ByteReader(packet)
        guard packet.byteCount >= dataHeaderBytes else { throw .badLength }
        guard let version = try? reader.u8(), let code = try? reader.u8(), let phase = try? reader.u8(),
            let zero = try? reader.u8(), version == Self.version, let kind = Kind(rawValue: code), zero == 0,
            phase == 0 || kind == .data
        else { throw .badHeader }
        return kind
    }

    static func begin(_ kind: Kind, phase: UInt8 = 0, in arena: inout ByteWriter) {
        arena.u8(version)
        arena.u8(kind.rawValue)
        arena.u8(phase)
        arena.u8(0)
    }
}

/// The readable part of a sealed packet.
struct DataHeader {
    var phase: UInt8
    var receiver: UInt32
    var number: UInt64

    init(phase: UInt8, receiver: UInt32, number: UInt64) {
        self.phase = phase
        self.receiver = receiver
        self.number = number
    }

    /// The caller has asked for the kind, so there are as many bytes.
    init(of packet: RawSpan) throws(Refusal) {
        var reader = ByteReader(packet)
        guard (try? reader.u16()) != nil, let phase = try? reader.u8(), (try? reader.u8()) != nil,
            let receiver = try? reader.u32(), let number = try? reader.u64()
        else { throw .badLength }
        self.init(phase: phase, receiver: receiver, number: number)
    }

    func write(into arena: inout ByteWriter) {
        Packet.begin(.data, phase: phase, in: &arena)
        arena.u32(receiver)
        arena.u64(number)
    }
}

/// The beginning of a member's first message, its first key included, which Noise leaves readable.
struct FirstHeader {
    /// Common, sender's index, count of beginnings.
    static let byteCount = Packet.commonBytes + 4 + 8

    let sender: UInt32
    let beginnings: UInt64
    let ephemeral: AgreementPublicKey

    init(of packet: RawSpan) throws(Refusal) {
        guard packet.byteCount <= Limits.handshakeBytes else { throw .badLength }
        var reader = ByteReader(packet)
        guard (try? reader.u32()) != nil, let sender = try? reader.u32(), let beginnings = try? reader.u64(),
            let ephemeral = try? AgreementPublicKey(from: &reader), reader.remaining > Packet.codesBytes
        else { throw .badLength }
        self.sender = sender
        self.beginnings = beginnings
        self.ephemeral = ephemeral
    }
}

struct KnockHeader {
    static let byteCount = Packet.commonBytes + 4

    let sender: UInt32
    let ephemeral: AgreementPublicKey

    init(of packet: RawSpan) throws(Refusal) {
        guard packet.byteCount <= Limits.handshakeBytes else { throw .badLength }
        var reader = ByteReader(packet)
        guard (try? reader.u32()) != nil, let sender = try? reader.u32(),
            let ephemeral = try? AgreementPublicKey(from: &reader), reader.remaining > Packet.codesBytes
        else { throw .badLength }
        self.sender = sender
        self.ephemeral = ephemeral
    }
}

/// The beginning of whatever answers: who answers, by the index that it chose, and whom, by the index that it was
/// given.
struct AnswerHeader {
    static let byteCount = Packet.commonBytes + 4 + 4

    let sender: UInt32
    let receiver: UInt32

    init(of packet: RawSpan) throws(Refusal) {
        guard packet.byteCount <= Limits.handshakeBytes else { throw .badLength }
        var reader = ByteReader(packet)
        guard (try? reader.u32()) != nil, let sender = try? reader.u32(), let receiver = try? reader.u32(),
            reader.remaining > Packet.codeBytes
        else { throw .badLength }
        self.sender = sender
        self.receiver = receiver
    }
}
