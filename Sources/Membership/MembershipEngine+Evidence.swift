package import Base

/// What can be asked about the engine: for tables and explanations. Nothing here changes anything.
extension MembershipEngine {
    /// Whether this node hears so few of its neighbours that it judges nobody.
    package var isDeaf: Bool { deafSince != nil }

    /// The usual time between two beats of a member.
    package func interval(of member: NodeID) -> Interval { edges[member]?.pause(settings) ?? settings.interval }

    /// Who has an edge with `member`, as this node's rings have it.
    package func whoObserves(_ member: NodeID) -> [NodeID] { observers(of: member) }

    /// How many neighbours are silent at present, and how many there are.
    package var health: (silent: Int, edges: Int) { (silentEdges, edges.count) }
}
