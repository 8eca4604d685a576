/// Everything that a peer, a file or a person can grow, and how far. Each has its reason; each is tested at the limit
/// and one above.
package enum Limits {
    /// A UDP payload that crosses IPv6's smallest path (1,280 bytes) with a tunnel's headers to spare.
    package static let datagramBytes = 1_200
    /// The largest UDP payload there is: what a receive buffer must hold.
    package static let largestDatagramBytes = 65_507
    /// A node's, site's or mesh's name: fits a table column and a DNS label.
    package static let nameBytes = 63
    /// Whatever is counted one by one, such as beats, rounds and batches: one a nanosecond for a century. A number
    /// above it in a file was never counted, and leaves room for what is counted on from it.
    package static let counted: UInt64 = 1 << 62
    /// The longest patience that an engine may be set to have: a year. Whatever is reckoned from it fits an `Interval`.
    package static let patience = Interval.days(366)
    /// Addresses in one call on the local net: those of one interface.
    package static let callAddresses = 8
    /// A call, sealed: with all of its addresses.
    package static let beaconBytes = 192
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
    /// Configuration files of one node, conf.d included: more is a mistake of whatever generates them.
    package static let configurationFiles = 64
    /// Errors reported about a configuration: nobody reads further.
    package static let diagnostics = 100
    /// How deep TOML and JSON may nest: readers recurse, stacks are finite.
    package static let nesting = 32
    /// Addresses to say hello to at the start: what fits in an invitation and is worth trying.
    package static let seedAddresses = 8
    /// Bytes of one message of membership: a datagram less what seals and carries it.
    package static let membershipBytes = 1_080
    /// What frame, line, seal, UDP and IP add to it, as budgets of bytes reckon.
    package static let membershipOverhead = 75
    /// Claims in one message: more never fit.
    package static let claimsPerMessage = 32
    /// Acknowledgements in one message: of more than the largest news message holds.
    package static let marksPerMessage = 64
    /// The filter of a question: six bits for each of some 850 members, and room for the asker beside it.
    package static let filterBytes = 640
    /// Members that one filter stands for; a larger roster is compared in parts.
    package static let membersPerFilter = 850
    /// Addresses in the answer to a first word: enough that one of them is there when most packets are lost.
    package static let doorsPerAnswer = 8
    /// Datagrams in answer to one question; the asker comes back for more.
    package static let datagramsPerAnswer = 8
    /// Questions that are answered by turns: each waits as long as its asker would before it asks somebody else.
    package static let answersAtOnce = 3
    /// Observers of one member: two on each of four rings, or everybody in a mesh of nine.
    package static let observers = 16
    /// Signed words that a verdict is shown with: as many as it needs.
    package static let accusations = 3
    /// News on its way at one time, as far as this node did not leave it to the comparison of rosters.
    package static let newsOnItsWay = 512
    /// Members of whom others say what this node does not believe, and whom it asks itself.
    package static let doubts = 32
    /// Of those who do not hear a silent neighbour either, so many are remembered.
    package static let deniers = 32
    /// Members that it pings for others: forty pings a second at the most.
    package static let searches = 8
    /// Former neighbours at whose doors it knocks by turns of its own.
    package static let lostNeighbours = 32
    /// How often goodbye is said to each neighbour, if the budget allows it, since nobody is there to hear an
    /// acknowledgement.
    package static let goodbyeCopies = 3
    /// Places where one member was heard: two uplinks, and the one before the last move.
    package static let placesPerMember = 3
    /// What is remembered of how a member came to its state: enough for a flap and what was before it.
    package static let movesPerMember = 4
    /// Sessions held at one time: one with every member of a full view. The one unused for longest goes first.
    package static let sessions = members
    /// Handshakes that this node has begun and nobody has finished.
    package static let attempts = 1_024
    /// Handshakes that others have begun and not yet shown to be theirs. Each is some 2 kB and lives for seconds.
    package static let candidates = 4_096
    /// Datagrams that wait for a session to be made: what a node says to one peer within a second or two.
    package static let datagramsWaiting = 32
    /// Handshakes a second that are worked on before the senders have to prove their addresses: at 0.2 ms each, a
    /// twentieth of a core.
    package static let unprovedHandshakes = 250
    /// How long the secret lives from which cookies are computed; the one before it still counts.
    package static let cookieLife = Interval.minutes(2)
    /// Handshakes a second from one network while they come in floods: a site that restarts is through in seconds.
    package static let handshakesPerSource = 20
    /// How many of them at once.
    package static let handshakeBurst = 5
    /// Networks told apart then: places in a table of 8 bytes each.
    package static let handshakeSources = 4_096
    /// A handshake's packet on UDP: within every path.
    package static let handshakeBytes = datagramBytes
    /// A key seals this long, then its successor does.
    package static let phaseLife = Interval.minutes(5)
    /// How many successors a session's first key has: a receiver that heard nothing for that long still finds the
    /// right one.
    package static let phases: UInt8 = 15
    /// What was sealed with a key that has a successor is still opened for so long.
    package static let formerKeyLife = Interval.seconds(30)
    /// A session makes place for a new one after this long, so that a stolen node's past is short.
    package static let sessionLife = Interval.hours(1)
    /// The same, in packets: far below what one key may number.
    package static let sessionPackets: UInt64 = 1 << 30
    /// The same, in bytes: far below what ChaCha20-Poly1305 may seal under one key.
    package static let sessionBytes: UInt64 = 64 << 30
    /// Events kept of one link: the story of its last session, and on a screen of 24 lines it does not scroll away.
    package static let linkEvents = 16
    /// How many of them may be what its line decided: a busy line's changes of rate must not push out why the session
    /// is as it is.
    package static let lineEvents = 6
    /// Links of which events are kept, at some 2 kB each: every peer of the largest view with room for strays. The one
    /// of which nothing was noted for longest goes first.
    package static let linksRemembered = 2_048
    /// A link without a session is still shown for so long: a night, and the morning on which somebody looks.
    package static let linkMemory = Interval.days(1)
    /// Addresses that nobody is known for and from which packets were refused: a person asks about one of the last.
    package static let strangersRemembered = 16
    /// Pings that one request asks for: at five a second, twenty seconds.
    package static let pingsPerRequest = 100
    /// Requests for pings at one time: some terminals, and a script that forgot to wait.
    package static let pingErrands = 16
    /// Moves of members that are kept for whoever watches: a site that falls and rises, between two looks.
    package static let movesKept = 1_024
    /// How a person may name a peer: the longest way is an id, or an address with a zone of digits.
    package static let peerWordBytes = 128
    /// A fact's key: an id and a name, and room.
    package static let factKeyBytes = 256
    /// A fact's value: a record of some kind; bulk is kept in files.
    package static let factValueBytes = 1 << 16
    /// Batches of facts on their way to the disk at one time: one a loop turn, and disks may stall for minutes.
    package static let unstoredBatches = 65_536
    /// One entry of a flight recording: a checkpoint of a full view, some 200 bytes a member, and of a full law, some
    /// 600 a record.
    package static let recordingEntryBytes = 16 << 20
    /// The flight recorder hashes the state after every input while it is smaller than this.
    package static let stateHashedAlways = 4_096
    /// And of a larger one so many bytes an input: recording costs no more in a large mesh than in a small one. With
    /// 4,096 it was an eighth of the processor's time of a start of fifty nodes.
    package static let stateBytesPerHash = 1_024
    /// The node's database and its log: a hundred times what 10,000 members need, less than the smallest disks hold.
    package static let databaseBytes = 1 << 30
    /// Damaged databases kept aside in one data directory: so many mean a failing disk, and a person must look.
    package static let keptDatabases = 16
    /// What stands in a lock file: a process id (at most 4,194,304 on Linux) and a line end, and room.
    package static let processIDBytes = 32

    /// Datagrams taken from the kernel, or given to it, in one system call. Beyond some 64 a call's own cost no longer
    /// shows in the cost of a packet.
    package static let receiveBatch = 64
    /// The same, for the same reason.
    package static let sendBatch = 64
    /// Packets that leave in one message. Linux took 64 before it took 128.
    package static let packetsPerMessage = 64
    /// Bytes queued before a batch leaves, be it full or not: they should still be in the processor's cache when the
    /// kernel copies them.
    package static let sendBatchBytes = 256 << 10
    /// Packets received from one socket before the loop looks at its other handles, again some milliseconds: batches of
    /// runs bring more than batches of packets.
    package static let packetsPerTurn = 4_096
    /// Bytes that a batch should bring, for the same reason.
    package static let receiveBatchBytes = 256 << 10
    /// Batches received from one socket before the loop looks at its other handles: a few milliseconds of work.
    package static let receiveBatchesPerTurn = 8
    /// Datagrams waiting for a kernel that takes no more: a second of a busy node's control traffic.
    package static let datagramsQueued = 1_024
    /// Their bytes: as many of the usual size, or some thirty of the largest.
    package static let datagramQueueBytes = 2 << 20
    /// What the kernel is asked to keep for a UDP socket in each direction: 40 ms at a gigabit per second, and a tenth
    /// of a second of a flood of 200,000 small packets, for a node that does not get its processor at once.
    package static let datagramSocketBuffer = 16 << 20
    /// Bytes of a stream read at one time, of all streams of a loop: larger packets lie whole in it more often.
    package static let streamReadBytes = 256 << 10
    /// Bytes written to a stream that its reader has not taken, unless the one who opens it says otherwise.
    package static let streamWriteBytes = 1 << 20
    /// Packets in a TCP connection that its reader has not taken: all that a line may have under way, and what else is
    /// said. What finds no room is lost, and a line over TCP takes loss for a mistake of the path.
    package static let carrierWriteBytes = lineWindow + (1 << 20)
    /// Packets gathered before they go to the kernel, though the turn has not ended.
    package static let carrierGatherBytes = 128 << 10
    /// TCP connections that carry packets at one time: peers behind a wall that UDP does not pass.
    package static let carrierConnections = 256
    /// Connections that wait to be accepted. The kernel forgets more of them.
    package static let connectionBacklog = 128
    /// A unix socket's path: the kernel's field has 108 bytes, five of which a closing zero and `.new` need.
    package static let socketPathBytes = 103
    /// Jobs given to the thread pool and not yet done: some minutes of work for its four threads.
    package static let jobsInFlight = 1_024
    /// What a child process prints that is handed on; the rest is read and dropped, so that the child never waits.
    package static let childOutputBytes = 1 << 20
    /// A table of /proc that is searched for the holder of a port: some 50,000 sockets.
    package static let systemTableBytes = 8 << 20
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
    /// Names read from one directory: a person's configuration files, never a mail spool.
    package static let directoryEntries = 4_096
    /// The memory that opening a password's seal may take: a file that somebody left must not tie up the machine. Four
    /// times what the dearest seal of ours takes.
    package static let passwordKibibytes = 1_048_576
    /// The passes over that memory: twice those of the dearest seal of ours.
    package static let passwordPasses = 6
    /// A flight recording: as large as the configuration lets the two files together be, and a checkpoint.
    package static let recordingBytes = (1 << 30) + recordingEntryBytes
}

/// What one line between two nodes may hold of what the other side, or our own, pours into it.
extension Limits {
    /// A datagram of a line: fits the smallest packet with its header, its seal and feedback beside it.
    package static let lineDatagramBytes = 1_100
    /// The largest packet a line tries, seal included: what IPv4 carries in one datagram, less a little.
    package static let linePacketBytes = 65_000
    /// A packet's plaintext is filled up to a multiple of so many bytes, so that its length tells little: a beat shows
    /// whether a place stands in it, and no more. What most packets say is short, and filling them doubles their cost.
    package static let packetClassBytes = 32
    /// Datagrams of one priority that wait: a second of a busy node's.
    package static let lineQueueCount = 256
    /// Their bytes.
    package static let lineQueueBytes = 64 << 10
    /// Notes that wait for a door with an outbox.
    package static let lineNotes = 64
    /// Copies of one urgent datagram: at nine in ten packets lost, four in five still come through.
    package static let urgentCopies = 16
    /// Streams that one side may have open: a node's transfers with one peer.
    package static let openStreams = 64
    /// Resets of which the peer is not yet told: more streams than can come and go within a round trip.
    package static let lineResets = 1_024
    /// Streams that a peer may have open here. Twice as many as it should, since it hears later that one is closed.
    package static let peerStreams = 128
    /// How far ahead of the highest known a new stream's id may be, in streams: packets overtake one another.
    package static let streamsAhead = 1_024
    /// Bytes of one stream that its reader has not taken: at 45 % loss a byte is sent up to eleven times, and 10 Mbit/s
    /// over a satellite (600 ms) come to 5 MB meanwhile.
    package static let streamWindow = 8 << 20
    /// The same for all streams of one line.
    package static let lineWindow = 16 << 20
    /// Bytes of one stream that are not yet acknowledged: as many as the peer's window lets fly, and again.
    package static let streamSendBytes = 16 << 20
    /// Those of them that were never sent: what a fast path takes until a writer has answered.
    package static let streamAheadBytes = 1 << 20
    /// Packets sent and not yet spoken of by the peer: a full window of the smallest.
    package static let packetsInFlight = 16_384
    /// Ranges of packet numbers in one feedback: with every other packet lost, a second of 10 Mbit/s.
    package static let feedbackRanges = 256
    /// Arrivals in one feedback, by which the sender knows spacing and delay.
    package static let feedbackSamples = 16
    /// Ranges of one stream's bytes that arrived out of order: more packets than a window holds do not exist.
    package static let streamRanges = 4_096
    /// Units that are mixed into one packet. A block of so many, half of them missing, is solved in some milliseconds.
    package static let mixedUnits = 512
}

/// What the law of a mesh may hold: its records are kept by every member for years.
extension Limits {
    /// A signed record with its seals: it is kept as the value of one fact.
    package static let recordBytes = factValueBytes
    /// The body of a record: what the seals of `signers` keys leave of it.
    package static let recordBodyBytes = recordBytes - 2_048
    /// Keys that sign one record: more people never sat at one table.
    package static let signers = 16
    /// Operators and recovery shares of one mesh: all of them can sign one record.
    package static let operators = signers
    /// Keys of one person: a laptop, a spare, a stick and a card.
    package static let keysPerPerson = 4
    /// Links from an operator to whoever acts: a chain of hands that a person can still explain.
    package static let grantDepth = 4
    /// Members who vouched for one another, one after the other, since an operator last granted something itself.
    package static let sponsorRank = 16
    /// Groups that one grant names.
    package static let groups = 64
    /// Capabilities that one grant gives.
    package static let capabilities = 64
    /// Patterns in one scope, each compared with each of the parent's.
    package static let scopePatterns = 16
    /// The name of a capability or of what it is used on: a path of a few names.
    package static let capabilityBytes = 127
    /// Changes in one update of the root: every operator replaced at once, and both tables.
    package static let rootChanges = 64
    /// Updates of the root, losing branches included: one a week for a lifetime.
    package static let rootUpdates = 4_096
    /// Rows of each of the root's tables: roles, policies, sites.
    package static let tableRows = 64
    /// Feeds of one owner that were not closed, as many as one revocation names. A start that ends well closes its
    /// feed; a node whose power is cut every night after it did something has a year and a half.
    package static let liveFeeds = cuts
    /// Feeds of one owner altogether: an unclean end every day for a decade. More are the work of a thief.
    package static let feedsPerOwner = 4_096
    /// Entries of one feed that wait for an earlier one.
    package static let waitingEntries = 10_000
    /// Places that one revocation names: every feed in which its target did something that shall stand. An operator
    /// begins one with each act, and does as many in some years.
    package static let cuts = 512
    /// Nodes that one decision about a spent invitation keeps: as many as an invitation may admit in one hand's reach.
    package static let keptNodes = 64
    /// Keys of one feed in a proof: one an hour for forty days.
    package static let successions = 1_000
    /// Audit entries under one signature.
    package static let auditBatch = 256
    /// Clocks that are heard for one bracket: any majority of a large site's.
    package static let timeVotes = 64
    /// Members that are asked for their clocks at one time: one that lies, and one that is silent, leave a majority.
    package static let clocksAsked = 5
    /// Clocks that one node tells in two seconds: each costs a signature, and a mesh asks once in minutes.
    package static let clocksTold = 32
    /// Nodes that hold something else and are asked again within two seconds: twice the pace at which others are.
    package static let askedAgain = 2
    /// Ends of feeds that one node cosigns at one time; the rest comes some minutes later.
    package static let cosignedAtOnce = 16
    /// Leases that one node signs in two seconds; whoever hears nothing asks somebody else.
    package static let leasesSigned = 32
    /// Members that are quarantined here at one time, as many as there may be.
    package static let quarantined = members
    /// Records of one law: a mesh of 2,000 nodes in which every node came by an invitation and some hundreds acted.
    package static let records = 16_384
    /// Good records that speak of something not known yet: two full answers of a peer, the second before the first.
    package static let earlyRecords = 256
    /// Records that an identity begins with: the genesis, the founder's feed, and its first grants.
    package static let charterRecords = 8
    /// Ids in one list or wish: as many as fit a datagram.
    package static let listedRecords = 30
    /// Records in one message: more never fit.
    package static let recordsPerMessage = 8
    /// Records in answer to one message; the asker comes back for more.
    package static let recordsPerAnswer = 64
    /// Records that a person's tool hands in at one time: an act and the feed around it, some times over.
    package static let recordsHandedIn = 64
    /// Acts that a person is shown at one time.
    package static let actsShown = 1_000
    /// The file of a node that asks to be let in: two keys, a name and a signature.
    package static let requestFileBytes = 1_024
    /// Digits of a record's id that a person has to type: two of sixteen thousand records agree in so many once in
    /// thirty meshes.
    package static let shortestID = 8
    /// Digits of a node's id that do where no node is named so: among a few thousand nodes mostly one has them, and
    /// where two have, the person is told.
    package static let shortestNodeID = 4
    /// A law in a file: as many records as there may be, thrice as long as usual.
    package static let lawFileBytes = 32 << 20
    /// Bytes of one message of the registry: a datagram less what seals and carries it.
    package static let registryBytes = 1_040
    /// Bytes of a record in one piece of it.
    package static let pieceBytes = 960
    /// Large records that are put together at one time.
    package static let assemblies = 8
    /// Records that are being spread at one time; the comparison carries the rest.
    package static let recordsSpreading = 256
    /// Strangers to whom this node shows its law, since it began to speak with them.
    package static let strangersShown = 64
    /// Members that a newcomer has met and asks in turn, and how often it asks within two seconds.
    package static let sponsorsMet = 8
    /// A comment in a minisign signature, as minisign itself bounds it.
    package static let minisignCommentBytes = 1_024
}

/// What replication may hold of what peers, or people, write.
extension Limits {
    /// A key, and an element of a set: a path that people read.
    package static let keyBytes = 256
    /// A transaction: what fits a fact of the store with its signature beside it.
    package static let transactionBytes = factValueBytes - 1_024
    /// Operations in one transaction, and in one step of anything: some milliseconds of work.
    package static let operations = 256
    /// Writers whose operations one value may take the place of: everybody who wrote one key between two collections.
    package static let contextWriters = 1_024
    /// What a transaction rests on besides its own log: heads that nobody has tied together yet.
    package static let dependencies = 64
    /// Writers in one namespace: every member of a full view, restored a few times.
    package static let writers = 4 * members
    /// Epochs of a namespace: a roster that changes every hour of a decade.
    package static let epochs = 100_000
    /// One epoch: what fits a fact of the store, as transactions do. A roster of a thousand, with what a newcomer must
    /// know of as many logs, takes 50 kB; a namespace of more than some 1,900 members keeps no epochs.
    package static let epochBytes = transactionBytes
    /// Transactions that one epoch calls void for good: of a writer with more the rest waits for the next.
    package static let settledVoid = 1_024
    /// Transactions that came before what they rest on, and wait for it: twice what answers one question.
    package static let heldTransactions = 32_768
    /// Bytes of one message of replication: a stream carries it, and a receiver decodes it in some milliseconds.
    package static let replicationMessageBytes = 1 << 20
    /// Bytes of transactions in one run, as far as signatures let it end: a message with room for the largest one more.
    package static let runBytes = 256 << 10
    /// Bytes of messages that have not come whole, of all peers together: one of the largest from each of eight.
    package static let roadBytes = 8 * (replicationMessageBytes + 4)
    /// Bytes on the way to one peer beyond which nothing is added: 10 Mbit/s over 200 ms.
    package static let roadBytesUnderWay = 256 << 10
    /// What came in and waits for its turn: the answer to one question, at some fifteen bytes an operation.
    package static let replicationInboxBytes = 4 << 20
    /// Peers that are given what they lack at one time: every neighbour, and strangers that found their way here.
    package static let replicationServices = 64
    /// Batches of changes that the disk has not stored: half a second of catching up, beyond which nothing is taken in.
    package static let replicationUnstored = 64
    /// Live sets held for peers that come back, each a copy that shares what has not changed since.
    package static let liveSetTransfers = 2
    /// Cells of one sketch: some two thousand differences, beyond which a whole vector is smaller.
    package static let sketchCells = 4_096
    /// Cells that tell what one who comes back should have forgotten: some 48,000 operations. 800 kB on the way, and a
    /// megabyte in the memory of each.
    package static let copyCells = 65_536
    /// Those of them in one message: 12 kB, so that little is asked for again when one is lost.
    package static let copyCellsAtOnce = 1_024
    /// Operations that are compared in one step, none of which is taken in: a millisecond's work, five on a small node.
    package static let comparedAtOnce = 2_048
    /// Own writes that wait for their signature or the disk. One more is refused.
    package static let ownWritesWaiting = 64
    /// What one writer adds to an escrow, spends of it or gives one other, so that sums over all writers fit 63 bits.
    package static let escrowed: UInt64 = 1 << 36
    /// Of its own entries of a log, how many a writer may be told to keep.
    package static let keptEntries = 1_000_000
    /// Pieces of a live set that wait to be taken over at once: a full namespace of a hundred thousand keys.
    package static let stagedTransactions = 262_144
}

/// What a node may say of itself that lies on no disk.
extension Limits {
    /// Values on one sheet: what a screen shows of one node.
    package static let sheetEntries = 32
    /// A sheet without its signature: with that, a frame and an age it fits a datagram.
    package static let sheetBytes = 900
    /// How long a sheet may say that it lives, in seconds: with 10,000 full sheets each has its turn once in 11 hours.
    package static let sheetSeconds = 7 * 86_400
    /// Sheets in one message: small ones.
    package static let sheetsPerMessage = 8
    /// Sheets that one summary tells of, at seven to nine bytes each.
    package static let sheetsPerSummary = 110
}

/// What people may ask of keys and values in one go.
extension Limits {
    /// A value: what a transaction holds beside the longest key and a context of a few writers.
    package static let valueBytes = 60 << 10
    /// Values in one answer, before the asker has to come back for more: a tenth of what a reply may hold as text.
    package static let answerBytes = 1 << 20
    /// Rows in one answer: a screen is read, a program pages on.
    package static let answerRows = 1_000
    /// How long an asker may be kept waiting for a change before it has to ask again: longer than any poll, short
    /// enough that one who is gone is soon forgotten.
    package static let watchPatience = Interval.seconds(60)
    /// Askers that wait for a change: one a connection, and as many again that are gone already.
    package static let watchers = 2 * controlConnections
    /// How long a member may hold forgetting up before people are told: longer than any holiday.
    package static let holdupWarning = Interval.days(30)
    /// A store larger than this is not put into the flight recording: a checkpoint must fit an entry and be written
    /// within a turn of the loop.
    package static let recordedStoreBytes = 2 << 20
}
