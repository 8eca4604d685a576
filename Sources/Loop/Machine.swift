package import Base
internal import CUV
internal import Glibc

/// What this machine says of itself.
package enum Machine {
    /// The name that its administrator gave it, up to the first dot; empty when it has none.
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count) == 0 else { return "" }
        let bytes = name.prefix { $0 != 0 && $0 != CChar(UInt8(ascii: ".")) }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The addresses of the interfaces that are up, loopback and link-local ones left out, each with `port`: where
    /// others may reach this machine.
    package static func addresses(port: UInt16) -> [Address] {
        interfaces(port: port).flatMap(\.addresses).filter { !$0.isLoopback }
    }

    /// The interfaces that are up and have an address that is not link-local.
    package static func interfaces(port: UInt16) -> [NetworkInterface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var interfaces: [NetworkInterface] = []
        var next = unsafe first
        while let interface = unsafe next?.pointee {
            unsafe next = interface.ifa_next
            guard unsafe interface.ifa_flags & UInt32(IFF_UP) != 0, let name = unsafe interface.ifa_addr,
                [AF_INET, AF_INET6].contains(Int32(unsafe name.pointee.sa_family))
            else { continue }
            var address = unsafe SocketAddress.read(
                UnsafeMutableRawPointer(name).assumingMemoryBound(to: sockaddr_in6.self))
            address.port = port
            let isLinkLocal = address.v4.map { $0 >> 16 == 0xA9FE } ?? (address.high >> 54 == 0x3FA)
            guard !isLinkLocal else { continue }
            let index = Int32(clamping: unsafe if_nametoindex(interface.ifa_name))
            let place = interfaces.firstIndex { $0.index == index } ?? interfaces.count
            if place == interfaces.count { interfaces.append(NetworkInterface(index: index)) }
            interfaces[place].addresses.append(address)
            if unsafe interface.ifa_flags & UInt32(IFF_BROADCAST) != 0, address.v4 != nil,
                let name = unsafe interface.ifa_ifu.ifu_broadaddr
            {
                let broadcast = unsafe SocketAddress.read(
                    UnsafeMutableRawPointer(name).assumingMemoryBound(to: sockaddr_in6.self))
                interfaces[place].broadcasts.append(broadcast)
            }
        }
        return interfaces
    }
}

/// A card, a tunnel or a bridge, as far as packets are concerned.
package struct NetworkInterface: Hashable, Sendable {
    let index: Int32
    package fileprivate(set) var addresses: [Address] = []
    /// Where everybody on its IPv4 nets listens.
    fileprivate(set) var broadcasts: [Address] = []

    fileprivate init(index: Int32) { self.index = index }
}
