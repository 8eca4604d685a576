package import Base
package import Crypto
package import Membership
package import Registry
package import Replication
package import Trust
package import Vitals

/// All engines of one node and the wires between them. What comes in by its doors is open and decoded; what goes out
/// is not sealed yet. It is a plain value, a function of its inputs, and it holds no key: that is why the flight
/// recorder writes down what comes in *here*, and why a recording can be given to anyone.
package struct Switchboard {
    package enum Effect: Hashable, Sendable {
        case send(Frame, to: Contact)
        /// Sign what the node says of itself with its key, which is not in here.
        case seal(MemberRecord)
        /// The same of what it says against a neighbour.
        case signCharge(Charge)
        case persist([Fact], Ticket)
        /// Sign the id of a transaction with the node's key, which is not in here.
        case attest(Digest)
        /// Say which of these claims are true: that takes longer than anything else here, and no state.
        case verify(Ticket, [Replication.Claim])
        /// Say how many of these epochs, from the first on, the mesh has signed.
        case judge(Ticket, [Epoch])
        /// Sign what this node says of itself for a while.
        case signSheet(Sheet)
        /// A write was made, and is on the disk.
        case wrote(RequestID, Dot)
        case refused(RequestID, WriteRefusal)
        /// Sign this statement with a key of the node, and hand it in again.
        case sign(Statement)
        /// Show the node's invitation to a peer, tied to the session with it.
        case redeem(at: NodeID)
        /// Draw the next key of this start's feed, and say by `goOver` which it is.
        case turnKey
        /// Sign what time it is, under this nonce, and say it to this node.
        case tellClock(UInt64, to: NodeID)
        /// Sign a lease with these terms, and say it to this node.
        case signLease(LeaseTerms, to: NodeID)
        /// From now on, speak with none of these.
        case bar([NodeID])
        case callOut(isLonely: Bool)
        case note(NodeNote)
    }

    /// Everything that can happen to a switchboard.
    package enum Input: Hashable, Sendable {
        /// A member said something; its datagram came from `source`.
        case received(Frame, from: NodeID, source: Address)
        /// A session began; whether this node began it.
        case met(NodeID, isMine: Bool)
        case performed(Command)
        case persisted(Ticket)
        case woken
    }

    /// What our own side may ask for that changes something.
    package enum Command: Hashable, Sendable {
        case leave
        case signed(Seal, Life)
        case accuse(SignedCharge)
        case heard(Call)
        case write(RequestID, [Change])
        case attested(Digest, Signature)
        case verified(Ticket, [Bool])
        case judged(Ticket, valid: Int)
        case road(NodeID, ReplicationEngine.Road)
        /// No longer wait for this member before anything is forgotten.
        case evict(NodeID)
        /// These writes that were handed back are decided about.
        case settle([Dot])
        /// Say this of this node for a while; without a value, no more.
        case setVital([UInt8], [UInt8]?)
        case signedSheet(Sheet.Version, Signature)
        /// Take these signed records in.
        case take([Record])
        /// This start's key was replaced by this one.
        case goOver(to: SignerKey)
        /// This life ends.
        case end
    }

    /// What is on its way to the disk.
    package struct Batch: Hashable, Sendable {
        /// The newest of the store's tickets in it.
        var ofStore: Ticket?
    }

    package private(set) var membership: MembershipEngine
    package private(set) var registry: RegistryEngine
    package private(set) var store: ReplicationEngine
    package private(set) var vitals: VitalsEngine
    /// How often the law had been judged when the store was last told what follows from it.
    private var judgementsTold: Int?
    private var lastTicket: Ticket
    package private(set) var unstored: SortedMap<Ticket, Batch>
    /// Reused from call to call.
    private var membershipOutbox: Outbox<MembershipEngine.Effect>
    private var registryOutbox: Outbox<RegistryEngine.Effect>
    private var storeOutbox: Outbox<ReplicationEngine.Effect>
    private var vitalsOutbox: Outbox<VitalsEngine.Effect>

    package init(
        membership: MembershipEngine, registry: RegistryEngine, store: ReplicationEngine, vitals: VitalsEngine
    ) {
        self.membership = membership
        self.registry = registry
        self.store = store
        self.vitals = vitals
        lastTicket = Ticket(number: 0)
        unstored = SortedMap()
        membershipOutbox = Outbox()
        registryOutbox = Outbox()
        storeOutbox = Outbox()
        vitalsOutbox = Outbox()
    }

    /// Who has left says nothing more, and so wants to be woken no more.
    package var deadline: Instant? {
        membership.deadline.flatMap {
            .earlier(.earlier($0, vitals.deadline), .earlier(registry.deadline, store.deadline))
        }
    }

    package mutating func take(_ input: Input, at now: Now, into outbox: inout Outbox<Effect>) {
        switch input {
        case .received(.membership(let message), let peer, let source):
            guard registry.isMember(peer) else { return outbox.put(.note(.stranger(peer))) }
            let located = message.located(at: source, saidBy: peer)
            membership.receive(located, from: peer, at: now, into: &membershipOutbox)
            membership.notice(peer, at: source, now: now, into: &membershipOutbox)
        case .received(.replication(let message), let peer, source: _):
            guard registry.isMember(peer) else { return outbox.put(.note(.stranger(peer))) }
            store.receive(message, from: peer, at: now, into: &storeOutbox)
        case .received(.vitals(let message), let peer, source: _):
            guard registry.isMember(peer) else { return outbox.put(.note(.stranger(peer))) }
            vitals.receive(message, from: peer, at: now, into: &vitalsOutbox)
        case .received(.sounding, from: _, source: _):
            // The node answers these itself; only a recording that somebody made up holds one.
            break
        case .received(.registry(let message), let peer, _):
            registry.receive(message, from: peer, at: now, into: &registryOutbox)
        case .met(let peer, let isMine):
            registry.perform(.met(peer, isMine: isMine), at: now, into: &registryOutbox)
        case .performed(let command): perform(command, at: now)
        case .persisted(let ticket):
            let batch = unstored[ticket]
            unstored[ticket] = nil
            if let stored = batch?.ofStore { store.perform(.stored(stored), at: now, into: &storeOutbox) }
        case .woken:
            if isDue(membership.deadline, at: now) { membership.wake(at: now, into: &membershipOutbox) }
            if isDue(registry.deadline, at: now) { wakeRegistry(at: now) }
            if isDue(store.deadline, at: now) { store.wake(at: now, into: &storeOutbox) }
            if isDue(vitals.deadline, at: now) { vitals.wake(at: now, into: &vitalsOutbox) }
        }
        introduce(at: now)
        tellLaw(at: now)
        verifySheets(at: now)
        for case .propose(let epoch) in storeOutbox.effects {
            registry.perform(.operate(.issue(epoch.statement)), at: now, into: &registryOutbox)
        }
        carryOut(into: &outbox)
    }

    /// Who belongs, who may write and who keeps the epochs follow from the law, so the store hears of it whenever the
    /// law was judged anew.
    private mutating func tellLaw(at now: Now) {
        guard judgementsTold != registry.judgements, let judgement = registry.judgement else { return }
        judgementsTold = registry.judgements
        store.perform(.authority(Authority(judgement.writing)), at: now, into: &storeOutbox)
        let keys = registry.members.values.map(\.node.signing.key)
        membership.perform(.acquainted(Acquaintances(keys)), at: now, into: &membershipOutbox)
        vitals.perform(.members(registry.members.keys), at: now, into: &vitalsOutbox)
        let isKeeper = registry.keeper == registry.me.id
        store.perform(.law(registry.standing, isKeeper: isKeeper), at: now, into: &storeOutbox)
    }

    /// An epoch that was proposed is issued when the law says so.
    private mutating func takeProof(from records: [Record], at now: Now) {
        guard let proposal = store.proposal?.statement,
            let proof = records.first(where: { registry.attests($0.id, to: proposal) })
        else { return }
        store.perform(.proved(proof.id.encoded), at: now, into: &storeOutbox)
    }

    /// Whether the law says that this epoch is issued.
    package func attests(to epoch: Epoch) -> Bool {
        (try? Digest(decoding: epoch.proof.raw)).map { registry.attests($0, to: epoch.statement) } ?? false
    }

    private func isDue(_ deadline: Instant?, at now: Now) -> Bool { deadline.map { $0 <= now.instant } ?? false }

    private mutating func perform(_ command: Command, at now: Now) {
        switch command {
        case .leave: membership.perform(.leave, at: now, into: &membershipOutbox)
        case .signed(let seal, let life): membership.perform(.signed(seal, life), at: now, into: &membershipOutbox)
        case .accuse(let word): membership.perform(.signedCharge(word), at: now, into: &membershipOutbox)
        case .heard(let call): membership.perform(.heard(call), at: now, into: &membershipOutbox)
        case .setVital(let key, let value): vitals.perform(.note(key, value), at: now, into: &vitalsOutbox)
        case .signedSheet(let version, let signature):
            vitals.perform(.signed(version, signature), at: now, into: &vitalsOutbox)
        case .take(let records):
            registry.perform(.take(records), at: now, into: &registryOutbox)
            takeProof(from: records, at: now)
        case .goOver(let key): registry.perform(.goOver(to: key), at: now, into: &registryOutbox)
        case .end: registry.perform(.end, at: now, into: &registryOutbox)
        case .write(let id, let changes): store.perform(.write(id, changes), at: now, into: &storeOutbox)
        case .attested(let id, let signature): store.perform(.signed(id, signature), at: now, into: &storeOutbox)
        case .verified(let ticket, let truths): store.perform(.verified(ticket, truths), at: now, into: &storeOutbox)
        case .judged(let ticket, let valid):
            store.perform(.judged(ticket, valid: valid), at: now, into: &storeOutbox)
        case .road(let peer, let road): store.perform(.road(peer, road), at: now, into: &storeOutbox)
        case .evict(let member): store.perform(.evict(member), at: now, into: &storeOutbox)
        case .settle(let dots): store.perform(.settle(dots), at: now, into: &storeOutbox)
        }
    }

    /// The law goes along the edges on which membership goes: there the sessions are.
    private mutating func wakeRegistry(at now: Now) {
        let near = membership.edges.keys.compactMap { membership.members[$0] }
        let living = near.filter { $0.state == .alive && registry.isMember($0.record.id) }.map(\.record.contact)
        registry.perform(.neighbours(living), at: now, into: &registryOutbox)
        registry.wake(at: now, into: &registryOutbox)
    }

    /// Keys travel along the edges of membership: there are sessions, and from everybody to everybody it is a few hops.
    private mutating func introduce(at now: Now) {
        let neighbours =
            membership.me.isLeaving
            ? []
            : membership.edges.keys.filter { peer in
                let state = membership.members[peer]?.state
                return registry.isMember(peer) && (state == .alive || state == .suspect)
            }
        guard neighbours != store.contacts else { return }
        store.perform(.contacts(neighbours), at: now, into: &storeOutbox)
        vitals.perform(.contacts(neighbours), at: now, into: &vitalsOutbox)
    }

    /// Whose signature stands under a sheet follows from the law, and so from what came in before.
    private mutating func verifySheets(at now: Now) {
        var index = 0
        while index < vitalsOutbox.effects.count {
            if case .verify(let aged, let peer) = vitalsOutbox.effects[index] {
                let key = registry.members[aged.signed.sheet.owner]?.node.signing.key
                let isTrue = key.map { aged.signed.isTrue(by: $0, in: registry.book.mesh) } ?? false
                vitals.perform(.verified(aged, by: peer, isTrue: isTrue), at: now, into: &vitalsOutbox)
            }
            index += 1
        }
    }

    /// Passes on what the engines want. All facts of one input become one batch: they are stored together or not at
    /// all.
    private mutating func carryOut(into outbox: inout Outbox<Effect>) {
        var facts: [Fact] = []
        for effect in membershipOutbox.effects {
            switch effect {
            case .send(let message, let contact):
                // An address is asked who is there; a node of which the law says nothing hears nothing else.
                guard contact.node.map(registry.isMember) ?? true else { continue }
                outbox.put(.send(.membership(message), to: contact))
            case .sign(let record): outbox.put(.seal(record))
            case .signCharge(let charge): outbox.put(.signCharge(charge))
            case .persist(let fact):
                // The newest value of a key is its fact: what one input says twice is written once.
                facts.removeAll { $0.shelf == fact.shelf && $0.key == fact.key }
                facts.append(fact)
            case .callOut(let isLonely): outbox.put(.callOut(isLonely: isLonely))
            case .note(let note): outbox.put(.note(.membership(note)))
            }
        }
        membershipOutbox.removeAll()
        for effect in registryOutbox.effects {
            switch effect {
            case .send(.askLease(let terms), let to):
                // Whoever may sign is seldom a neighbour: it is called where membership knows it to be.
                outbox.put(.send(.registry(.askLease(terms)), to: to.node.map(contact) ?? to))
            case .send(let message, let contact): outbox.put(.send(.registry(message), to: contact))
            case .persist(let fact): facts.append(fact)
            case .sign(let statement): outbox.put(.sign(statement))
            case .turnKey: outbox.put(.turnKey)
            case .redeem(let peer): outbox.put(.redeem(at: peer))
            case .tellClock(let nonce, let peer): outbox.put(.tellClock(nonce, to: peer))
            case .signLease(let terms, let peer): outbox.put(.signLease(terms, to: peer))
            case .bar(let nodes): outbox.put(.bar(nodes))
            case .note(let note): outbox.put(.note(.registry(note)))
            }
        }
        registryOutbox.removeAll()
        var newest: Ticket?
        for effect in storeOutbox.effects {
            switch effect {
            case .send(let message, let peer): outbox.put(.send(.replication(message), to: contact(of: peer)))
            case .sign(let id): outbox.put(.attest(id))
            case .verify(let ticket, let claims): outbox.put(.verify(ticket, claims))
            case .judge(let ticket, let epochs): outbox.put(.judge(ticket, epochs))
            case .store(let ticket, let stored):
                facts += stored
                newest = ticket
            case .written(let id, let dot): outbox.put(.wrote(id, dot))
            case .refused(let id, let refusal): outbox.put(.refused(id, refusal))
            // The registry has been told.
            case .propose: break
            case .requeue(let transactions): outbox.put(.note(.madeVoid(transactions.count)))
            case .note(let note): outbox.put(.note(.replication(note)))
            }
        }
        storeOutbox.removeAll()
        for effect in vitalsOutbox.effects {
            switch effect {
            case .send(let message, let peer): outbox.put(.send(.vitals(message), to: contact(of: peer)))
            case .sign(let sheet): outbox.put(.signSheet(sheet))
            // It has been.
            case .verify: break
            case .note(let note): outbox.put(.note(.vitals(note)))
            }
        }
        vitalsOutbox.removeAll()
        guard !facts.isEmpty else { return }
        lastTicket = Ticket(number: lastTicket.number + 1)
        unstored[lastTicket] = Batch(ofStore: newest)
        outbox.put(.persist(facts, lastTicket))
    }

    /// Where nothing is known of a peer, it is reached on the session that it has made, or not at all.
    private func contact(of peer: NodeID) -> Contact {
        membership.members[peer]?.record.contact ?? Contact(onSessionWith: peer)
    }

    /// Brings the state to what is left of it when it is written down and read back.
    package mutating func settle() {
        store.settle()
        judgementsTold = nil
    }
}

/// The whole state as bytes: what a recording starts from.
extension Switchboard: WireValue {
    package func encode(into writer: inout ByteWriter) {
        membership.encode(into: &writer)
        registry.encode(into: &writer)
        store.encode(into: &writer)
        vitals.encode(into: &writer)
        encodeTickets(into: &writer)
    }

    /// What the hash of the state is taken over: everything, but of the law's records and the store's facts only their
    /// fingerprints.
    package func encodeFingerprint(into writer: inout ByteWriter) {
        membership.encode(into: &writer)
        registry.encodeFingerprint(into: &writer)
        store.encodeFingerprint(into: &writer)
        vitals.encode(into: &writer)
        encodeTickets(into: &writer)
    }

    private func encodeTickets(into writer: inout ByteWriter) {
        writer.u64(lastTicket.number)
        writer.varint(UInt64(unstored.count))
        for (ticket, batch) in unstored {
            writer.u64(ticket.number)
            writer.bool(batch.ofStore != nil)
            if let stored = batch.ofStore { writer.u64(stored.number) }
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let membership = try MembershipEngine(from: &reader)
        let registry = try RegistryEngine(from: &reader)
        let store = try ReplicationEngine(from: &reader)
        self.init(membership: membership, registry: registry, store: store, vitals: try VitalsEngine(from: &reader))
        lastTicket = Ticket(number: try reader.u64())
        guard lastTicket.number <= Limits.counted else { throw .outOfRange }
        for _ in 0..<(try reader.count(atMost: Limits.unstoredBatches)) {
            let ticket = Ticket(number: try reader.u64())
            guard unstored.keys.last.map({ $0 < ticket }) ?? true else { throw .notCanonical }
            guard ticket <= lastTicket else { throw .outOfRange }
            unstored[ticket] = Batch(ofStore: try reader.bool() ? Ticket(number: try reader.u64()) : nil)
        }
    }

    package var stateHash: UInt64 {
        var writer = ByteWriter()
        encodeFingerprint(into: &writer)
        var hash = TraceHash()
        hash.absorb(writer.bytes.raw)
        return hash.value
    }
}
