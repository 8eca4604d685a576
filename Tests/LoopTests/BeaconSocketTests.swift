import Base
import Testing

@testable import Loop

@Suite struct BeaconSocketTests {
    /// Two of one machine share the port, and each hears what the other, and what it itself, calls on a net it joined.
    @Test func everybodyOnANetHearsACall() throws {
        let loop = try EventLoop()
        let home = try #require(Machine.interfaces(port: 9).first { $0.addresses.contains { $0.isLoopback } })
        let sockets = [try Listener(on: loop), try Listener(on: loop), try Listener(on: loop)]
        for listener in sockets.prefix(2) { listener.socket.join(home) }
        sockets[0].socket.join(home)
        sockets[2].socket.call([1, 2, 3].raw, through: home)
        try run(loop) { sockets.prefix(2).allSatisfy { $0.heard.contains([1, 2, 3]) } }
    }

    @Test func aCallThatIsTooLongIsTold() throws {
        let loop = try EventLoop()
        let home = try #require(Machine.interfaces(port: 9).first { $0.addresses.contains { $0.isLoopback } })
        let listener = try Listener(on: loop)
        listener.socket.join(home)
        listener.socket.call([UInt8](repeating: 7, count: Limits.beaconBytes + 100).raw, through: home)
        try run(loop) { !listener.heard.isEmpty }
        #expect(listener.heard[0].count == Limits.beaconBytes + 1, "no call is as long")
    }

    /// Every port is somebody's on a busy machine: this one is of no other test.
    private static let port: UInt16 = 27_945

    private final class Listener {
        let socket: BeaconSocket
        private(set) var heard: [[UInt8]] = []

        init(on loop: EventLoop) throws {
            socket = try BeaconSocket(port: BeaconSocketTests.port, on: loop)
            socket.onReceive { [unowned self] bytes, _ in
                heard.append(bytes.bytes.bytes)
            }
        }
    }

    @Test func aMachineKnowsItsNetsAndWhichAreItsOwn() {
        let nets = Machine.interfaces(port: 7)
        #expect(nets.allSatisfy { !$0.addresses.isEmpty && $0.addresses.allSatisfy { $0.port == 7 } })
        #expect(Set(nets.map(\.index)).count == nets.count)
        #expect(Machine.addresses(port: 7).allSatisfy { !$0.isLoopback && !$0.isUnspecified })
    }
}
