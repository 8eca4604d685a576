internal import Base
internal import Loop
internal import Node

/// The carrier for networks that let no UDP through: connections to and from the port number that the UDP socket has,
/// with the same sealed packets on them. A connection is a path like any other; who is at its end, Session knows.
///
/// Connections are dialled when there is something to send, and are never kept for a stranger: one to which this node
/// has said nothing for a while goes, and nothing is said to whoever is not of the mesh.
final class TCPCarrier {
    private let loop: EventLoop
    private let listener: TCPListener
    private var connections: SortedMap<Address, Connection> = SortedMap()
    /// Connections that ended in this turn, which their own callbacks must not drop.
    private var ended: [Connection] = []
    var onReceive: (inout MutableRawSpan, Path) -> Void = { _, _ in }
    /// What came of dialling, as far as the machine at the other end said anything.
    var onDialled: (Address, DialOutcome) -> Void = { _, _ in }

    /// How long a connection stays on which nothing is said.
    private static let silence = Interval.seconds(90)

    private final class Connection {
        let address: Address
        let stream: PacketStream
        var spoken: Instant

        init(_ address: Address, _ stream: consuming PacketStream, at now: Instant) {
            self.address = address
            self.stream = stream
            spoken = now
        }
    }

    /// Listens where the UDP socket does.
    init(beside address: Address, on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        listener = try TCPListener(
            bind: address, connections: Limits.carrierConnections, writeLimit: Limits.carrierWriteBytes, on: loop)
    }

    func open() {
        listener.onPacketConnection { [unowned self] stream in
            guard let peer = stream.peer else { return }
            take(Connection(peer, stream, at: loop.now().instant))
        }
    }

    /// Sends a packet; dials first when there is no connection. A packet that finds no room or no way is lost, as
    /// packets are.
    func send(_ bytes: RawSpan, to address: Address, at now: Instant) {
        if let connection = connections[address] {
            connection.spoken = now
            return connection.stream.send(bytes)
        }
        guard connections.count < Limits.carrierConnections else { return }
        do throws(LoopError) {
            let stream = try PacketStream(
                connectingTo: address, writeLimit: Limits.carrierWriteBytes, on: loop)
            stream.send(bytes)
            stream.onOpen { [unowned self] in onDialled(address, .taken) }
            take(Connection(address, stream, at: now))
        } catch {
            return
        }
    }

    /// To be called when a turn ends: lets go of what has ended or is silent.
    func tidy(at now: Instant) {
        ended.removeAll()
        for (address, connection) in connections where now - connection.spoken > Self.silence {
            connections[address] = nil
        }
    }

    /// When the next silent connection goes.
    var deadline: Instant? { connections.values.map { $0.spoken + Self.silence + .seconds(1) }.min() }

    private func take(_ connection: Connection) {
        connections[connection.address] = connection
        connection.stream.onReceive { [unowned self, unowned connection] bytes in
            onReceive(&bytes, Path(connection.address, .tcp))
        }
        connection.stream.onEnd { [unowned self, unowned connection] end in
            if case .failed(.refused) = end { onDialled(connection.address, .refused) }
            guard connections[connection.address] === connection else { return }
            // Before it is taken from the others, which hold it.
            ended.append(connection)
            connections[connection.address] = nil
        }
    }
}
