internal import Base
internal import Crypto
internal import Trust

/// Letting newcomers in, and writing this node's own acts.
extension RegistryEngine {
    /// A newcomer shows its invitation. That the redemption is of this very session was checked by whoever holds it.
    mutating func take(
        _ redemption: Redemption, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard redemption.node.id == peer else { return outbox.put(.note(.ignored(.notItsOwn, from: peer))) }
        let contact = Contact(onSessionWith: peer)
        // It came before, and did not hear that it is in.
        if isMember(peer) { return outbox.put(.send(.summary(summary), to: contact)) }
        if let why = decline(redemption, at: now) {
            outbox.put(.note(.turnedAway(peer, why)))
            return outbox.put(.send(.declined(why), to: contact))
        }
        act(.redeem(redemption), under: sponsorGrant, at: now, into: &outbox)
        outbox.put(.note(.sponsored(peer)))
        // Behind the record, which is taken in before this is said.
        inquiries[peer] = Inquiry(due: now.instant)
    }

    private func decline(_ redemption: Redemption, at now: Now) -> RegistryMessage.Decline? {
        guard let judgement, let law = book.law, sponsorGrant != nil else { return .noSponsor }
        let invite: Verified
        do throws(RecordRefusal) {
            _ = try redemption.verified(in: book.mesh)
            invite = try Verified(redemption.invite, in: book.mesh)
        } catch {
            return .notAuthentic
        }
        let node = redemption.node.signing
        return switch judgement.refusal(of: invite, for: node, in: law, time: time, at: now) {
        case nil: nil
        case .void: .void
        case .expired: .expired
        case .spent: .spent
        }
    }

    /// A grant of this node that lets it vouch for others.
    private var sponsorGrant: Digest? {
        judgement?.grant(of: me.signing, for: .sponsor)
    }

    /// Writes the next entry of this start's feed. Its number and what it follows are settled here; the signature comes
    /// back by `take`. Behind its end a feed has no place.
    mutating func act(_ act: Act, under authority: Digest?, at now: Now, into outbox: inout Outbox<Effect>) {
        guard !feed.isClosed else { return }
        guard let head = book.law?.root.head.id else {
            preconditionFailure("only who has the law acts by it")
        }
        let certificate = Statement.feed(feed.certificate)
        let id = Digest(hashing: certificate.encoded.raw)
        if feed.last == nil { outbox.put(.sign(certificate)) }
        let last = feed.last ?? (id, 0)
        let entry = Statement.entry(
            Entry(
                feed: id, sequence: last.sequence + 1, previous: last.id, head: head, authority: authority,
                time: clock.tick(at: now), act: act))
        feed.last = (Digest(hashing: entry.encoded.raw), last.sequence + 1)
        if act.isWeighty, nextKeyTurn == nil { nextKeyTurn = now.instant + Pace.keyLife }
        outbox.put(.sign(entry))
    }
}
