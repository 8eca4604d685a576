internal import Base
internal import Control
internal import Membership
internal import Session
internal import Text

/// What a node answers about its links: the rows of `marram links`, and why one of them is as it is.
extension MarramNode {
    /// One row for each peer that there is, or lately was, a session with or a try at one.
    func links(at now: Now) -> [LinkRow] {
        let attempts = self.attempts
        let subjects =
            (sessions.connected.map(LinkMemory.Subject.node) + attempts.keys
            + links.subjects(since: now.instant - Limits.linkMemory)).sorted()
        var rows: [LinkRow] = []
        var last: LinkMemory.Subject?
        for subject in subjects where subject != last {
            last = subject
            rows.append(row(LinkFacts(subject, attempts[subject], in: self, at: now)))
        }
        return rows.sorted { ($0.title, $0.id ?? configuration.id) < ($1.title, $1.id ?? configuration.id) }
    }

    func explainLink(to word: String, at now: Now) -> Envelope {
        do throws(Complaint) {
            let subject = try linkSubject(word, for: "link")
            let facts = LinkFacts(subject, attempts[subject], in: self, at: now)
            let row = row(facts)
            let events = (facts.story?.events ?? []).map { event in event.reply(at: now.instant) { name(of: $0) } }
            let reply = LinkReply(
                link: row, events: events, clues: facts.clues,
                problems: facts.problems(calling: row.title) { name(of: $0) })
            return envelope(.link(reply), at: now)
        } catch {
            return envelope(.failure(error), at: now)
        }
    }

    private var attempts: SortedMap<LinkMemory.Subject, AttemptEvidence> {
        var attempts: SortedMap<LinkMemory.Subject, AttemptEvidence> = SortedMap()
        for attempt in sessions.attempted {
            attempts[attempt.contact.node.map(LinkMemory.Subject.node) ?? .place(attempt.contact.address)] = attempt
        }
        return attempts
    }

    private func row(_ facts: LinkFacts) -> LinkRow {
        var id: NodeID?
        if case .node(let node) = facts.subject { id = node }
        return LinkRow(
            name: id.flatMap { others[$0]?.record.name }, id: id, state: facts.state, address: facts.address,
            session: facts.sessionRow,
            attempt: facts.attempt.map { attempt in
                LinkRow.Attempt(
                    tries: attempt.tries, age: facts.now.instant - attempt.began, triesTCP: attempt.triesTCP)
            },
            why: facts.why)
    }

    // MARK: Whom a person means

    /// The one that `word` names: a member's name, its id or the start of it as tables show it, or an address. `what`
    /// is to be explained, for the hint when there is no such peer.
    func linkSubject(_ word: String, for what: String) throws(Complaint) -> LinkMemory.Subject {
        let named = others.values.filter { $0.record.name == word }.map(\.record.id)
        if let node = try onlyOne(named, word) { return .node(node) }
        if word == configuration.name { throw itself }
        if let node = try onlyOne(ids(startingWith: word), word) { return .node(node) }
        if let subject = try subject(at: word) { return subject }
        let guess = nearest(to: word, among: others.values.map(\.record.name) + knownAddresses.map(\.description))
        throw Complaint(
            .unknownPeer, what: "no peer called \(quoted(word)) is known here",
            remedy: guess.map { "marram explain \(what) \($0)" })
    }

    private var itself: Complaint {
        Complaint(.linkWithItself, what: "\(configuration.name) is this node, and a node has no link with itself")
    }

    private func onlyOne(_ nodes: [NodeID], _ word: String) throws(Complaint) -> NodeID? {
        guard nodes.count > 1 else { return nodes.first }
        let list = nodes.prefix(8).map(\.short).joined(separator: ", ")
        throw Complaint(.ambiguousPeer, what: "\(quoted(word)) may be any of \(nodes.count) members: \(list)")
    }

    /// Fewer digits than tables show are no id: such a word is a name with a slip.
    private func ids(startingWith word: String) throws(Complaint) -> [NodeID] {
        let digits = word.lowercased()
        guard digits.utf8.count >= 8, digits.utf8.allSatisfy(\.isHexadecimal) else { return [] }
        if configuration.id.description.hasPrefix(digits) { throw itself }
        let heard = links.subjects(since: .zero).compactMap { if case .node(let node) = $0 { node } else { nil } }
        let known = (others.values.map(\.record.id) + heard + sessions.connected).sorted()
        var found: [NodeID] = []
        for node in known where node != found.last && node.description.hasPrefix(digits) { found.append(node) }
        return found
    }

    /// An address with its port, or the host alone when only one peer is there.
    private func subject(at word: String) throws(Complaint) -> LinkMemory.Subject? {
        let own = [configuration.listen] + configuration.reachable
        let known = knownAddresses
        var address = Address(word)
        if address == nil {
            let hosted = known.filter { $0.host == word }
            if hosted.count == 1 { address = hosted[0] }
            if hosted.isEmpty, own.contains(where: { $0.host == word }) { throw itself }
        }
        guard let address else { return nil }
        if let owner = links.owner(of: address) { return owner }
        if let member = others.values.first(where: { $0.record.address == address }) { return .node(member.record.id) }
        if own.contains(address) { throw itself }
        guard known.contains(address) || links.refusals(ofStranger: address) != nil else { return nil }
        return .place(address)
    }

    /// Of members, sessions and attempts, each once, in order.
    private var knownAddresses: [Address] {
        let remembered = links.subjects(since: .zero).compactMap { links[$0]?.address }
        var addresses: [Address] = []
        for address in (others.values.map(\.record.address) + remembered).sorted() where address != addresses.last {
            addresses.append(address)
        }
        return addresses
    }
}

extension UInt8 {
    /// Of a text in small letters.
    var isHexadecimal: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}
