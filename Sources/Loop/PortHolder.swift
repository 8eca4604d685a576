package import Base
internal import CUV
internal import Glibc

/// A process that has a socket.
package struct SocketHolder: Hashable, Sendable {
    package var pid: Int32
    package var name: String
}

/// Finds who is bound to a UDP address that we could not have, so that the error can name the program to stop. The
/// kernel's tables (/proc/net/udp, udp6) tell the socket's inode, and a process that holds it has a link to that inode
/// among its descriptors. Nil when nobody is found or the links of other users' processes cannot be read.
package func portHolder(of address: Address) -> SocketHolder? {
    let sockets = ["/proc/net/udp", "/proc/net/udp6"].flatMap { table in
        (contents(of: table) ?? "").split(separator: "\n").compactMap { SocketRow($0) }
    }
    let inodes = sockets.filter { $0.collides(with: address) }.map { "socket:[\($0.inode)]" }
    guard !inodes.isEmpty else { return nil }
    for pid in entries(of: "/proc").compactMap({ Int32($0) }).sorted() {
        for descriptor in entries(of: "/proc/\(pid)/fd") {
            guard let target = target(of: "/proc/\(pid)/fd/\(descriptor)"), inodes.contains(target) else { continue }
            let name = contents(of: "/proc/\(pid)/comm") ?? ""
            return SocketHolder(pid: pid, name: String(name.prefix { $0 != "\n" }))
        }
    }
    return nil
}

/// A line of /proc/net/udp or udp6, as far as it matters here.
struct SocketRow: Equatable {
    var local: Address
    var inode: UInt64

    init(local: Address, inode: UInt64) {
        self.local = local
        self.inode = inode
    }

    /// Nil for the heading and for what does not read like a socket.
    init?(_ line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count > 9, let inode = UInt64(fields[9]) else { return nil }
        let parts = fields[1].split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
        // Each group of eight digits is a word in this machine's byte order of what lies in network order.
        let words = stride(from: 0, to: parts[0].count, by: 8).compactMap { offset in
            UInt32(parts[0].dropFirst(offset).prefix(8), radix: 16).map { UInt64(UInt32(bigEndian: $0)) }
        }
        switch words.count {
        case 1: local = Address(v4: UInt32(words[0]), port: port)
        case 4: local = Address(high: words[0] << 32 | words[1], low: words[2] << 32 | words[3], port: port)
        default: return nil
        }
        self.inode = inode
    }

    /// Whether this socket keeps another from binding to `address`: the same port, and the same address or all of them.
    func collides(with address: Address) -> Bool {
        local.port == address.port && (local == address || local.isUnspecified || address.isUnspecified)
    }
}

private func contents(of path: String) -> String? {
    guard let file = try? FileDescriptor(unsafe open(path, O_RDONLY | O_CLOEXEC)) else { return nil }
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4_096)
    while text.count < Limits.systemTableBytes {
        let count = unsafe read(file.number, &piece, piece.count)
        guard count > 0 else { break }
        text += piece[..<count]
    }
    return String(decoding: text, as: UTF8.self)
}

private func entries(of directory: String) -> [String] {
    var request = unsafe uv_fs_t()
    defer { unsafe uv_fs_req_cleanup(&request) }
    guard unsafe uv_fs_scandir(nil, &request, directory, 0, nil) >= 0 else { return [] }
    var names: [String] = []
    var entry = unsafe uv_dirent_t()
    while unsafe uv_fs_scandir_next(&request, &entry) == 0 { names.append(unsafe String(cString: entry.name)) }
    return names
}

private func target(of link: String) -> String? {
    var request = unsafe uv_fs_t()
    defer { unsafe uv_fs_req_cleanup(&request) }
    guard unsafe uv_fs_readlink(nil, &request, link, nil) == 0, let text = unsafe request.ptr else { return nil }
    return unsafe String(cString: text.assumingMemoryBound(to: CChar.self))
}
