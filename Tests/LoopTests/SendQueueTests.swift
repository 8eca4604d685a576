import Base
import Glibc
import Testing

@testable import Loop

/// A queue before a kernel that answers as it is told, and takes everything when it has been told nothing.
final class PlayedQueue: SendQueue {
    var answers: [Int] = []
    /// How many messages it was offered, each time.
    var offers: [Int] = []

    override func transmit(_ count: Int, through socket: Int32) -> Int {
        offers.append(count)
        return answers.isEmpty ? count : answers.removeFirst()
    }

    func fill(_ count: Int, bytes: Int = 10, to address: Address = loopback) {
        for _ in 0..<count { #expect(take([UInt8](repeating: 1, count: bytes), to: address)) }
    }
}

/// What the real kernel does only under load or with a broken network.
@Suite struct SendQueueTests {
    private let queue = PlayedQueue(family: .v4, inRuns: false)

    @Test func aKernelThatTakesNoMoreKeepsTheRestQueued() {
        var counters = DatagramCounters()
        queue.fill(10)
        queue.answers = [3, -Int(EAGAIN)]
        #expect(!queue.flush(through: -1, counting: &counters))
        #expect(queue.count == 7)
        #expect(counters.sent == .init(packets: 3, bytes: 30))
        #expect(queue.flush(through: -1, counting: &counters))
        #expect(queue.count == 0)
        #expect(counters.sent == .init(packets: 10, bytes: 100))
        #expect(counters.unsent.total == 0)
    }

    @Test func anErrorCostsOnePacketAndIsCountedByKind() {
        var counters = DatagramCounters()
        queue.fill(8)
        let errors = [EMSGSIZE, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EPERM, ENOBUFS]
        queue.answers = errors.map { -Int($0) } + [-Int(EINTR), 1, 1]
        #expect(queue.flush(through: -1, counting: &counters))
        #expect(counters.unsent == .init(tooLarge: 1, unreachable: 2, refused: 1, notPermitted: 1, other: 1))
        #expect(counters.sent.packets == 2)
        #expect(queue.answers.isEmpty)
    }

    @Test func aFullQueueRefusesTheNewest() {
        var counters = DatagramCounters()
        queue.fill(Limits.datagramsQueued)
        #expect(!queue.take([1], to: loopback))
        #expect(queue.count == Limits.datagramsQueued)
        queue.answers = [Limits.sendBatch, -Int(EAGAIN)]
        #expect(!queue.flush(through: -1, counting: &counters))
        #expect(queue.count == Limits.datagramsQueued - Limits.sendBatch)
        #expect(queue.take([1], to: loopback))
    }

    @Test func theBytesOfAQueueHaveALimit() {
        queue.fill(64, bytes: Limits.datagramQueueBytes / 64)
        #expect(!queue.take([1], to: loopback))
        #expect(queue.take([], to: loopback))
    }

    /// What moved to the arena's front is still what was put in: two are taken, the rest is sent for real.
    @Test func packetsKeepTheirBytesWhileTheyWait() throws {
        final class HalfPlayedQueue: SendQueue {
            var answers = [2, -Int(EAGAIN)]
            override func transmit(_ count: Int, through socket: Int32) -> Int {
                answers.isEmpty ? super.transmit(count, through: socket) : answers.removeFirst()
            }
        }
        let loop = try EventLoop()
        let receiver = try UDPSocket(bind: loopback, on: loop)
        let texts = Seen<String>()
        receiver.onReceive { bytes, _ in texts.values.append(bytes.bytes.text) }
        let queue = HalfPlayedQueue(family: .v4, inRuns: false)
        for text in ["one", "two", "three", "four"] {
            #expect(queue.take(Array(text.utf8), to: receiver.localAddress))
        }
        var counters = DatagramCounters()
        #expect(!queue.flush(through: -1, counting: &counters))
        #expect(queue.take(Array("five".utf8), to: receiver.localAddress))
        let descriptor = try FileDescriptor(socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        #expect(queue.flush(through: descriptor.number, counting: &counters))
        try run(loop) { texts.values.count == 3 }
        #expect(texts.values == ["three", "four", "five"])
    }
}

/// Packets of one size to one address leave as one message.
@Suite struct RunTests {
    private let queue = PlayedQueue(family: .v4)
    private var counters = DatagramCounters()

    @Test mutating func packetsOfOneSizeToOneAddressAreOneMessage() {
        let other = loopback.with(port: 9)
        // A run, which a smaller packet ends; a larger packet, which begins the next; two addresses; two empty packets.
        queue.fill(3)
        queue.fill(1, bytes: 4)
        queue.fill(1, bytes: 9)
        queue.fill(2, bytes: 9, to: other)
        queue.fill(2, bytes: 0, to: other)
        #expect(queue.flush(through: -1, counting: &counters))
        #expect(queue.offers == [5])
        #expect(counters.sent == .init(packets: 9, bytes: 61))
        #expect(counters.runsSent == 2)
    }

    @Test mutating func aMessageHoldsSoManyPacketsAndBytesAndNoMore() {
        queue.fill(Limits.packetsPerMessage)
        #expect(queue.flush(through: -1, counting: &counters))
        queue.fill(Limits.packetsPerMessage + 1)
        #expect(queue.flush(through: -1, counting: &counters))
        let third = Limits.largestDatagramBytes / 3
        queue.fill(3, bytes: third)
        #expect(queue.flush(through: -1, counting: &counters))
        queue.fill(3, bytes: third + 1)
        #expect(queue.flush(through: -1, counting: &counters))
        #expect(queue.offers == [1, 2, 1, 2])
    }

    @Test mutating func aKernelThatRefusesRunsIsGivenPackets() {
        for error in [EIO, EINVAL] {
            let queue = PlayedQueue(family: .v4)
            var counters = DatagramCounters()
            queue.fill(5)
            queue.answers = [-Int(error)]
            #expect(queue.flush(through: -1, counting: &counters))
            #expect(queue.offers == [1, 5])
            #expect(counters.runsRefused == 1 && counters.runsSent == 0)
            queue.fill(4)
            #expect(queue.flush(through: -1, counting: &counters))
            #expect(queue.offers == [1, 5, 4])
            #expect(counters.sent.packets == 9 && counters.unsent.total == 0 && counters.runsRefused == 1)
        }
    }

    /// A probe of a way that is too narrow for it must not cost the packets that are not the runs' fault.
    @Test mutating func packetsThatAreTooLargeAloneTooAreNoReasonToGiveUpRuns() {
        queue.fill(2, bytes: 9_000)
        queue.fill(3, to: loopback.with(port: 9))
        queue.answers = [-Int(EINVAL), -Int(EMSGSIZE), -Int(EMSGSIZE)]
        #expect(queue.flush(through: -1, counting: &counters))
        // The run of two with the run of three behind it, the two alone, the run of three.
        #expect(queue.offers == [2, 3, 2, 1])
        #expect(counters.unsent == .init(tooLarge: 2))
        #expect(counters.runsRefused == 0 && counters.runsSent == 1)
    }

    @Test mutating func aRunThatWaitsIsStillARun() {
        queue.fill(6)
        queue.answers = [-Int(EAGAIN)]
        #expect(!queue.flush(through: -1, counting: &counters))
        #expect(queue.count == 6)
        #expect(queue.flush(through: -1, counting: &counters))
        #expect(counters.runsSent == 1 && counters.sent.packets == 6)
    }
}
