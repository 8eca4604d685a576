internal import Base
internal import Crypto

/// What our own side writes: one after another it is made, signed, stored, and only then said.
extension ReplicationEngine {
    struct PendingWrite: Hashable {
        var id: RequestID
        var changes: [Change]
    }

    /// Waits for its signature.
    struct Signing: Hashable {
        var write: PendingWrite
        var transaction: Transaction
        /// What has to be signed.
        var digest: Digest
    }

    /// Made, and not yet on the disk.
    struct Written: Hashable {
        var id: RequestID
        var dot: Dot
    }

    mutating func takeWrite(
        _ id: RequestID, _ changes: [Change], at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let count = writes.count + written.count + (signing == nil ? 0 : 1)
        guard count < Limits.ownWritesWaiting else { return outbox.put(.refused(id, .busy)) }
        writes.append(PendingWrite(id: id, changes: changes))
        startWriting(at: now, into: &outbox)
    }

    mutating func startWriting(at now: Now, into outbox: inout Outbox<Effect>) {
        guard !writes.isEmpty, signing == nil else { return }
        guard knowsItself || (isCounted && contacts.isEmpty) else {
            // Whoever has been here before must not write a second branch of its log.
            if writesBy == nil { writesBy = now.instant + settings.selfCheck }
            for peer in contacts.prefix(3) { greet(peer, at: now, into: &outbox) }
            return
        }
        writesBy = nil
        while signing == nil, !writes.isEmpty {
            let write = writes.removeFirst()
            do throws(WriteRefusal) {
                let transaction = try replica.prepare(
                    write.changes, time: clock.tick(at: now), quality: quality(at: now))
                let digest = replica.nextID(for: transaction)
                signing = Signing(write: write, transaction: transaction, digest: digest)
                outbox.put(.sign(digest))
            } catch {
                outbox.put(.refused(write.id, error))
            }
        }
    }

    /// A wall clock behind what is known to have passed is one that nobody should trust.
    private func quality(at now: Now) -> ClockQuality {
        let isBehind = now.wall.milliseconds < Int64(clock.last.milliseconds)
        return isBehind && !quality.isTrusted ? .unknown : quality
    }

    mutating func takeSignature(
        _ digest: Digest, _ signature: Signature, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let signing, signing.digest == digest else { return }
        self.signing = nil
        if replica.forks[replica.my] != nil {
            outbox.put(.refused(signing.write.id, .forked))
        } else if replica.nextID(for: signing.transaction) != digest
            || signing.transaction.epoch != replica.epoch.number
        {
            // The own log has come back from a peer meanwhile, or an epoch has begun, in which it may be void.
            writes.insert(signing.write, at: 0)
        } else {
            replica.commit(signing.transaction, signature)
            let dot = Dot(replica.my, replica.head(of: replica.my))
            if replica.bug == .answersBeforeDisk {
                outbox.put(.written(signing.write.id, dot))
            } else {
                written.append(Written(id: signing.write.id, dot: dot))
            }
            store(into: &outbox)
        }
        startWriting(at: now, into: &outbox)
    }

    /// Nobody could say how far the own log goes. Where starts are counted, a copy of the disk would have been found.
    mutating func doubtItself(at now: Now, into outbox: inout Outbox<Effect>) {
        writesBy = nil
        if !knowsItself, !isCounted { rename(into: &outbox) }
        knowsItself = true
        startWriting(at: now, into: &outbox)
    }

    /// Goes on under a new name, and with a log of its own. What was about to be signed is made anew.
    mutating func rename(into outbox: inout Outbox<Effect>) {
        replica.rename(instance: random.next())
        if let signing {
            writes.insert(signing.write, at: 0)
            self.signing = nil
        }
        knowsItself = true
        store(into: &outbox)
        outbox.put(.note(.renamed(replica.my)))
    }

    /// The own clock follows those that can be trusted, and only where they are near.
    mutating func observeClock(_ run: ReckonedRun, at now: Now) {
        let reach = replica.bug == .trustsClocks ? Limits.patience : Interval.minutes(5)
        for case .transaction(let transaction, _) in run.run.entries where transaction.quality.isTrusted {
            clock.observe(transaction.time, at: now, reach: reach)
        }
    }
}
