internal import CUV

/// Why the system refused something, by what a caller may do about it. libuv reports an error as a negative `errno`;
/// the few that somebody decides on have a name here, and the rest keep their number.
package enum LoopError: Error, Hashable, Sendable {
    /// Somebody else is bound there, or a living daemon listens on the socket file.
    case addressInUse
    /// The address belongs to no interface of this machine, or its family is switched off.
    case addressNotAvailable
    case notPermitted
    case notFound
    /// Nobody listens at the other end.
    case refused
    /// The other end went away in the middle.
    case reset
    case timedOut
    case unreachable
    /// Larger than one datagram may be.
    case tooLarge
    /// Our own bound: the other end reads more slowly than we write.
    case queueFull
    /// A socket's path does not fit the kernel's field for it.
    case nameTooLong
    /// The path is taken by a file that is not a socket, and not ours to replace.
    case notASocket
    /// This process or this machine has no file descriptor left.
    case outOfDescriptors
    case other(number: Int32)

    /// What a libuv function answered: a negative `errno`.
    init(code: Int32) {
        switch code {
        case UV_EADDRINUSE.rawValue: self = .addressInUse
        case UV_EADDRNOTAVAIL.rawValue, UV_EAFNOSUPPORT.rawValue: self = .addressNotAvailable
        case UV_EACCES.rawValue, UV_EPERM.rawValue: self = .notPermitted
        case UV_ENOENT.rawValue: self = .notFound
        case UV_ECONNREFUSED.rawValue: self = .refused
        case UV_ECONNRESET.rawValue, UV_EPIPE.rawValue, UV_ECONNABORTED.rawValue: self = .reset
        case UV_ETIMEDOUT.rawValue: self = .timedOut
        case UV_EHOSTUNREACH.rawValue, UV_ENETUNREACH.rawValue, UV_ENETDOWN.rawValue: self = .unreachable
        case UV_EMSGSIZE.rawValue: self = .tooLarge
        case UV_ENAMETOOLONG.rawValue: self = .nameTooLong
        case UV_ENOTSOCK.rawValue: self = .notASocket
        case UV_EMFILE.rawValue, UV_ENFILE.rawValue: self = .outOfDescriptors
        default: self = .other(number: -code)
        }
    }
}

extension LoopError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .addressInUse: "the address is in use"
        case .addressNotAvailable: "the address is not one of this machine"
        case .notPermitted: "the system does not permit it"
        case .notFound: "there is no such file"
        case .refused: "nobody listens there"
        case .reset: "the other end went away"
        case .timedOut: "the other end did not answer in time"
        case .unreachable: "no route leads there"
        case .tooLarge: "it is larger than one datagram"
        case .queueFull: "the other end does not read what is written"
        case .nameTooLong: "the path is too long"
        case .notASocket: "a file that is not a socket is in the way"
        case .outOfDescriptors: "no file descriptor is left"
        case .other(let number): unsafe String(cString: uv_strerror(-number))
        }
    }
}
