import Base
import Glibc
import Testing

@testable import Loop

/// A queue before a kernel that answers as it is told, and takes everything when it has been told nothing.
final class PlayedQueue: SendQueue {
    var answers: [Int] = []

    override func transmit(_ count: Int, through socket: Int32) -> Int {
        answers.isEmpty ? count : answers.removeFirst()
    }

    func fill(_ count: Int, bytes: Int = 10) {
        for _ in 0..<count { #expect(take([UInt8](repeating: 1, count: bytes), to: loopback)) }
    }
}

/// What the real kernel does only under load or with a broken network.
@Suite struct SendQueueTests {
    private let queue = PlayedQueue(family: .v4)

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
        let queue = HalfPlayedQueue(family: .v4)
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
