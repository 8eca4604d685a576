package import Base

/// Records of a mesh's law as a file. Whoever has it can check it alone, years later and far away: every signature,
/// every chain, and what the law comes to by them. It holds no key and no secret, but it tells who did what and when.
package struct LawFile: Hashable, Sendable {
    package let mesh: Digest
    /// In an order in which a law takes them.
    package let records: [Record]

    private static let magic = Array("marram-law/1\n".utf8)

    package init(of mesh: Digest, _ records: [Record]) {
        precondition(records.count <= Limits.records, "a law has no more records than it may")
        self.mesh = mesh
        self.records = records
    }

    /// What is wrong with a file, by the place of the record, counted from one.
    package enum Flaw: Error, Hashable, Sendable {
        /// The first record is not the genesis that the file names.
        case noGenesis
        case refused(Int, RecordRefusal)
        /// Its signatures are true, and it hangs on nothing that is in the file, or stands where it may not.
        case misplaced(Int)
    }

    /// Checks every record, and answers the law of all of them. Nothing is believed because it stands in the file.
    package func check() throws(Flaw) -> Law {
        guard let genesis = records.first, var law = try? Law(genesis: genesis, mesh: mesh) else { throw .noGenesis }
        for (index, record) in records.enumerated().dropFirst() {
            let verified: Verified
            do throws(RecordRefusal) {
                verified = try Verified(record, in: mesh)
            } catch {
                throw .refused(index + 1, error)
            }
            switch law.admit(verified) {
            case .new, .waiting: break
            case .known, .notYet, .full, .refusedRoot, .refusedKey, .notLaw: throw .misplaced(index + 1)
            }
        }
        return law
    }
}

extension LawFile: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.raw(Self.magic)
        writer.digest(mesh)
        writer.list(records)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        for byte in Self.magic {
            guard try reader.u8() == byte else { throw .unknown }
        }
        mesh = try reader.digest()
        records = try reader.list(of: Record.self, atMost: Limits.records)
    }
}

/// One act of the law, for people.
package struct LawLine: Hashable, Sendable {
    package let record: Digest
    /// When it says that it was done. It decides nothing.
    package let time: HybridTime
    package let actor: String
    package let act: String
    /// Nil as long as an entry before it is missing.
    package let verdict: Verdict?
}

extension Law {
    /// Every act, those first that say that they were done first. `name` says what people call the owner of a key that
    /// is no operator's.
    package func lines(_ judgement: Judgement, name: (SignerKey) -> String) -> [LawLine] {
        func word(_ key: SignerKey) -> String { judgement.root.holder(of: key)?.person.name ?? name(key) }
        let lines = feeds.values.flatMap { log in
            log.linked.values.map { placed in
                LawLine(
                    record: placed.id, time: placed.entry.time, actor: word(log.certificate.owner),
                    act: placed.entry.act.words(word), verdict: judgement.verdict(on: placed.id))
            }
        }
        return lines.sorted { ($0.time, $0.record) < ($1.time, $1.record) }
    }

    /// How many entries wait for one before them.
    package var waitingEntries: Int { feeds.values.reduce(0) { $0 + $1.waitingCount } }

    /// Feeds in which two entries bear one number, by their owners' keys.
    package var forkedOwners: [SignerKey] {
        feeds.values.filter { $0.fork != nil }.map(\.certificate.owner).risingOnce
    }
}

extension Act {
    /// What it does, in a few words that follow the name of who did it.
    func words(_ name: (SignerKey) -> String) -> String {
        switch self {
        case .grant(let grant): "grants \(grant.subject.words(name)): \(grant.terms.words)"
        case .revoke(let revocation):
            switch revocation.target {
            case .key(let key): "revokes \(name(key)): \(revocation.reason)"
            case .grant(let grant): "revokes the grant \(grant): \(revocation.reason)"
            }
        case .suspend(let person): "suspends the operator \(person)"
        case .propose(let proposal): "proposes \(proposal.subjects.object)"
        case .approve(let approval): "approves \(approval.subjects.object)"
        case .operate(let operation): "does \(operation.capability) on \(operation.object)"
        case .cosign(let head): "has seen the feed \(head.feed) up to entry \(head.sequence)"
        case .nextKey: "goes on under another key"
        case .redeem(let redemption): "lets \(name(redemption.node.signing)) in by an invitation"
        case .confirm: "vouches for a newcomer"
        case .resolve(_, let keep): "decides that \(keep.map(name).joined(separator: ", ")) keep an invitation"
        case .close: "ends its feed"
        }
    }
}

extension Grant.Subject {
    fileprivate func words(_ name: (SignerKey) -> String) -> String {
        switch self {
        case .person(let person): person.name
        case .node(let node): name(node.signing)
        }
    }
}

extension Grant.Terms {
    /// For people.
    package var words: String {
        var text = can.map(\.name).joined(separator: ", ")
        text += " on \(scope.patterns.map(\.text).joined(separator: ", "))"
        if let site { text += " at \(site)" }
        if !groups.isEmpty { text += " for \(groups.joined(separator: ", "))" }
        return text
    }
}
