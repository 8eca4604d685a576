internal import Base
internal import Trust

/// Keeping what was said from being rewritten. An hour after this node did something, the key that it signed with is
/// replaced and erased. And of the feeds of others it cosigns the ends, until as many have as the root asks for.
extension RegistryEngine {
    mutating func tendDiary(at now: Now, into outbox: inout Outbox<Effect>) {
        if let due = nextKeyTurn, due <= now.instant {
            nextKeyTurn = nil
            if isMemberMyself, bug != .keepsItsKey { outbox.put(.turnKey) }
        }
        if let due = nextCosigning, due <= now.instant {
            nextCosigning = nil
            cosign(at: now, into: &outbox)
        }
    }

    /// Something new was judged: there may be ends to cosign. Everybody waits for another time, so that few do what
    /// others have done meanwhile.
    mutating func expectCosigning(at now: Now) {
        guard nextCosigning == nil, isMemberMyself else { return }
        nextCosigning = now.instant + random.jittered(Pace.cosigning, percent: 50)
    }

    private mutating func cosign(at now: Now, into outbox: inout Outbox<Effect>) {
        guard bug != .cosignsNothing, isMemberMyself, let law = book.law, let judgement else { return }
        let ends = judgement.endsToCosign(by: me.signing, in: law, atMost: Limits.cosignedAtOnce)
        for end in ends { act(.cosign(end), under: nil, at: now, into: &outbox) }
        if ends.count == Limits.cosignedAtOnce { expectCosigning(at: now) }
    }

    /// The key that this start's acts are signed with from the next entry on.
    mutating func goOver(to key: SignerKey, at now: Now, into outbox: inout Outbox<Effect>) {
        act(.nextKey(key), under: nil, at: now, into: &outbox)
    }

    /// The node ends: nobody is to add anything to what it said in this life.
    mutating func closeDiary(at now: Now, into outbox: inout Outbox<Effect>) {
        guard feed.last != nil, !feed.isClosed else { return }
        act(.close, under: nil, at: now, into: &outbox)
        feed.isClosed = true
    }
}
