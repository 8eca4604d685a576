package import Base
package import Control
internal import Membership
package import Session

/// What comes out of a whole node.
package typealias NodeOutbox = Outbox<WorldEffect<Envelope, NodeNote>>

/// One member of a mesh, without a world: the session that opens and seals, and behind it the switchboard with the
/// engines. Four doors lead in, and what it wants done comes out in one outbox. Host drives it at a site, Simulation
/// drives five hundred of it at a desk, and it cannot tell which.
package struct MarramNode: ~Copyable {
    let configuration: NodeConfiguration
    private var session: Session
    package private(set) var switchboard: Switchboard
    package private(set) var recorder: FlightRecorder
    private(set) var counters: Counters
    let started: Instant
    private var isRecording: Bool
    /// Reused from call to call.
    private var outbox: Outbox<Switchboard.Effect>

    /// `stored` are the facts of all shelves from earlier lives; `random` is this life's chance.
    package init(
        _ configuration: NodeConfiguration, session: consuming Session, stored: [Fact], random: Random,
        mischief: Mischief, at now: Now
    ) {
        self.configuration = configuration
        self.session = session
        let me = MemberRecord(
            id: configuration.id, name: configuration.name, site: configuration.site, address: configuration.listen,
            life: Life(boot: configuration.boot, beat: 0), isLeaving: false)
        switchboard = Switchboard(
            membership: MembershipEngine(
                me: me, settings: configuration.gossip, seeds: configuration.seeds,
                stored: stored.filter { $0.shelf == Shelf.members }, random: random, mischief: mischief, at: now))
        recorder = FlightRecorder()
        counters = Counters()
        started = now.instant
        isRecording = configuration.records
        outbox = Outbox()
        startRecording(continues: false)
    }

    package var name: String { configuration.name }
    package var deadline: Instant? { switchboard.deadline }

    /// Fingerprint of everything that the node's next steps depend on, the keys left out.
    package var stateHash: UInt64 { switchboard.stateHash }

    // MARK: The doors

    /// A datagram came. It is opened where it lies, so its bytes are not what they were afterwards.
    package mutating func receive(
        _ bytes: inout MutableRawSpan, from source: Address, at now: Now, into world: inout NodeOutbox
    ) {
        counters.packetsReceived += 1
        counters.bytesReceived += UInt64(bytes.byteCount)
        let opened: Session.Opened
        do throws(Refusal) {
            opened = try session.open(&bytes)
        } catch {
            counters.countRefusal(error.name)
            return world.put(.note(.unopened(error, from: source)))
        }
        let frame: Frame
        do throws(DecodeError) {
            frame = try Frame(decoding: bytes.bytes.extracting(opened.frame))
        } catch {
            counters.countRefusal("undecoded-\(error)")
            return world.put(.note(.undecoded(error, from: opened.peer)))
        }
        take(.received(frame, from: opened.peer, source: source), at: now, into: &world)
    }

    /// Somebody at the control socket asks.
    package mutating func perform(_ request: Request, id: RequestID, at now: Now, into world: inout NodeOutbox) {
        if case .leave = request { take(.performed(.leave), at: now, into: &world) }
        world.put(.reply(id, answer(to: request, at: now)))
    }

    /// The facts of `ticket` are on the disk.
    package mutating func persisted(_ ticket: Ticket, at now: Now, into world: inout NodeOutbox) {
        take(.persisted(ticket), at: now, into: &world)
    }

    /// The deadline has come.
    package mutating func wake(at now: Now, into world: inout NodeOutbox) {
        take(.woken, at: now, into: &world)
    }

    // MARK: The flight recorder

    /// Starts a new piece of the recording: what follows can be replayed without what came before.
    package mutating func startRecording(continues: Bool) {
        if isRecording { recorder.record(checkpoint: switchboard, continues: continues) }
    }

    /// The world has taken the recorder's bytes.
    package mutating func recordingTaken() { recorder.taken() }

    /// The world can take no more of them.
    package mutating func stopRecording() {
        isRecording = false
        recorder.taken()
    }

    /// What people call a node.
    package func name(of id: NodeID) -> String {
        id == configuration.id ? configuration.name : switchboard.membership.members[id]?.record.name ?? id.short
    }

    // MARK: Inside

    private mutating func take(_ input: Switchboard.Input, at now: Now, into world: inout NodeOutbox) {
        switchboard.take(input, at: now, into: &outbox)
        if isRecording { recorder.record(input, at: now, leadingTo: switchboard) }
        for effect in outbox.effects {
            switch effect {
            case .send(let frame, let address):
                let packet = session.seal(into: &world.arena) { frame.encode(into: &$0) }
                counters.packetsSent += 1
                counters.bytesSent += UInt64(packet.count)
                world.put(.send(packet, to: address))
            case .persist(let facts, let ticket): world.put(.persist(facts, ticket))
            case .note(let note):
                if case .membership(.ignored(let reason)) = note { counters.countRefusal("ignored-\(reason)") }
                world.put(.note(note))
            }
        }
        outbox.removeAll()
    }
}
