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
    /// A path that a tool hands to the daemon: Linux's PATH_MAX, its final zero not counted.
    package static let pathBytes = 4_095
    /// How many nodes one invitation may admit: a fleet's delivery. A leaked token admits no more than this.
    package static let invitationUses = 1_000
    /// How long an invitation may live. It is a secret on paper, and paper gets lost.
    package static let invitationLifetime = Interval.days(30)
    /// A configuration file: a hundred times a large one.
    package static let configurationBytes = 1 << 20
    /// How deep TOML and JSON may nest: readers recurse, stacks are finite.
    package static let nesting = 32
    /// Addresses to say hello to at the start: what fits in an invitation and is worth trying.
    package static let seedAddresses = 8
    /// Records in one gossip message: more never fit into a datagram.
    package static let recordsPerGossip = 16
    /// Bytes of records in one gossip message: a datagram less its header, seal and sender.
    package static let gossipBytes = 1_000
    /// Datagrams in answer to one hello: a view of some fifty members; the rest comes with later rounds.
    package static let datagramsPerHello = 8
    /// How often news rides ahead: each copy reaches one random peer, and its own news does the rest.
    package static let rumourCopies = 6
    /// How often goodbye is said to each member, since nobody acknowledges it.
    package static let goodbyeCopies = 2
    /// One round in so many also tries a member that is unreachable or left, or a seed that never answered.
    package static let roundsPerLostMember: UInt64 = 5
    /// A fact's key: an id and a name, and room.
    package static let factKeyBytes = 256
    /// A fact's value: a record of some kind; bulk is kept in files.
    package static let factValueBytes = 1 << 16
    /// Batches of facts on their way to the disk at one time: one a loop turn, and disks may stall for minutes.
    package static let unstoredBatches = 65_536
    /// One entry of a flight recording: a checkpoint of a full view, some 200 bytes a member.
    package static let recordingEntryBytes = 4 << 20
    /// The flight recorder hashes the state after every input while it is smaller than this, and in proportion more
    /// seldom when it is larger, so that recording costs no more in a large mesh than in a small one.
    package static let stateBytesPerHash = 16_384
    /// What opening a password's seal may cost: a file that somebody left must not tie up the machine. Four times the
    /// memory, and twice the passes, of the dearest seal that we make.
    package static let passwordKibibytes = 1_048_576
    package static let passwordPasses = 6
}
