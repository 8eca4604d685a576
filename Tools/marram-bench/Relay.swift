internal import Base
internal import Glibc

/// `marram-bench relay ONE OTHER`: a link that is as bad as it is told to be. It makes two network devices (TUN) of
/// these names and carries packets between them: each direction has a rate, a queue of so many bytes in front of it,
/// a delay, and loses packets at random, each by itself. Put the devices into two network namespaces, and programs in
/// them see nothing but this link. Kernels have such things too (netem), yet not every kernel does.
///
/// It ends when its standard input does, and then tells what passed.
struct Relay: ~Copyable {
    struct Order {
        var names: [String] = []
        var megabits = 10.0
        /// One way.
        var delayMilliseconds = 25.0
        var loss = 0.0
        var queueBytes = 128 << 10
    }

    private struct Packet {
        var due: UInt64
        var bytes: [UInt8]
    }

    private struct Direction {
        let from: Int32
        let to: Int32
        var waiting: [Packet] = []
        /// The first of those that still wait.
        var head = 0
        /// Until when the line is busy with what it took.
        var busy: UInt64 = 0
        var taken = 0, lost = 0, overflowed = 0, delivered = 0, deliveredBytes = 0

        var next: Packet? { head < waiting.count ? waiting[head] : nil }

        mutating func forgetNext() {
            head += 1
            guard head >= 1_024 else { return }
            waiting.removeFirst(head)
            head = 0
        }
    }

    private let order: Order
    private var directions: [Direction] = []
    private var random = Random(seed: 1)

    static func run(_ order: Order) throws(Complaint) -> [Figure] {
        var relay = try Relay(order)
        Mover.say("ready")
        relay.carry()
        return relay.figures
    }

    private init(_ order: Order) throws(Complaint) {
        self.order = order
        let one = try Self.device(order.names[0])
        let other = try Self.device(order.names[1])
        directions = [Direction(from: one, to: other), Direction(from: other, to: one)]
    }

    private static func device(_ name: String) throws(Complaint) -> Int32 {
        // Safe: a path, and a request that the kernel reads: struct ifreq of linux/if.h is a name of 16 bytes and 24
        // bytes of arguments, of which TUNSETIFF reads the first two: IFF_TUN | IFF_NO_PI.
        let device = unsafe open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        var request = [UInt8](repeating: 0, count: 40)
        for (index, byte) in name.utf8.prefix(15).enumerated() { request[index] = byte }
        request[16] = 0x01
        request[17] = 0x10
        let setInterface: UInt = 0x4004_54CA
        guard device >= 0, unsafe ioctl(device, setInterface, &request) == 0 else {
            throw Complaint(
                .benchFailed, what: "a network device cannot be made: \(unsafe String(cString: strerror(errno)))",
                because: "it takes root, and a kernel with /dev/net/tun")
        }
        return device
    }

    private mutating func carry() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var next = UInt64.max
            for index in directions.indices {
                deliver(index)
                if let due = directions[index].next?.due { next = min(next, due) }
            }
            let now = nanoseconds()
            let pause = next > now ? next - now : 0
            // poll(2) counts in whole milliseconds; what is left of one is slept away.
            if pause < 1_000_000 { usleep(UInt32(pause / 1_000)) }
            var wishes = [STDIN_FILENO, directions[0].from, directions[1].from].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            // Safe: three structures, as announced.
            _ = unsafe poll(&wishes, 3, Int32(clamping: min(pause / 1_000_000, 1_000)))
            guard wishes[0].revents == 0 else { return }
            for index in directions.indices where wishes[index + 1].revents != 0 { take(index, &buffer) }
        }
    }

    private mutating func take(_ index: Int, _ buffer: inout [UInt8]) {
        for _ in 0..<64 {
            // Safe: the kernel writes no more bytes than there are.
            let count = unsafe read(directions[index].from, &buffer, buffer.count)
            guard count > 0 else { return }
            directions[index].taken += 1
            let now = nanoseconds()
            let bytesPerNanosecond = order.megabits / 8_000
            let start = max(directions[index].busy, now)
            guard Double(start - now) * bytesPerNanosecond + Double(count) <= Double(order.queueBytes) else {
                directions[index].overflowed += 1
                continue
            }
            directions[index].busy = start + UInt64(Double(count) / bytesPerNanosecond)
            guard !random.strikes(perMillion: Int(order.loss * 1e6)) else {
                directions[index].lost += 1
                continue
            }
            let due = directions[index].busy + UInt64(order.delayMilliseconds * 1e6)
            directions[index].waiting.append(Packet(due: due, bytes: Array(buffer[..<count])))
        }
    }

    private mutating func deliver(_ index: Int) {
        while let packet = directions[index].next, packet.due <= nanoseconds() {
            directions[index].forgetNext()
            // Safe: the kernel reads no more bytes than there are.
            if unsafe write(directions[index].to, packet.bytes, packet.bytes.count) > 0 {
                directions[index].delivered += 1
                directions[index].deliveredBytes += packet.bytes.count
            }
        }
    }

    private var figures: [Figure] {
        zip(["forth", "back"], directions).flatMap { name, direction in
            [
                Figure("packets_\(name)", Double(direction.taken)),
                Figure("lost_\(name)", Double(direction.lost)),
                Figure("overflowed_\(name)", Double(direction.overflowed)),
                Figure("delivered_\(name)", Double(direction.delivered)),
                Figure("bytes_delivered_\(name)", Double(direction.deliveredBytes)),
            ]
        }
    }
}
