package import Base
package import Membership
package import Registry
package import Replication

/// What a node is told about itself when it is made: from its data directory and configuration in the real world, from
/// the scenario in the invented one.
package struct NodeConfiguration: Sendable {
    package var name: String
    package var site: String
    package var id: NodeID
    /// How often the node has started, this time included. Stored before the node says its first word.
    package var boot: UInt64
    /// How many of its starts its database does not know of, since an older one was put back.
    package var missedBoots: UInt64
    /// Where it listens; the host may be unspecified.
    package var listen: Address
    /// Addresses under which others may reach it, for invitations.
    package var reachable: [Address]
    /// Where to say hello first.
    package var seeds: [Address]
    package var gossip: MembershipSettings
    /// Whether the flight recorder runs.
    package var records: Bool
    /// What the simulator plants, and nobody else.
    package var storeBug: ReplicaBug?
    package var lawBug: RegistryBug?

    package init(
        name: String, site: String, id: NodeID, boot: UInt64, missedBoots: UInt64 = 0, listen: Address,
        reachable: [Address], seeds: [Address], gossip: MembershipSettings, records: Bool
    ) {
        self.name = name
        self.site = site
        self.id = id
        self.boot = boot
        self.missedBoots = missedBoots
        self.listen = listen
        self.reachable = reachable
        self.seeds = seeds
        self.gossip = gossip
        self.records = records
    }
}
