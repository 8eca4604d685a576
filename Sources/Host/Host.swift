package import Base
internal import Control
internal import Crypto
internal import Disk
internal import Glibc
internal import Loop
internal import Membership
internal import Node
internal import Session
internal import Trust

/// A node in the real world: one thread, one UDP port, one database, one control socket, and in the middle the node
/// that knows of none of them. Each thing that happens calls one door of the node and carries out what came out; at the
/// end of the loop's turn everything that is to be stored goes to the disk in one commit, and the one timer is set to
/// the next deadline.
package final class Host {
    let loop: EventLoop
    private(set) var log: LogWriter
    private let directory: DataDirectory
    var node: MarramNode
    let listen: Address
    let storage: Storage
    var flight: FlightFiles
    private let lock: DirectoryLock
    private let socket: UDPSocket
    /// Nil when somebody else has the port's number in TCP.
    private let carrier: TCPCarrier?
    /// Nil where calling on the local net is switched off, or cannot be.
    let beacons: BeaconSocket?
    /// As they were when this node last called.
    var nets: [NetworkInterface] = []
    private let timer: Timer
    private let signals: Signals
    private let control: ControlSocket
    private var outbox = NodeOutbox()
    /// Both clocks, read when the present call of a door began.
    private(set) var now: Now
    /// Somebody asked the daemon to end; it does when everything is stored.
    private var isEnding = false
    /// What the node must not run on with.
    private var loss: Complaint?

    /// Runs the node of `directory` until it is asked to end. Throws what keeps it from starting.
    package static func run(_ directory: DataDirectory) throws(Complaint) {
        try Sodium.start()
        let host = try Host(directory)
        host.start()
        host.loop.run()
        if let loss = host.loss { throw loss }
        host.log.write(.info, "\(host.node.name) has ended", at: host.loop.now().wall)
    }

    /// The last words of a daemon that cannot start.
    package static func end(with complaint: Complaint) -> Never {
        LogWriter.write(complaint.lines)
        exit(1)
    }

    /// In the order in which a person can do something about what fails: the directory, its files, then the machine.
    private init(_ directory: DataDirectory) throws(Complaint) {
        self.directory = directory
        lock = try directory.lock()
        let reading = try directory.configuration()
        let configuration = reading.configuration
        let identity = try directory.identity()
        log = LogWriter(level: configuration.log.level)
        do throws(LoopError) {
            loop = try EventLoop()
            timer = try Timer(on: loop)
            signals = try Signals(on: loop)
        } catch {
            throw Complaint(.systemRefuses, what: "the event loop cannot be made: \(error)")
        }
        storage = try Storage(directory, on: loop)
        let stored = try storage.load() + directory.lawFacts(of: identity.mesh)
        socket = try Self.socket(at: configuration.listen.address, on: loop)
        listen = socket.localAddress
        let trouble: LoopError?
        (carrier, trouble) = Self.carrier(beside: socket.localAddress, on: loop)
        beacons = configuration.listen.beacon ? try? BeaconSocket(port: Self.beaconPort, on: loop) : nil
        control = try Self.control(at: directory.socketPath, on: loop)
        flight = FlightFiles(directory, bytes: configuration.record.bytes)
        now = loop.now()
        var entropy = Entropy.system
        var nodeConfiguration = try Self.configuration(
            configuration, identity, boot: storage.boot, bound: socket.localAddress)
        nodeConfiguration.missedBoots = storage.missedBoots
        let sessions = Sessions(
            identity, boot: storage.boot, settings: SessionSettings(hasTCP: carrier != nil), entropy: entropy.split(),
            random: Self.random(from: &entropy), at: now.instant)
        node = MarramNode(
            nodeConfiguration, signatory: Signatory(identity, from: &entropy), sessions: sessions, stored: stored,
            entropy: entropy.split(), random: Self.random(from: &entropy), mischief: .none, at: now)
        if let flaw = node.storeFlaw { throw directory.complaint(about: flaw) }
        for warning in reading.warningRows { log.write(.warning, warning.sentence, at: now.wall) }
        if configuration.listen.beacon, beacons == nil {
            let what = "nobody is met on the local net: UDP port \(Self.beaconPort) cannot be had"
            log.write(.warning, what, at: now.wall)
        }
        if let trouble {
            log.write(.warning, "nobody reaches this node over TCP, should UDP be blocked: \(trouble)", at: now.wall)
        }
    }

    /// A node without TCP still has UDP; so what keeps it from listening is no reason not to start.
    private static func carrier(beside address: Address, on loop: EventLoop) -> (TCPCarrier?, LoopError?) {
        do throws(LoopError) {
            return (try TCPCarrier(beside: address, on: loop), nil)
        } catch {
            return (nil, error)
        }
    }

    private static func random(from entropy: inout Entropy) -> Random {
        Random(seed: entropy.word())
    }

    private static func socket(at address: Address, on loop: EventLoop) throws(Complaint) -> UDPSocket {
        do throws(LoopError) {
            return try UDPSocket(bind: address, dontFragment: true, on: loop)
        } catch .addressInUse {
            let holder = portHolder(of: address).map { "\($0.name) (process \($0.pid)) is bound to it" }
            throw Complaint(.portInUse, what: "UDP \(address) is in use", because: holder)
        } catch {
            throw Complaint(
                .cannotListen, what: "UDP \(address) cannot be listened on: \(error)",
                remedy: "choose an address of this machine: [listen] address in marram.toml")
        }
    }

    private static func control(at path: String, on loop: EventLoop) throws(Complaint) -> ControlSocket {
        do throws(LoopError) {
            return try ControlSocket(path: path, on: loop)
        } catch {
            throw Complaint(.cannotListen, what: "the control socket \(path) cannot be made: \(error)")
        }
    }

    private static func configuration(
        _ configuration: Configuration, _ identity: borrowing NodeIdentity, boot: UInt64, bound: Address
    ) throws(Complaint) -> NodeConfiguration {
        let name = configuration.node.name ?? Machine.hostName
        guard isName(name) else {
            throw Complaint(
                .badName, what: "this machine's host name cannot be the name of a node",
                remedy: "set [node] name in marram.toml, such as name = \"till-01\"")
        }
        let isEverywhere = bound.isUnspecified
        return NodeConfiguration(
            name: name, site: configuration.node.site, id: identity.id, boot: boot, listen: bound,
            reachable: isEverywhere ? Machine.addresses(port: bound.port) : [bound], seeds: identity.seeds,
            gossip: MembershipSettings(
                interval: configuration.gossip.beat, callsOut: configuration.listen.beacon),
            records: true)
    }

    private func start() {
        socket.onReceive { [unowned self] bytes, source in receive(&bytes, from: Path(source)) }
        carrier?.onReceive = { [unowned self] bytes, path in receive(&bytes, from: path) }
        carrier?.onDialled = { [unowned self] address, outcome in node.dialled(address, outcome, at: loop.now()) }
        carrier?.open()
        openBeacons()
        timer.onFire { [unowned self] in
            now = loop.now()
            guard node.deadline.map({ $0 <= now.instant }) ?? false else { return }
            node.wake(at: now, into: &outbox)
            carryOut()
        }
        signals.onSignal { [unowned self] signal in
            switch signal {
            case .interrupt, .terminate: end()
            case .hangUp: readConfigurationAgain()
            }
        }
        storage.onStored = { [unowned self] tickets in
            now = loop.now()
            for ticket in tickets { node.persisted(ticket, at: now, into: &outbox) }
            carryOut()
            if isEnding, storage.isIdle { loop.stop() }
        }
        storage.onTrouble = { [unowned self] complaint in
            log.write(.error, "\(complaint.code) \(complaint.what): it is tried again", at: loop.now().wall)
        }
        storage.onLoss = { [unowned self] complaint in
            loss = complaint
            loop.stop()
        }
        control.onRequest = { [unowned self] request, id in answer(request, id) }
        control.open()
        loop.onTurnEnd = { [unowned self] in endTurn() }
        log.write(.info, "\(node.name) listens on UDP \(socket.localAddress)", at: now.wall)
        sayWhetherRecording()
    }

    private func receive(_ bytes: inout MutableRawSpan, from path: Path) {
        now = loop.now()
        node.receive(&bytes, from: path, at: now, into: &outbox)
        carryOut()
    }

    func hear(beacon bytes: inout MutableRawSpan, from source: Address, own: [Address]) {
        now = loop.now()
        node.hear(beacon: &bytes, from: source, own: own, at: now, into: &outbox)
        carryOut()
    }

    private func endTurn() {
        now = loop.now()
        carrier?.tidy(at: now.instant)
        record()
        storage.commit(at: now.instant)
        let deadlines = [node.deadline, storage.retry, carrier?.deadline].compactMap { $0 }
        if let next = deadlines.min() { timer.arm(at: next) } else { timer.disarm() }
    }

    /// Ends as soon as everything that the node wanted stored is stored, or could not be.
    private func end() {
        isEnding = true
        now = loop.now()
        node.end(at: now, into: &outbox)
        carryOut()
        if storage.isIdle || storage.trouble != nil { loop.stop() }
    }

    /// Takes over what may change while the node runs, when nothing is wrong with any of it.
    private func readConfigurationAgain() {
        let wall = loop.now().wall
        do throws(Complaint) {
            let reading = try directory.configuration()
            log.level = reading.configuration.log.level
            for warning in reading.warningRows { log.write(.warning, warning.sentence, at: wall) }
            log.write(.info, "the configuration was read again; some keys wait for a restart", at: wall)
        } catch {
            log.write(.error, "\(error.code) \(error.what), nothing applied: \(error.because)", at: wall)
        }
    }

    // MARK: What comes out of the node

    private func carryOut() {
        for effect in outbox.effects {
            switch effect {
            case .send(let range, let path):
                let bytes = outbox.arena.bytes.raw.extracting(range)
                switch path.carrier {
                case .udp: socket.send(bytes, to: path.address)
                case .tcp: carrier?.send(bytes, to: path.address, at: now.instant)
                }
            case .callOut(let isLonely): callOut(isLonely: isLonely)
            case .persist(let facts, let ticket): storage.put(facts, ticket)
            case .reply(let id, let envelope): control.reply(warned(envelope), to: id)
            case .note(let note): log(note)
            }
        }
        outbox.removeAll()
    }

    private func answer(_ request: Request, _ id: RequestID) {
        now = loop.now()
        if case .saveRecording(let path) = request {
            return control.reply(warned(saveRecording(to: path)), to: id)
        }
        if case .writeLaw(let path, let record) = request {
            return control.reply(warned(exportLaw(to: path, about: record)), to: id)
        }
        if case .writeAnswer(let path, let word) = request {
            return control.reply(warned(writeAnswer(to: path, for: word)), to: id)
        }
        // What the disk does not take now is not begun: nobody could say what became of it.
        if case .store(.write(_, isTrial: false)) = request, let trouble = storage.trouble {
            return control.reply(Envelope(node: node.name, at: now.wall, reply: .failure(trouble)), to: id)
        }
        node.perform(request, id: id, at: now, into: &outbox)
        carryOut()
        if case .leave = request { end() }
    }

    /// An answer with what the world knows and the node does not.
    private func warned(_ envelope: Envelope) -> Envelope {
        guard let trouble = storage.trouble else { return envelope }
        var envelope = envelope
        envelope.warnings.append(Envelope.Warning(trouble.code, remedy: trouble.remedy))
        return envelope
    }
}
