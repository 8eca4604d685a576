package import Base
internal import Crypto
internal import Trust

/// What both sides say of themselves inside a handshake, sealed. Later versions add fields.
package struct Greeting {
    /// Who speaks: sent by whoever the other side cannot know yet.
    var introduction: Introduction?
    /// Drawn when the process started. Two handshakes at one time are told from a restart by it.
    var life: UInt64
    /// The receiver's index of the session that this one goes on from: streams outlive their keys. Zero for none.
    var continues: UInt32 = 0
    /// The answer to "begin again".
    var proof: FreshProof?

    private enum Tag {
        static let introduction: UInt64 = 1
        static let life: UInt64 = 3
        static let continues: UInt64 = 5
        static let proof: UInt64 = 7
    }

    /// A greeting of a later version with more in it still fits a handshake of 1,200 bytes.
    static let largestFieldBytes = 512
}

extension Greeting: WireValue {
    package func encode(into writer: inout ByteWriter) {
        if let introduction { writer.field(Tag.introduction) { introduction.encode(into: &$0) } }
        writer.field(Tag.life) { $0.u64(life) }
        if continues != 0 { writer.field(Tag.continues) { $0.u32(continues) } }
        if let proof { writer.field(Tag.proof) { proof.encode(into: &$0) } }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        var life: UInt64?
        var greeting = Greeting(introduction: nil, life: 0)
        try reader.fields(atMost: Self.largestFieldBytes) { tag, value throws(DecodeError) in
            switch tag {
            case Tag.introduction: greeting.introduction = try Introduction(from: &value)
            case Tag.life: life = try value.u64()
            case Tag.continues: greeting.continues = try Self.index(&value)
            case Tag.proof: greeting.proof = try FreshProof(from: &value)
            default: return false
            }
            return true
        }
        guard let life else { throw .truncated }
        greeting.life = life
        self = greeting
    }

    /// Zero is said by leaving the field out.
    private static func index(_ value: inout ByteReader) throws(DecodeError) -> UInt32 {
        let index = try value.u32()
        guard index != 0 else { throw .notCanonical }
        return index
    }
}

/// What a node sends that got a beginning which may be an old one: a number, and a code over it, the beginning's own
/// key and the address that it came from. Whoever sends it back inside a new beginning is alive now. The node that
/// made it remembers nothing.
struct FreshProof {
    var nonce: UInt64
    var ephemeral: AgreementPublicKey
    var code: AuthenticationCode
}

extension FreshProof: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.u64(nonce)
        ephemeral.encode(into: &writer)
        code.encode(into: &writer)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        nonce = try reader.u64()
        ephemeral = try AgreementPublicKey(from: &reader)
        code = try AuthenticationCode(from: &reader)
    }
}
