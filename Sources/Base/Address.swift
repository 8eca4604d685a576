/// Where a packet comes from or goes to: an IPv6 address (IPv4 as `::ffff:a.b.c.d`) and a port.
package struct Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var high: UInt64
    package var low: UInt64
    package var port: UInt16

    /// How many bytes `ByteWriter.address` writes.
    package static let byteCount = 18

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    private static let mappedPrefix: UInt64 = 0x0000_FFFF_0000_0000

    /// An IPv4 address, its bytes in reading order: `127.0.0.1` is `0x7F00_0001`.
    package init(v4: UInt32, port: UInt16) {
        self.init(high: 0, low: Self.mappedPrefix | UInt64(v4), port: port)
    }

    /// The IPv4 address when this is one.
    package var v4: UInt32? {
        high == 0 && low & 0xFFFF_FFFF_0000_0000 == Self.mappedPrefix ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// `127.0.0.1` to `127.255.255.255`, or `::1`.
    package var isLoopback: Bool {
        if let v4 { return v4 >> 24 == 127 }
        return high == 0 && low == 1
    }

    /// `0.0.0.0` or `::`: every address of this machine, and so no address to write to.
    package var isUnspecified: Bool { v4 == 0 || (high == 0 && low == 0) }

    package static func < (left: Address, right: Address) -> Bool {
        if left.high != right.high { return left.high < right.high }
        if left.low != right.low { return left.low < right.low }
        return left.port < right.port
    }
}

/// How addresses are written: `10.9.0.11:7946`, `[fe80::1]:7946` (RFC 5952: lower case, the longest run of zeros cut).
extension Address {
    package var description: String { v4 == nil ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var host: String {
        if let v4 { return "\(v4 >> 24).\(v4 >> 16 & 255).\(v4 >> 8 & 255).\(v4 & 255)" }
        let groups = self.groups
        var best = 0..<0
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        func joined(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return joined(groups[...]) }
        return joined(groups[..<best.lowerBound]) + "::" + joined(groups[best.upperBound...])
    }

    private var groups: [UInt16] {
        (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index % 4)))
        }
    }

    /// Reads `a.b.c.d:port` and `[v6]:port`; nil for anything else, names included.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = decimal(text[text.index(after: colon)...], below: 65_536)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            guard let (high, low) = Self.parseV6(host.dropFirst().dropLast()) else { return nil }
            self.init(high: high, low: low, port: UInt16(port))
        } else {
            guard let v4 = Self.parseV4(host) else { return nil }
            self.init(v4: v4, port: UInt16(port))
        }
    }

    private static func parseV4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = decimal(part, below: 256) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private static func parseV6(_ text: Substring) -> (high: UInt64, low: UInt64)? {
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var cut = false
        var rest = text
        if rest.hasPrefix("::") {
            cut = true
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let group = rest.prefix { $0 != ":" }
            // `UInt16` alone would take a sign for part of a number.
            guard (1...4).contains(group.count), group.allSatisfy(\.isHexDigit), let value = UInt16(group, radix: 16)
            else { return nil }
            if cut { tail.append(value) } else { head.append(value) }
            rest = rest[group.endIndex...]
            if rest.hasPrefix("::") {
                guard !cut else { return nil }
                cut = true
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix(":") {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        let missing = 8 - head.count - tail.count
        guard cut ? missing >= 1 : missing == 0 else { return nil }
        let groups = head + [UInt16](repeating: 0, count: missing) + tail
        func word(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
        return (word(groups[0..<4]), word(groups[4..<8]))
    }
}

/// A plain decimal number without sign or leading zero, as addresses use it.
private func decimal(_ text: Substring, below bound: Int) -> Int? {
    guard let first = text.utf8.first, text.utf8.count <= 5, first != UInt8(ascii: "0") || text.utf8.count == 1,
        text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(text)
    else { return nil }
    return value < bound ? value : nil
}
