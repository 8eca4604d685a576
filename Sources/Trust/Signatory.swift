package import Base
package import Crypto

/// Signs what a node says for good, as long as one start of it lasts. What makes it a node is its identity; what its
/// acts are signed with is a key of this start alone, which is never stored: so no later start, and no copy of the
/// disk, can put another entry at a place of this start's feed.
package struct Signatory: ~Copyable {
    package let identity: NodeIdentity
    private let feedKey: SigningKey
    /// What ties the start's feed to the node.
    package let certificate: FeedCertificate

    package init(_ identity: consuming NodeIdentity, from entropy: inout Entropy) {
        let feedKey = SigningKey.drawn(from: &entropy)
        let epoch = entropy.word()
        certificate = FeedCertificate(
            owner: SignerKey(identity.signing.publicKey), epoch: epoch, key: SignerKey(feedKey.publicKey))
        self.feedKey = feedKey
        self.identity = identity
    }

    package var id: NodeID { identity.id }
    package var mesh: Digest { identity.mesh }
    package var keys: NodeKeys { identity.keys }
    package var charter: [Record] { identity.charter }
    package var isInvited: Bool { identity.invite != nil }

    /// Entries are signed with the start's key, all else with the node's.
    package func sign(_ statement: Statement) -> Record {
        if case .entry = statement { return Record(statement, by: feedKey, in: mesh) }
        return Record(statement, by: identity.signing, in: mesh)
    }

    package func redemption(over channel: Bytes32) -> Redemption? { identity.redemption(over: channel) }

    /// Invites whoever gets the token, by a grant of this node.
    package func token(
        under authority: Digest, head: Digest, terms: Grant.Terms, uses: UInt16, expires: WallTime, hints: [Address],
        from entropy: inout Entropy
    ) -> InviteToken {
        let key = SigningKey.drawn(from: &entropy)
        let invite = Invite(
            head: head, authority: authority, inviter: SignerKey(identity.signing.publicKey),
            key: SignerKey(key.publicKey), terms: terms, uses: uses, expires: expires)
        return InviteToken(mesh: mesh, invite: sign(.invite(invite)), key: key, hints: hints)
    }
}
