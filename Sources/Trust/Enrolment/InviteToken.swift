package import Base
package import Crypto

/// What a person carries to a new node: which mesh, a promise signed by somebody who may make it, the key that the
/// promise is to, and where to knock. It opens nothing by itself: it holds no secret of the mesh, and whoever finds it
/// can come as often as it has uses, be seen, and be sent away.
package struct InviteToken: ~Copyable {
    /// The mesh's id: the newcomer believes nobody whose root does not begin with it.
    package let mesh: Digest
    package let invite: Record
    /// Signs the redemption.
    package let key: SigningKey
    package let hints: [Address]

    private static let prefix = "MARRAM3-"
    private static let checkBytes = 4
    /// Far above the longest lawful terms, far below a page.
    private static let longestText = 32_768

    package init(
        mesh: Digest, invite: Record, key: consuming SigningKey, hints: [Address]
    ) {
        self.mesh = mesh
        self.invite = invite
        self.key = key
        self.hints = hints
    }

    /// The token for people: groups of five digits, the last bytes a check against mistyping. A secret: it is shown,
    /// and never logged.
    package var text: String {
        let bytes = encoded
        let digits = Array(Base32.text(of: bytes + Self.check(bytes)))
        let groups = stride(from: 0, to: digits.count, by: 5).map { String(digits[$0..<min($0 + 5, digits.count)]) }
        return Self.prefix + groups.joined(separator: "-")
    }

    /// All that it takes to write the invite again, byte by byte, and nothing that the reader can find out: the invite
    /// key follows from its seed, and what is usual is said with one byte.
    package var encoded: [UInt8] {
        guard let promise = invite.promise else { preconditionFailure("what invites is an invitation") }
        var writer = ByteWriter()
        writer.digest(mesh)
        key.withSeed { writer.raw($0) }
        writer.optional(promise.head == mesh ? nil : promise.head)
        writer.optional(promise.authority)
        promise.inviter.encode(into: &writer)
        writer.optional(promise.terms == Charter.everyNode ? nil : promise.terms)
        writer.u16(promise.uses)
        writer.wallTime(promise.expires)
        invite.seals[0].signature.encode(into: &writer)
        writer.list(hints.map(Hint.init))
        return writer.bytes
    }

    package enum Refusal: Error, Hashable, Sendable {
        case notAToken
        case mistyped
        case malformed
        /// Whoever made it did not sign it, or its key is not the one that the promise is to.
        case notAuthentic
    }

    package init(text: String) throws(Refusal) {
        let text = text.filter { !$0.isWhitespace }
        guard text.utf8.count <= Self.longestText, text.uppercased().hasPrefix(Self.prefix) else { throw .notAToken }
        guard let all = Base32.bytes(of: text.dropFirst(Self.prefix.count)), all.count > Self.checkBytes else {
            throw .mistyped
        }
        let bytes = Array(all.dropLast(Self.checkBytes))
        guard Self.check(bytes) == Array(all.suffix(Self.checkBytes)) else { throw .mistyped }
        try self.init(decoding: bytes.raw)
    }

    /// Checks all that the newcomer can check alone. Whether the inviter is an operator shows when the root is shown.
    package init(decoding bytes: RawSpan) throws(Refusal) {
        let parts: Parts
        do throws(DecodeError) { parts = try Parts(decoding: bytes) } catch { throw .malformed }
        let seed = Bytes32.byteCount..<Bytes32.byteCount + SigningKey.seedByteCount
        let key = Self.signing(SecretBytes(copying: bytes.extracting(seed)))
        let invite = parts.invite(to: SignerKey(key.publicKey))
        do throws(RecordRefusal) { _ = try Verified(invite, in: parts.mesh) } catch { throw .notAuthentic }
        self.init(mesh: parts.mesh, invite: invite, key: key, hints: parts.hints)
    }

    /// What the bytes say, but for the seed, which is copied to where secrets are.
    private struct Parts {
        let mesh: Digest
        let head: Digest
        let authority: Digest?
        let inviter: SignerKey
        let terms: Grant.Terms
        let uses: UInt16
        let expires: WallTime
        let signature: Signature
        let hints: [Address]

        init(decoding bytes: RawSpan) throws(DecodeError) {
            var reader = ByteReader(bytes)
            mesh = try reader.digest()
            _ = try reader.raw(SigningKey.seedByteCount)
            let head = try reader.optional(Digest.self)
            authority = try reader.optional(Digest.self)
            inviter = try SignerKey(from: &reader)
            let terms = try reader.optional(Grant.Terms.self)
            uses = try reader.u16()
            expires = try reader.wallTime()
            signature = try Signature(from: &reader)
            hints = try reader.list(of: Hint.self, atMost: Limits.seedAddresses).map(\.address)
            try reader.finish()
            // What is usual has one spelling.
            guard head != mesh, terms != Charter.everyNode else { throw .notCanonical }
            guard (1...Limits.invitationUses).contains(Int(uses)) else { throw .outOfRange }
            self.head = head ?? mesh
            self.terms = terms ?? Charter.everyNode
        }

        func invite(to key: SignerKey) -> Record {
            let promise = Invite(
                head: head, authority: authority, inviter: inviter, key: key, terms: terms, uses: uses,
                expires: expires)
            return Record(body: Statement.invite(promise).encoded, seals: [Record.Seal(inviter, signature)])
        }
    }

    /// An address in as few bytes as it takes.
    private struct Hint: WireValue {
        let address: Address

        init(_ address: Address) { self.address = address }

        func encode(into writer: inout ByteWriter) {
            if let v4 = address.v4 {
                writer.u8(4)
                writer.u32(v4.byteSwapped)
                writer.u16(address.port)
            } else {
                writer.u8(6)
                writer.address(address)
            }
        }

        init(from reader: inout ByteReader) throws(DecodeError) {
            switch try reader.u8() {
            case 4: address = Address(v4: try reader.u32().byteSwapped, port: try reader.u16())
            case 6:
                address = try reader.address()
                guard address.v4 == nil else { throw .notCanonical }
            default: throw .unknown
            }
        }
    }

    private static func signing(_ seed: borrowing SecretBytes) -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(seed: seed)
        } catch {
            preconditionFailure("a seed has the length of a seed")
        }
    }

    /// Tells a mistyped token from a true one; it defends against nobody.
    private static func check(_ body: [UInt8]) -> [UInt8] {
        Array(Digest(hashing: body.raw).value.bytes.prefix(checkBytes))
    }
}

/// Why a sponsor sends a newcomer away. Only the sponsor asks the time, and only here.
package enum InviteRefusal: Hashable, Sendable {
    case void(Fault)
    case expired
    /// So many nodes came with it before.
    case spent(Int)
}

extension Judgement {
    /// Whether a sponsor takes somebody in with this invitation; nil when it does. The same node may come again.
    package func refusal(
        of invite: Verified, for node: SignerKey, in law: Law, time: TimeBracket, at now: Now
    ) -> InviteRefusal? {
        guard case .invite(let promise) = invite.statement else { return .void(.noSuchGrant) }
        if let fault = fault(of: promise, in: law) { return .void(fault) }
        if time.hasPassed(promise.expires, at: now) == true { return .expired }
        let others = nodesByInvite[invite.id]?.filter { $0 != node } ?? []
        return others.count < Int(promise.uses) ? nil : .spent(others.count)
    }

    private func fault(of promise: Invite, in law: Law) -> Fault? {
        guard law.root.height(of: promise.head) != nil else { return .headNotOnChain }
        guard let authority = promise.authority else {
            return root.isActing(promise.inviter) && !isSuspended(promise.inviter) ? nil : .notAnOperator
        }
        guard let grant = holdings[authority], !grant.isRevoked, !revokedKeys.contains(promise.inviter) else {
            return .grantVoid(authority)
        }
        guard grant.keys.contains(promise.inviter) else { return .notTheHolder }
        guard grant.terms.can.risingContains(.invite) else { return .lacks(.invite) }
        return promise.terms.excess(over: grant.terms).map { .exceeds($0) }
    }
}
