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

    private static let prefix = "MARRAM2-"
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

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.digest(mesh)
        key.withSeed { writer.raw($0) }
        writer.bytes(invite.body)
        // The body names its signer, so the signature alone says the rest.
        invite.seals[0].signature.encode(into: &writer)
        writer.list(hints)
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
        let mesh: Digest
        let invite: Record
        let hints: [Address]
        let promise: Invite
        do throws(DecodeError) {
            var reader = ByteReader(bytes)
            mesh = try reader.digest()
            _ = try reader.raw(SigningKey.seedByteCount)
            let body = try reader.bytes(atMost: Limits.recordBodyBytes)
            let signature = try Signature(from: &reader)
            hints = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
            try reader.finish()
            guard case .invite(let said) = try Statement(decoding: body.raw) else { throw DecodeError.unknown }
            promise = said
            invite = Record(body: body, seals: [Record.Seal(said.inviter, signature)])
        } catch {
            throw .malformed
        }
        do throws(RecordRefusal) { _ = try Verified(invite, in: mesh) } catch { throw .notAuthentic }
        let seed = Bytes32.byteCount..<Bytes32.byteCount + SigningKey.seedByteCount
        let key = Self.signing(SecretBytes(copying: bytes.extracting(seed)))
        guard SignerKey(key.publicKey) == promise.key else { throw .notAuthentic }
        self.init(mesh: mesh, invite: invite, key: key, hints: hints)
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
