package import Base
package import Crypto

/// A promise of an operator, or of whoever may invite, to whoever holds the invite key. It is given to the newcomer and
/// shown by it; the members keep nothing of it until it is redeemed, so invitations never pile up in the law.
package struct Invite: Hashable, Sendable {
    /// The head of the root chain that the inviter knew.
    package let head: Digest
    /// The inviter's grant; nil for an operator.
    package let authority: Digest?
    package let inviter: SignerKey
    /// The public half of a key that the token carries.
    package let key: SignerKey
    package let terms: Grant.Terms
    package let uses: UInt16
    /// A sponsor asks its time bracket. No record that was accepted becomes void by it.
    package let expires: WallTime

    package init(
        head: Digest, authority: Digest?, inviter: SignerKey, key: SignerKey, terms: Grant.Terms, uses: UInt16,
        expires: WallTime
    ) {
        self.head = head
        self.authority = authority
        self.inviter = inviter
        self.key = key
        self.terms = terms
        self.uses = uses
        self.expires = expires
    }
}

extension Invite: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(head)
        writer.optional(authority)
        inviter.encode(into: &writer)
        key.encode(into: &writer)
        terms.encode(into: &writer)
        writer.u16(uses)
        writer.wallTime(expires)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        head = try reader.digest()
        authority = try reader.optional(Digest.self)
        inviter = try SignerKey(from: &reader)
        key = try SignerKey(from: &reader)
        terms = try Grant.Terms(from: &reader)
        uses = try reader.u16()
        expires = try reader.wallTime()
        guard (1...Limits.invitationUses).contains(Int(uses)) else { throw .outOfRange }
    }
}

extension Record {
    /// What it promises, when it is an invite.
    package var promise: Invite? {
        guard case .invite(let promise)? = try? Statement(decoding: body.raw) else { return nil }
        return promise
    }
}

/// What a sponsor writes when somebody came with an invitation: all that others need to judge it without having been
/// there.
package struct Redemption: Hashable, Sendable {
    /// The invite as it was shown.
    package let invite: Record
    package let node: NodeKeys
    /// What both ends of the handshake computed. The invite key signs it, so that whoever relays a conversation to
    /// another sponsor has nothing to show.
    package let channel: Bytes32
    package let signature: Signature

    package init(invite: Record, node: NodeKeys, channel: Bytes32, signature: Signature) {
        self.invite = invite
        self.node = node
        self.channel = channel
        self.signature = signature
    }

    static let kind = StatementKind("redeem")

    /// What the invite key signs.
    package static func text(invite: Digest, node: NodeKeys, channel: Bytes32) -> [UInt8] {
        var writer = ByteWriter()
        writer.digest(invite)
        node.encode(into: &writer)
        writer.bytes32(channel)
        return writer.bytes
    }

    /// Redeems on the newcomer's side.
    package init(
        _ invite: Record, as node: NodeKeys, over channel: Bytes32, with key: borrowing SigningKey, in mesh: Digest
    ) {
        let text = Self.text(invite: invite.id, node: node, channel: channel)
        self.init(
            invite: invite, node: node, channel: channel, signature: key.sign(text.raw, as: Self.kind, in: mesh))
    }

    /// The invite, when all signatures of the redemption are true.
    package func verified(in mesh: Digest) throws(RecordRefusal) -> Invite {
        guard case .invite(let promise) = try Verified(invite, in: mesh).statement else { throw .wrongKind }
        let text = Self.text(invite: invite.id, node: node, channel: channel)
        do throws(CryptoError) {
            try promise.key.key.verify(signature, of: text.raw, as: Self.kind, in: mesh)
        } catch {
            throw .notAuthentic
        }
        return promise
    }
}

extension Redemption: WireValue {
    package func encode(into writer: inout ByteWriter) {
        invite.encode(into: &writer)
        node.encode(into: &writer)
        writer.bytes32(channel)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        invite = try Record(from: &reader)
        node = try NodeKeys(from: &reader)
        channel = try reader.bytes32()
        signature = try Signature(from: &reader)
    }
}
