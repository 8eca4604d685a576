/// Everything that a peer, a file or a person can grow, and how far. Each has its reason; each is tested at the limit
/// and one above.
package enum Limits {
    /// A UDP payload that crosses IPv6's smallest path (1,280 bytes) with a tunnel's headers to spare.
    package static let datagramBytes = 1_200
    /// The largest UDP payload there is: what a receive buffer must hold.
    package static let largestDatagramBytes = 65_507
    /// A node's, site's or mesh's name: fits a table column and a DNS label.
    package static let nameBytes = 63
    /// Members known to one node. Full views are designed for 2,000 and simulated to 10,000.
    package static let members = 10_000
    /// One request over the control socket, its length prefix not counted.
    package static let controlRequestBytes = 1 << 20
    /// One reply over the control socket: 10,000 members at some 500 bytes of JSON each, and room.
    package static let controlReplyBytes = 16 << 20
    /// Connections to the control socket at one time: tools and scripts of one machine.
    package static let controlConnections = 64
    /// A configuration file: a hundred times a large one.
    package static let configurationBytes = 1 << 20
    /// How deep TOML and JSON may nest: readers recurse, stacks are finite.
    package static let nesting = 32
}

/// Limits of testing tools, which read files and spend time like everything else.
extension Limits {
    /// Choices on one tape: a case that needs more is not one that anybody can understand after shrinking.
    package static let tapeChoices = 1 << 16
    /// A `.scenario` file: thousands of actions at some fifty bytes each.
    package static let scenarioBytes = 1 << 20
    /// Actions in one script: an hour of simulated faults and a busy workload, yet seconds to shrink.
    package static let scenarioActions = 1 << 14
    /// Whole numbers that an errand of a scenario carries: more would be a protocol, not an errand.
    package static let errandNumbers = 8
}
