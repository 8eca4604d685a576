internal import Base
internal import Control
internal import Membership
internal import Registry
internal import Session
internal import Trust

/// What a node answers at its control socket. Answers are read off the state; only making an invitation draws a key.
extension MarramNode {
    mutating func answer(to request: Request, at now: Now) -> Envelope {
        switch request {
        case .status: envelope(.status(status(at: now)), view: view(at: now), at: now)
        case .members: envelope(.members(members(at: now)), view: view(at: now), at: now)
        case .links: envelope(.links(links(at: now)), view: view(at: now), at: now)
        case .topology: envelope(.topology(topology(at: now)), view: view(at: now), at: now)
        case .moves(let since): envelope(.moves(moves(since: since)), view: view(at: now), at: now)
        case .explainLink(let peer): explainLink(to: peer, at: now)
        case .explainPeer(let peer): explainPeer(peer, at: now)
        case .invite(let uses, let lifetime): invite(uses: uses, lifetime: lifetime, at: now)
        case .nodes: envelope(.nodes(nodes), at: now)
        case .node(let word): answer(at: now) { () throws(Complaint) in .node(try node(named: word)) }
        case .operators: answer(at: now) { () throws(Complaint) in .operators(try operators()) }
        case .root(let leaving): answer(at: now) { () throws(Complaint) in .root(try root(leaving: leaving)) }
        case .submit(let records): envelope(.submitted(submitted(records)), at: now)
        case .acts(let count): envelope(.acts(acts(count)), at: now)
        case .explainAuthority(let word, let by, let on): explainAuthority(word, by: by, on: on, at: now)
        case .epoch, .evict: envelope(.epoch(epoch()), at: now)
        case .returned, .settleReturned: envelope(.returned(returned()), at: now)
        case .vitals(let word, let from):
            answer(at: now) { () throws(Complaint) in .vitals(try vitals(of: word, from: from, at: now)) }
        case .setVital: envelope(.vitals(ownVitals(at: now)), at: now)
        case .version: envelope(.version(.own), at: now)
        case .leave: envelope(.left(LeaveReply(mesh: meshName, told: others.count)), at: now)
        case .ping, .roundTrip: preconditionFailure("these are answered when the members asked have answered")
        case .saveRecording, .writeLaw, .writeAnswer:
            preconditionFailure("the world writes files itself, and asks for their content")
        case .store: preconditionFailure("the desk attends to the store: some of its answers wait")
        }
    }

    /// An answer, or the complaint that there is none.
    func answer(at now: Now, _ reply: () throws(Complaint) -> Reply) -> Envelope {
        do throws(Complaint) {
            return envelope(try reply(), at: now)
        } catch {
            return envelope(.failure(error), at: now)
        }
    }

    func envelope(_ reply: Reply, view: Envelope.View? = nil, at now: Now) -> Envelope {
        Envelope(node: configuration.name, at: now.wall, view: view, reply: reply)
    }

    /// What people call the mesh: its own word, as soon as it is known here.
    var meshName: String {
        switchboard.registry.meshName ?? "mesh-\(String(hexadecimal(signatory.mesh.value.bytes).prefix(8)))"
    }

    var others: SortedMap<NodeID, Member> { switchboard.membership.members }

    /// How many of this node and its living neighbours think the same of who is here. A neighbour says what it thinks
    /// with every beat.
    func view(at now: Now) -> Envelope.View {
        let mine = switchboard.membership.view
        let living = others.values.filter { $0.state == .alive && $0.view != nil }
        let oldest = living.map { now.instant - $0.heard }.max() ?? .zero
        var digest = ByteWriter()
        digest.u64(mine)
        return Envelope.View(
            agree: 1 + living.filter { $0.view == mine }.count, of: 1 + living.count, oldest: oldest,
            digest: String(hexadecimal(digest.bytes).prefix(8)))
    }

    // MARK: Status

    private func status(at now: Now) -> StatusReply {
        StatusReply(
            mesh: meshName, node: configuration.name, id: configuration.id, site: configuration.site,
            address: configuration.listen, version: Release.version, wireProtocol: Int(Sessions.wireVersion),
            uptime: now.instant - started, members: memberCounts, traffic: traffic, counters: reasons,
            problems: problems(at: now))
    }

    private var memberCounts: StatusReply.MemberCounts {
        var counts = StatusReply.MemberCounts(alive: 0, suspect: 0, unreachable: 0, left: 0)
        for state in [ownState] + others.values.map(\.state) {
            switch state {
            case .alive: counts.alive += 1
            case .suspect: counts.suspect += 1
            case .unreachable: counts.unreachable += 1
            case .left: counts.left += 1
            }
        }
        return counts
    }

    var ownState: Member.State { switchboard.membership.me.isLeaving ? .left : .alive }

    private var traffic: StatusReply.Traffic {
        StatusReply.Traffic(
            sentPackets: Int(clamping: counters.packetsSent), sentBytes: Int(clamping: counters.bytesSent),
            receivedPackets: Int(clamping: counters.packetsReceived),
            receivedBytes: Int(clamping: counters.bytesReceived))
    }

    private var reasons: [StatusReply.Counter] {
        counters.refused.map { StatusReply.Counter($0.0, Int(clamping: $0.1)) }
            + [StatusReply.Counter("batches_not_stored_yet", switchboard.unstored.count)]
    }

    private func problems(at now: Now) -> [StatusReply.Problem] {
        entryProblems(at: now) + clockProblems(at: now) + twinProblems + memberProblems(at: now)
            + epochProblems(at: now)
    }

    /// An invited node that is still outside says why, at once when a member has told it; a node that calls the wrong
    /// mesh hears nothing at all, so silence counts after a while.
    private func entryProblems(at now: Now) -> [StatusReply.Problem] {
        let registry = switchboard.registry
        guard signatory.isInvited, !registry.isMemberMyself else { return [] }
        if let why = registry.lastDecline, why != .noSponsor {
            return [StatusReply.Problem(.notLetIn, what: "this node was not let in: \(why.words)")]
        }
        guard now.instant - started >= Self.patienceOfNewcomers else { return [] }
        return [StatusReply.Problem(.notLetIn, what: "no member of its mesh has let this node in yet")]
    }

    /// Longer than a first handshake takes on a bad link.
    private static let patienceOfNewcomers = Interval.seconds(10)

    private var twinProblems: [StatusReply.Problem] {
        let registry = switchboard.registry
        // Of whoever was thrown out nobody hears either any more.
        return registry.twins.keys.filter { !registry.barred.risingContains($0) }.map { id in
            StatusReply.Problem(
                .identityTwice,
                what: id == configuration.id
                    ? "peers hear another node with this node's identity" : "\(name(of: id)) runs in two places",
                remedy: Code.identityTwice.remedy)
        }
    }

    private func memberProblems(at now: Now) -> [StatusReply.Problem] {
        let missing = others.values.filter { $0.state == .suspect || $0.state == .unreachable }
        // Of whoever was thrown out nothing is expected.
        return missing.filter { !switchboard.registry.barred.risingContains($0.record.id) }.map { member in
            StatusReply.Problem(
                member.state == .suspect ? .memberSuspect : .memberUnreachable,
                what: "\(member.record.name) is \(member.state): \(why(member, at: now))",
                remedy: "marram explain peer \(member.record.name)")
        }
    }

    // MARK: Members

    private func members(at now: Now) -> [MemberRow] {
        let me = switchboard.membership.me
        let own = MemberRow(
            name: me.name, id: me.id, state: ownState.row, address: me.address, site: me.site,
            since: now.wall + (started - now.instant), age: now.instant - started, why: "this node")
        let rows = others.values.map { row(of: $0, at: now) }
        return ([own] + rows).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    func row(of member: Member, at now: Now) -> MemberRow {
        MemberRow(
            name: member.record.name, id: member.record.id, state: member.state.row,
            address: member.record.address, site: member.record.site, since: member.since.wall,
            age: now.instant - member.since.instant,
            why: switchboard.registry.barred.risingContains(member.record.id)
                ? "revoked by the law of the mesh" : why(member, at: now))
    }

    /// The reason for a member's state, in a few words.
    private func why(_ member: Member, at now: Now) -> String {
        func name(_ id: NodeID) -> String { id == configuration.id ? "this node" : others[id]?.record.name ?? id.short }
        func silence(_ finding: Finding) -> String {
            let percent = finding.loss * 100 / MembershipRules.whole
            return "no sign of life for \((now.instant - member.heard).seconds) s, \(finding.pings) pings unanswered, "
                + "its path used to lose \(percent) %"
        }
        func names(_ ids: [NodeID]) -> String { ids.map(name).joined(separator: ", ") }
        switch member.reason {
        case .heardDirectly: return "heard directly"
        case .heardThrough(let peer): return "heard through \(name(peer))"
        case .notHeardSinceStart: return "not heard since this node started"
        case .silent(let finding): return silence(finding)
        case .vouched(let peer, let finding): return "\(silence(finding)); \(name(peer)) hears it"
        case .givenUp(let finding):
            return "\(silence(finding)); agreed by \(finding.accusers.count) of \(finding.observers) observers: "
                + names(finding.accusers)
        case .toldGone(let teller, let accusers):
            return accusers.isEmpty
                ? "held for gone by \(name(teller)), and it did not answer"
                : "given up by \(names(accusers)), told by \(name(teller))"
        case .notHeardByTheDeaf(let finding):
            return "\(silence(finding)); this node is cut off itself: \(finding.silentEdges) of \(finding.edges) "
                + "neighbours are silent"
        case .saidGoodbye: return "said goodbye"
        }
    }
}

extension Member.State {
    var row: MemberRow.State {
        switch self {
        case .alive: .alive
        case .suspect: .suspect
        case .unreachable: .unreachable
        case .left: .left
        }
    }
}
