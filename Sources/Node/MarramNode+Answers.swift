internal import Base
internal import Control
internal import Membership

/// What a node answers at its control socket. Answers are read off the state; nothing here changes it.
extension MarramNode {
    func answer(to request: Request, at now: Now) -> Envelope {
        switch request {
        case .status: envelope(.status(status(at: now)), view: view(at: now), at: now)
        case .members: envelope(.members(members(at: now)), view: view(at: now), at: now)
        case .invite(let uses, let lifetime): invite(uses: uses, lifetime: lifetime, at: now)
        case .version:
            envelope(
                .version(VersionReply(version: Release.version, wireProtocol: Release.wireProtocol)), at: now)
        case .leave: envelope(.left(LeaveReply(mesh: configuration.mesh, told: others.count)), at: now)
        case .saveRecording:
            preconditionFailure("the world saves recordings itself: they are in its files, not in the node")
        }
    }

    private func envelope(_ reply: Reply, view: Envelope.View? = nil, at now: Now) -> Envelope {
        Envelope(node: configuration.name, at: now.wall, view: view, reply: reply)
    }

    private var others: SortedMap<NodeID, Member> { switchboard.membership.members }

    /// How many of the living, this node included, think the same of who is here.
    private func view(at now: Now) -> Envelope.View {
        let mine = switchboard.membership.view
        let living = others.values.filter { $0.state == .alive }
        let oldest = living.map { now.instant - $0.heard }.max() ?? .zero
        var digest = ByteWriter()
        digest.u64(mine)
        return Envelope.View(
            agree: 1 + living.filter { $0.view == mine }.count, of: 1 + living.count, oldest: oldest,
            digest: String(hexadecimal(digest.bytes).prefix(8)))
    }
}
