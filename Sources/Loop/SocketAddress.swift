internal import Base
internal import CUV
internal import Glibc

/// An `Address` as the kernel writes it. An IPv4 socket speaks `sockaddr_in`; an IPv6 socket `sockaddr_in6`, in which
/// IPv4 addresses are mapped as they are in `Address`, so that a socket bound to `::` reaches both.
enum SocketFamily {
    case v4
    case v6

    init(of address: Address) { self = address.v4 == nil ? .v6 : .v4 }

    var number: Int32 { self == .v4 ? AF_INET : AF_INET6 }

    /// Whether a socket of this family can send to `address`.
    func reaches(_ address: Address) -> Bool { self == .v6 || address.v4 != nil }
}

enum SocketAddress {
    /// Writes `address` at `place`, which has room for a `sockaddr_in6`; answers how many bytes it took.
    @unsafe static func write(
        _ address: Address, for family: SocketFamily, at place: UnsafeMutablePointer<sockaddr_in6>
    ) -> socklen_t {
        switch family {
        case .v4:
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            name.sin_addr.s_addr = (address.v4 ?? 0).bigEndian
            unsafe UnsafeMutableRawPointer(place).storeBytes(of: name, as: sockaddr_in.self)
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        case .v6:
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = address.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                unsafe bytes.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            unsafe place.pointee = name
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    /// Reads the name that the kernel put at `place`.
    @unsafe static func read(_ place: UnsafeMutablePointer<sockaddr_in6>) -> Address {
        let place = UnsafeRawPointer(place)
        switch Int32(unsafe place.load(as: sa_family_t.self)) {
        case AF_INET:
            let name = unsafe place.load(as: sockaddr_in.self)
            return Address(v4: UInt32(bigEndian: name.sin_addr.s_addr), port: UInt16(bigEndian: name.sin_port))
        case AF_INET6:
            let name = unsafe place.load(as: sockaddr_in6.self)
            return unsafe withUnsafeBytes(of: name.sin6_addr) { bytes in
                Address(
                    high: UInt64(bigEndian: unsafe bytes.load(as: UInt64.self)),
                    low: UInt64(bigEndian: unsafe bytes.load(fromByteOffset: 8, as: UInt64.self)),
                    port: UInt16(bigEndian: name.sin6_port))
            }
        default: preconditionFailure("the kernel names peers in the family of the socket, and we open no other")
        }
    }

    /// Asks a function like `getsockname`, through libuv or not, for a name.
    static func asked(_ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> Address? {
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return unsafe withUnsafeMutablePointer(to: &name) { place in
            let answer = unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe ask(name, &length)
            }
            return answer == 0 ? unsafe read(place) : nil
        }
    }

    /// Hands `address` to a function like `bind`, through libuv or not, and answers what that answers.
    static func told(
        _ address: Address, for family: SocketFamily, _ tell: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in6()
        return unsafe withUnsafeMutablePointer(to: &name) { place in
            let length = unsafe write(address, for: family, at: place)
            return unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in unsafe tell(name, length) }
        }
    }
}
