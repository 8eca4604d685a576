internal import Base
internal import Control
internal import Membership

/// What a node answers about the rings, and about the moves of all members.
extension MarramNode {
    func topology(at now: Now) -> TopologyReply {
        let membership = switchboard.membership
        let edges = membership.edges.values.map { edge in
            TopologyReply.Edge(
                name: name(of: edge.peer), id: edge.peer,
                state: edge.trial != nil ? .silent : edge.wasHeard ? .heard : .new, roundTrip: edge.roundTrip,
                lossHere: Self.millionths(edge.loss), lossThere: edge.lossThere.map(Self.millionths),
                heard: now.instant - edge.heard, longestSilence: edge.gap, agrees: edge.root == membership.view,
                isDeaf: edge.isDeaf)
        }
        let own = TopologyReply.Seat(
            name: configuration.name, id: configuration.id, state: ownState.row,
            observers: observers(of: configuration.id))
        let seats = others.values.map { member in
            TopologyReply.Seat(
                name: member.record.name, id: member.record.id, state: member.state.row,
                observers: member.standing == .here ? observers(of: member.record.id) : [])
        }
        return TopologyReply(
            edges: edges.sorted { ($0.name, $0.id) < ($1.name, $1.id) },
            seats: ([own] + seats).sorted { ($0.name, $0.id) < ($1.name, $1.id) })
    }

    private func observers(of member: NodeID) -> [String] {
        switchboard.membership.whoObserves(member).map { name(of: $0) }.sorted()
    }

    /// Of a share in 65,536ths.
    private static func millionths(_ share: Int) -> Int { share * 1_000_000 / MembershipRules.whole }

    func moves(since number: Int) -> MovesReply {
        let (entries, missed) = moves.after(UInt64(number))
        return MovesReply(
            moves: entries.map { entry in
                MovesReply.Move(
                    number: Int(entry.number), at: entry.at.wall, name: name(of: entry.member), id: entry.member,
                    from: entry.from?.row, to: entry.to.row, why: entry.reason.sentence { name(of: $0) })
            }, cursor: Int(moves.newest), missed: missed)
    }
}
