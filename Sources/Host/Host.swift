internal import Base
internal import Control
internal import Crypto
internal import Disk
internal import Loop
internal import Node
internal import Session
internal import Text
internal import Trust

/// A node in the real world: one thread, one UDP port, one database, one control socket, and the node in the middle
/// that knows of none of them. Each thing that happens calls one door of the node and carries out what came out; at the
/// end of the loop's turn everything that is to be stored goes to the disk in one commit, and the one timer is set to
/// the node's next deadline.
package final class Host {
    let loop: EventLoop
    let directory: DataDirectory
    let log: LogWriter
    var node: MarramNode
    let socket: UDPSocket
    private let timer: Timer
    private let signals: Signals
    let control: ControlSocket
    let storage: Storage
    let recording: FlightFiles
    private var outbox = NodeOutbox()
    /// Both clocks, read when the turn's present call began.
    var now: Now

    /// Runs the node of `directory` until it is asked to end. What keeps it from starting is a complaint.
    package static func run(_ directory: DataDirectory) throws(Complaint) {
        let host = try Host(directory)
        host.start()
        host.loop.run()
        host.end()
    }

    private init(_ directory: DataDirectory) throws(Complaint) {
        self.directory = directory
        // The lock first: whoever does not have it must touch nothing.
        let lock = try directory.lock()
        let configuration = try directory.configuration()
        let identity = try directory.identity()
    }
}
