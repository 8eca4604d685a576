package import Base
internal import CUV
internal import Glibc

/// A port that all nodes of a machine share, and all machines of a local net: what is said there reaches whoever is
/// near, by multicast (IPv4 and IPv6) and by broadcast, for there are switches that pass on the one and not the other.
///
/// Calls are rare, so each is a system call of its own and nothing is queued. What the kernel refuses is lost, like any
/// datagram: a net without multicast still has broadcast. Dropping the value closes the sockets.
package struct BeaconSocket: ~Copyable {
    private let loop: EventLoop
    private let boxes: [BeaconBox]

    /// Administratively scoped (RFC 2365), and link-local (RFC 4291): no router passes them on.
    private static let groups: [Address] = [
        Address(v4: 0xEFFF_4D72, port: 0), Address(high: 0xFF02 << 48, low: 0x4D72_616D, port: 0),
    ]

    /// Throws when neither IPv4 nor IPv6 is to be had.
    package init(port: UInt16, on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        var boxes: [BeaconBox] = []
        var trouble: LoopError?
        for group in Self.groups {
            do throws(LoopError) {
                boxes.append(try BeaconBox(group: group, port: port, loop.core))
            } catch {
                trouble = error
            }
        }
        if boxes.isEmpty, let trouble { throw trouble }
        self.boxes = boxes
    }

    deinit {
        for box in boxes { box.close() }
    }

    /// Starts to receive, whatever comes in by interfaces that were joined. The bytes are gone when the receiver
    /// returns.
    package func onReceive(_ receiver: @escaping (inout MutableRawSpan, Address) -> Void) {
        for box in boxes { box.listen(receiver) }
    }

    /// Takes part in what is said on the net behind `interface`. Once more does no harm.
    package func join(_ interface: NetworkInterface) {
        for box in boxes { box.join(interface.index) }
    }

    /// Says `bytes` to everybody on the net behind `interface`.
    package func call(_ bytes: RawSpan, through interface: NetworkInterface) {
        for box in boxes { box.call(bytes, through: interface) }
    }
}

final class BeaconBox: Watch {
    private let family: SocketFamily
    private let group: Address
    private let port: UInt16
    private var receiver: (inout MutableRawSpan, Address) -> Void = { _, _ in }
    /// One byte more than a call may have, so that longer ones can be told.
    private var bytes = [UInt8](repeating: 0, count: Limits.beaconBytes + 1)

    init(group: Address, port: UInt16, _ core: LoopCore) throws(LoopError) {
        family = SocketFamily(of: group)
        self.group = group
        self.port = port
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = try FileDescriptor(socket(family.number, kind, 0))
        try descriptor.set(SOL_SOCKET, SO_REUSEADDR, to: 1)
        switch family {
        case .v4:
            try descriptor.set(SOL_SOCKET, SO_BROADCAST, to: 1)
            // Only what was joined here, not what any process of this machine joined.
            try descriptor.set(Int32(IPPROTO_IP), Self.multicastAll, to: 0)
            try descriptor.set(Int32(IPPROTO_IP), IP_MULTICAST_TTL, to: 1)
        case .v6:
            try descriptor.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 1)
            try descriptor.set(Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, to: 1)
        }
        let any = Address(high: 0, low: family == .v4 ? 0xFFFF_0000_0000 : 0, port: port)
        let number = descriptor.number
        try check(unsafe SocketAddress.told(any, for: family) { name, length in unsafe bind(number, name, length) })
        try super.init(descriptor, core)
    }

    /// IP_MULTICAST_ALL of linux/in.h, which Glibc's header leaves out in strict modes.
    private static let multicastAll: Int32 = 49

    func listen(_ receiver: @escaping (inout MutableRawSpan, Address) -> Void) {
        self.receiver = receiver
        want(toRead: true, toWrite: false)
    }

    func join(_ interface: Int32) {
        switch family {
        case .v4:
            var request = membership(on: interface)
            _ = unsafe setsockopt(
                descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request, socklen_t(MemoryLayout<ip_mreqn>.size))
        case .v6:
            var request = ipv6_mreq()
            request.ipv6mr_interface = UInt32(interface)
            unsafe withUnsafeMutableBytes(of: &request.ipv6mr_multiaddr) { bytes in
                unsafe bytes.storeBytes(of: group.high.bigEndian, as: UInt64.self)
                unsafe bytes.storeBytes(of: group.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            _ = unsafe setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_JOIN_GROUP, &request, socklen_t(MemoryLayout<ipv6_mreq>.size))
        }
    }

    private func membership(on interface: Int32) -> ip_mreqn {
        ip_mreqn(
            imr_multiaddr: in_addr(s_addr: (group.v4 ?? 0).bigEndian), imr_address: in_addr(s_addr: 0),
            imr_ifindex: interface)
    }

    func call(_ bytes: RawSpan, through interface: NetworkInterface) {
        switch family {
        case .v4:
            var request = membership(on: interface.index)
            let chosen = unsafe setsockopt(
                descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &request, socklen_t(MemoryLayout<ip_mreqn>.size))
            if chosen == 0 { say(bytes, to: group) }
            for address in interface.broadcasts { say(bytes, to: address) }
        case .v6:
            var index = interface.index
            let chosen = unsafe setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, &index, socklen_t(MemoryLayout<Int32>.size))
            if chosen == 0 { say(bytes, to: group) }
        }
    }

    private func say(_ bytes: RawSpan, to address: Address) {
        var address = address
        address.port = port
        _ = unsafe bytes.withUnsafeBytes { buffer in
            unsafe SocketAddress.told(address, for: family) { name, length in
                Int32(
                    truncatingIfNeeded: unsafe sendto(
                        descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT), name, length))
            }
        }
    }

    override func ready(toRead: Bool, toWrite: Bool) {
        for _ in 0..<Limits.receiveBatch where isOpen {
            var name = sockaddr_in6()
            var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            let count = unsafe withUnsafeMutablePointer(to: &name) { place in
                unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    unsafe recvfrom(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT), name, &length)
                }
            }
            guard count >= 0 else { return }
            let source = unsafe withUnsafeMutablePointer(to: &name) { unsafe SocketAddress.read($0) }
            var packet = bytes.mutableRaw
            var call = packet._mutatingExtracting(0..<count)
            receiver(&call, source)
        }
    }

    override func close() {
        super.close()
        receiver = { _, _ in }
    }
}
