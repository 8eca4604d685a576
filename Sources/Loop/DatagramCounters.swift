internal import Glibc

/// What went through a UDP socket, and what did not and why. A datagram may be lost anywhere on its way; these are the
/// losses on this machine, which a person can do something about.
package struct DatagramCounters: Hashable, Sendable {
    package struct Traffic: Hashable, Sendable {
        package var packets: UInt64 = 0
        package var bytes: UInt64 = 0

        mutating func count(_ bytes: Int) {
            packets += 1
            self.bytes += UInt64(bytes)
        }
    }

    /// Packets given to `send` that the kernel never took, by reason.
    package struct Unsent: Hashable, Sendable {
        /// The kernel took no more and our queue was full.
        package var queueFull: UInt64 = 0
        /// Larger than a datagram, or than the path with "don't fragment" set.
        package var tooLarge: UInt64 = 0
        package var unreachable: UInt64 = 0
        /// The other machine said that nobody listens there.
        package var refused: UInt64 = 0
        /// A firewall or a sandbox forbids it.
        package var notPermitted: UInt64 = 0
        /// An IPv6 address given to an IPv4 socket.
        package var wrongFamily: UInt64 = 0
        package var other: UInt64 = 0

        package var total: UInt64 {
            queueFull + tooLarge + unreachable + refused + notPermitted + wrongFamily + other
        }

        mutating func count(error: Int32) {
            switch error {
            case EMSGSIZE: tooLarge += 1
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN: unreachable += 1
            case ECONNREFUSED: refused += 1
            case EPERM, EACCES: notPermitted += 1
            default: other += 1
            }
        }
    }

    package var received = Traffic()
    package var sent = Traffic()
    package var unsent = Unsent()
    /// Messages that took several packets to the kernel at once, or brought them.
    package var runsSent: UInt64 = 0
    package var runsReceived: UInt64 = 0
    /// 1 when the kernel refused such a message and took its packets one by one: none is sent any more.
    package var runsRefused: UInt64 = 0
    /// Received, but larger than a slot, and thrown away.
    package var cut: UInt64 = 0
    /// Errors that a receive reported instead of a packet.
    package var receiveErrors: UInt64 = 0
    /// Arrived while the kernel's receive buffer was full: we were too slow.
    package var overrun: UInt64 = 0
}
