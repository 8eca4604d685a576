package import Base
package import Crypto

/// Signs what a node says for good, as long as one start of it lasts. What makes it a node is its identity; what its
/// acts are signed with is a key of this start alone, which is never stored: so no later start, and no copy of the
/// disk, can put another entry at a place of this start's feed. While the start lasts, the key is replaced now and then
/// and the old one erased: not even who takes over the running node can rewrite what it signed before.
package struct Signatory: ~Copyable {
    package let identity: NodeIdentity
    private var feedKey: SigningKey
    /// Drawn, and not yet gone over to.
    private var nextFeedKey: SigningKey?
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

    /// Entries are signed with the start's key, all else with the node's. The entry that goes over to the drawn key is
    /// the last that the key before it signs.
    package mutating func sign(_ statement: Statement) -> Record {
        guard case .entry(let entry) = statement else { return Record(statement, by: identity.signing, in: mesh) }
        let record = Record(statement, by: feedKey, in: mesh)
        if case .nextKey(let key) = entry.act { goOver(to: key) }
        return record
    }

    /// Draws a key to go over to.
    package mutating func drawNextKey(from entropy: inout Entropy) -> SignerKey {
        let key = SigningKey.drawn(from: &entropy)
        let publicKey = SignerKey(key.publicKey)
        nextFeedKey = consume key
        return publicKey
    }

    private mutating func goOver(to key: SignerKey) {
        guard let next = nextFeedKey.take(), SignerKey(next.publicKey) == key else {
            preconditionFailure("a node goes over to the key that it drew")
        }
        feedKey = next
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
        return InviteToken(
            mesh: mesh, invite: Record(.invite(invite), by: identity.signing, in: mesh), key: key, hints: hints)
    }
}
