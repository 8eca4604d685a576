internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

/// What `operator` does to the root: a change is written down, signed by as many as it takes, and handed in.
extension Verb {
    static func addOperator(_ errand: inout Errand, _ who: String) throws(Complaint) {
        guard let card = try errand.world.readCard(who) else {
            throw Complaint(
                .cardUnreadable, what: "\(quoted(who)) is no card",
                because: "what is added is the public half of a key; the key itself stays with its owner",
                remedy: "give the file beside it: \(who).pub")
        }
        let kind: Operator.Kind = errand.invocation["share"] == nil ? .acting : .recovery
        try changeRoot(&errand, [.add(Operator(card.person, kind))] + newThreshold(errand))
    }

    static func removeOperator(_ errand: inout Errand, _ name: String) throws(Complaint) {
        let (_, root) = try root(&errand, without: name)
        try changeRoot(&errand, from: root, [.remove(name: name, cuts: root.cuts)] + newThreshold(errand))
    }

    static func changeRoot(_ errand: inout Errand, _ changes: [RootChange]) throws(Complaint) {
        try changeRoot(&errand, from: try root(&errand, without: nil).1, changes)
    }

    static func root(
        _ errand: inout Errand, without name: String?
    ) throws(Complaint) -> (Envelope, RootReply) {
        let envelope = try errand.ask(try .root(without: name))
        guard case .root(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        return (envelope, reply)
    }

    private static func newThreshold(_ errand: Errand) throws(Complaint) -> [RootChange] {
        guard let text = errand.invocation["threshold"] else { return [] }
        return [.setThreshold(try threshold(text))]
    }

    static func threshold(_ text: String) throws(Complaint) -> UInt8 {
        guard let count = UInt8(text), (1...Limits.operators).contains(Int(count)) else {
            throw Complaint(
                .badArgument, what: "the threshold is a number of operators, 1 to \(Limits.operators)",
                remedy: "marram help operator")
        }
        return count
    }

    /// Writes a change down and has it signed with the keys that are here. If those suffice it is handed in; otherwise
    /// it goes to a file.
    static func changeRoot(
        _ errand: inout Errand, from root: RootReply, _ changes: [RootChange]
    ) throws(Complaint) {
        let order = RootDesk.Order(
            chain: root.chain, changes: changes, keys: errand.operatorKeys, others: errand.names("with"))
        let ask = errand.passphrase
        let proposal = try errand.world.propose(order, ask)
        guard let record = proposal.record else { return try write(proposal, &errand) }
        guard errand.invocation["out"] == nil else {
            throw Complaint(
                .badArgument, what: "nobody else has to sign this, so no file is needed",
                remedy: "leave --out away, and the change is handed in at once")
        }
        try handIn(record, &errand)
        tell(proposal, &errand)
    }

    private static func write(_ proposal: RootProposal, _ errand: inout Errand) throws(Complaint) {
        guard let file = errand.invocation["out"] else {
            throw Complaint(
                .signaturesMissing, what: "others have to sign this, and no file is named to bring it to them",
                remedy: "the same command with --out FILE")
        }
        try errand.world.writeFile(file, proposal.encoded, true)
        tell(proposal, &errand)
        guard errand.settings.format == .table else { return }
        errand.narrate("Next: marram operator sign \(file)      by \(missing(proposal))\n")
        errand.narrate("      marram operator submit \(file)\(errand.dataOption)    when all have signed\n")
    }

    // MARK: The file of a change

    static func signChange(_ errand: inout Errand, _ file: String) throws(Complaint) {
        let bytes = try errand.world.readBytes(file, Limits.lawFileBytes)
        let (proposal, outlook) = try errand.world.readProposal(bytes)
        let mesh = errand.narrationLook.clean(outlook.mesh)
        errand.narrate("mesh \(mesh)  \(proposal.mesh.description.prefix(8))\n")
        for change in proposal.update.changes { errand.narrate("   \(errand.narrationLook.clean(change.words))\n") }
        let after = outlook.after.operators.count
        errand.narrate("   then it takes \(outlook.after.threshold) of \(after) to change the operators\n")
        if !errand.settings.isConfirmed {
            guard errand.world.inputIsTerminal else { throw Complaint(.confirmationMissing) }
            errand.narrate("Sign this? Type the mesh's name to confirm: ")
            guard errand.world.readLine() == outlook.mesh else {
                throw Complaint(.confirmationMissing, what: "the name typed is not the mesh's; nothing was signed")
            }
        }
        let ask = errand.passphrase
        var signed = proposal
        for key in errand.operatorKeys { signed = try errand.world.signProposal(signed, key, ask) }
        try errand.world.writeFile(file, signed.encoded, false)
        tell(signed, &errand)
        guard errand.settings.format == .table else { return }
        errand.narrate(
            signed.record == nil
                ? "Next: marram operator sign \(file)      by \(missing(signed))\n"
                : "Next: marram operator submit \(file)    where a node of the mesh runs\n")
    }

    static func submitChange(_ errand: inout Errand, _ file: String) throws(Complaint) {
        let (proposal, _) = try errand.world.readProposal(try errand.world.readBytes(file, Limits.lawFileBytes))
        guard let record = proposal.record else {
            throw Complaint(.signaturesMissing, what: "\(missing(proposal)) have not signed \(file)")
        }
        let (_, root) = try root(&errand, without: nil)
        guard root.chain.first?.id == proposal.mesh else {
            throw Complaint(.otherMesh, what: "\(file) changes the operators of another mesh than this node's")
        }
        // What was handed in before is done.
        if !root.chain.contains(where: { $0.id == record.id }) {
            guard root.chain.last?.id == proposal.update.parent else {
                throw Complaint(.proposalOutdated, what: "the operators were changed since \(file) was written")
            }
            try handIn(record, &errand)
        }
        tell(proposal, &errand)
    }

    /// The daemon takes the record, and has to come to what it is meant for.
    private static func handIn(_ record: Record, _ errand: inout Errand) throws(Complaint) {
        let envelope = try errand.ask(try .submission(of: [record]))
        guard case .submitted(let submitted) = envelope.reply else { throw errand.unexpected(envelope) }
        guard submitted.held == submitted.records else { throw Complaint(.recordsNotTaken) }
        let after = try errand.ask(.operators)
        guard case .operators(let reply) = after.reply else { throw errand.unexpected(after) }
        guard reply.head == record.id.description else {
            throw Complaint(
                .proposalOutdated, what: "the node took the change, and another that more persons signed goes before it"
            )
        }
    }

    private static func missing(_ proposal: RootProposal) -> String {
        let names = proposal.missing.map { key in
            (try? RootProposal.root(of: proposal.chain).head.state.holder(of: key))?.person.name ?? "a key"
        }
        return names.joined(separator: ", ")
    }

    private static func tell(_ proposal: RootProposal, _ errand: inout Errand) {
        let changes = proposal.update.changes.map(\.words)
        let data: JSONValue = [
            "mesh": .text(proposal.mesh.description), "changes": .array(changes.map { .text($0) }),
            "signed": .integer(Int64(proposal.seals.count)), "missing": .integer(Int64(proposal.missing.count)),
        ]
        errand.present(schema: "marram.root_change/1", data) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            return changes.map { "\(done) \(look.clean($0))\n" }.joined()
                + (proposal.missing.isEmpty ? "" : "   still to sign: \(look.clean(missing(proposal)))\n")
        }
    }
}
