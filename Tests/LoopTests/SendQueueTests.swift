import Base
import Glibc
import Testing

@testable import Loop

/// The queue alone, with a kernel played by the test: what the real one does only under load or with a broken network.
@Suite struct SendQueueTests {
    private func queue(of count: Int, bytes: Int = 10) -> SendQueue {
        let queue = SendQueue(family: .v4)
        for _ in 0..<count { #expect(queue.take([UInt8](repeating: 1, count: bytes), to: loopback)) }
        return queue
    }

    @Test func aKernelThatTakesNoMoreKeepsTheRestQueued() {
        let queue = queue(of: 10)
        var counters = DatagramCounters()
        var answers = [3, -Int(EAGAIN)]
        #expect(!queue.flush(counting: &counters) { _ in answers.removeFirst() })
        #expect(queue.count == 7)
        #expect(counters.sent == .init(packets: 3, bytes: 30))
        #expect(queue.flush(counting: &counters) { $0 })
        #expect(queue.count == 0)
        #expect(counters.sent == .init(packets: 10, bytes: 100))
        #expect(counters.unsent.total == 0)
    }

    @Test func anErrorCostsOnePacketAndIsCountedByKind() {
        let queue = queue(of: 8)
        var counters = DatagramCounters()
        let errors = [EMSGSIZE, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EPERM, ENOBUFS]
        var answers = errors.map { -Int($0) } + [-Int(EINTR), 1, 1]
        #expect(queue.flush(counting: &counters) { _ in answers.removeFirst() })
        #expect(
            counters.unsent == .init(tooLarge: 1, unreachable: 2, refused: 1, notPermitted: 1, other: 1))
        #expect(counters.sent.packets == 2)
        #expect(answers.isEmpty)
    }

    @Test func aFullQueueRefusesTheNewest() {
        let queue = queue(of: Limits.datagramsQueued)
        #expect(!queue.take([1], to: loopback))
        #expect(queue.count == Limits.datagramsQueued)
        var counters = DatagramCounters()
        var first = true
        let emptied = queue.flush(counting: &counters) { offered in
            defer { first = false }
            return first ? offered : -Int(EAGAIN)
        }
        #expect(!emptied)
        #expect(queue.count == Limits.datagramsQueued - Limits.sendBatch)
        #expect(queue.take([1], to: loopback))
    }

    @Test func theBytesOfAQueueHaveALimit() {
        let size = Limits.datagramQueueBytes / 64
        let queue = queue(of: 64, bytes: size)
        #expect(!queue.take([1], to: loopback))
        #expect(queue.take([], to: loopback))
    }

    /// What moved to the arena's front is still what was put in: sent for real, after a refusal in the middle.
    @Test func packetsKeepTheirBytesWhileTheyWait() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, on: loop)
        let receiver = try UDPSocket(bind: loopback, on: loop)
        let texts = Seen<String>()
        receiver.onReceive { bytes, _ in texts.values.append(bytes.bytes.text) }
        let queue = SendQueue(family: .v4)
        for text in ["one", "two", "three", "four"] {
            #expect(queue.take(Array(text.utf8), to: receiver.localAddress))
        }
        var counters = DatagramCounters()
        var answers = [2, -Int(EAGAIN)]
        #expect(!queue.flush(counting: &counters) { _ in answers.removeFirst() })
        #expect(queue.take(Array("five".utf8), to: receiver.localAddress))
        let raw = try FileDescriptor(socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        let number = raw.number
        #expect(queue.flush(counting: &counters) { queue.transmit($0, through: number) })
        try run(loop) { texts.values.count == 3 }
        #expect(texts.values == ["three", "four", "five"])
        #expect(sender.counters.sent.packets == 0)
    }
}
