internal import Base
internal import Crypto

/// What our own side writes: one after another it is made, signed, stored, and only then said.
extension ReplicationEngine {
    struct PendingWrite {
        var request: UInt64
        var changes: [Change]
    }

    mutating func takeWrite(
        _ request: UInt64, _ changes: [Change], at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard writes.count + written.count < Limits.ownWritesWaiting else {
            return outbox.put(.refused(request: request, .busy))
        }
        writes.append(PendingWrite(request: request, changes: changes))
        startWriting(at: now, into: &outbox)
    }

    mutating func startWriting(at now: Now, into outbox: inout Outbox<Effect>) {
        guard !writes.isEmpty, signing == nil else { return }
        guard knowsItself else {
            // Whoever has been here before must not write a second branch of its log.
            if writesBy == nil { writesBy = now.instant + settings.selfCheck }
            for peer in contacts.prefix(3) { greet(peer, at: now, into: &outbox) }
            return
        }
        writesBy = nil
        while signing == nil, !writes.isEmpty {
            let write = writes.removeFirst()
            do throws(WriteRefusal) {
                let transaction = try replica.prepare(write.changes, time: clock.tick(at: now), quality: quality)
                signing = (write.request, transaction)
                outbox.put(.sign(request: write.request, replica.nextID(for: transaction)))
            } catch {
                outbox.put(.refused(request: write.request, error))
            }
        }
    }

    mutating func takeSignature(
        _ request: UInt64, _ signature: Signature, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let (asked, transaction) = signing, asked == request else { return }
        signing = nil
        guard replica.forks[replica.my] == nil else { return outbox.put(.refused(request: request, .forked)) }
        replica.commit(transaction, signature)
        written.append((request, Dot(replica.my, replica.head(of: replica.my))))
        store(into: &outbox)
        startWriting(at: now, into: &outbox)
    }

    /// Nobody could say how far the own log goes.
    mutating func doubtItself(at now: Now, into outbox: inout Outbox<Effect>) {
        writesBy = nil
        if !knowsItself { rename(at: now, into: &outbox) }
        startWriting(at: now, into: &outbox)
    }

    /// Goes on under a new name, and with a log of its own.
    mutating func rename(at now: Now, into outbox: inout Outbox<Effect>) {
        replica.rename(instance: random.next())
        if let (request, _) = signing {
            signing = nil
            outbox.put(.refused(request: request, .forked))
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
