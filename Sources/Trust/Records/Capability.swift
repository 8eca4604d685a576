package import Base

/// Something that may be done, by its name: `release.approve`, `node.grant:worker`. Lower-case words with dots, colons
/// and hyphens between them.
package struct Capability: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    package init?(_ name: String) {
        guard Self.isLawful(name) else { return nil }
        self.name = name
    }

    /// One that the program itself knows.
    init(known name: StaticString) {
        self.name = "\(name)"
        precondition(Self.isLawful(self.name), "what the program can do has a lawful name")
    }

    package var description: String { name }

    package static func < (left: Capability, right: Capability) -> Bool { left.name < right.name }

    private static func isLawful(_ name: String) -> Bool {
        let marks = Array(".:-/".utf8)
        guard let first = name.utf8.first, name.utf8.count <= Limits.capabilityBytes, isPlain(first) else {
            return false
        }
        return name.utf8.allSatisfy { isPlain($0) || marks.contains($0) }
    }

    static func isPlain(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Vouching for those who come with an invitation.
    package static let sponsor = Capability(known: "invite.sponsor")
    /// Making invitations.
    package static let invite = Capability(known: "invite.create")
    /// Signing the leases of others, and confirming newcomers.
    package static let renew = Capability(known: "lease.renew")
    /// Keeping the epochs of what is replicated: saying who belongs.
    package static let epochs = Capability(known: "epoch.issue")
    /// Proposing something that others approve.
    package static let propose = Capability(known: "release.propose")
    /// Writing a key of the store: done to the object `key:` and the key.
    package static let write = Capability(known: "key.write")
}

extension Capability: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.text(name) }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        guard let capability = Capability(try reader.text(atMost: Limits.capabilityBytes)) else { throw .outOfRange }
        self = capability
    }
}

/// On what a capability may be used: patterns such as `channel:pos/till`, `channel:pos/*` or `*`. A star ends a pattern
/// and means whatever follows; it means nothing elsewhere, so that inclusion is decided by looking at two texts.
package struct Scope: Hashable, Sendable {
    /// Rising, each once.
    package let patterns: [Pattern]

    package static let everything = Scope([.everything])

    package init(_ patterns: [Pattern]) {
        precondition(patterns.count <= Limits.scopePatterns, "a scope has few patterns")
        self.patterns = patterns.risingOnce
    }

    package func contains(_ object: String) -> Bool { patterns.contains { $0.matches(object) } }

    /// Whether every pattern lies within one of the other's. Two of the other's together are not tried.
    package func isWithin(_ other: Scope) -> Bool {
        patterns.allSatisfy { pattern in other.patterns.contains { pattern.isWithin($0) } }
    }

    package struct Pattern: Hashable, Comparable, Sendable {
        package let text: String

        package static let everything = Pattern(unchecked: "*")

        package init?(_ text: String) {
            guard Self.isLawful(text) else { return nil }
            self.text = text
        }

        private init(unchecked text: String) { self.text = text }

        package static func < (left: Pattern, right: Pattern) -> Bool { left.text < right.text }

        /// What stands before the star; nil when the pattern means one object only.
        private var stem: Substring? { text.hasSuffix("*") ? text.dropLast() : nil }

        /// Byte by byte: to a `String`, an accent behind a slash would be one letter with it, and no longer begin so.
        func matches(_ object: String) -> Bool {
            stem.map { object.utf8.starts(with: $0.utf8) } ?? object.utf8.elementsEqual(text.utf8)
        }

        func isWithin(_ other: Pattern) -> Bool {
            guard let stem else { return other.matches(text) }
            return other.stem.map { stem.utf8.starts(with: $0.utf8) } ?? false
        }

        private static func isLawful(_ text: String) -> Bool {
            let body = text.hasSuffix("*") ? text.dropLast() : text[...]
            return (1...Limits.capabilityBytes).contains(text.utf8.count) && isObject(body)
        }
    }
}

/// Whether `text` may name what something is done to: letters, digits and a few marks, so no star.
func isObject(_ text: Substring) -> Bool {
    let marks = Array(".:-_/".utf8)
    return text.utf8.count <= Limits.capabilityBytes
        && text.utf8.allSatisfy {
            Capability.isPlain($0) || marks.contains($0)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
        }
}

extension Scope.Pattern: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.text(text) }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        guard let pattern = Scope.Pattern(try reader.text(atMost: Limits.capabilityBytes)) else { throw .outOfRange }
        self = pattern
    }
}

extension Scope: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.list(patterns) }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        patterns = try reader.rising(of: Pattern.self, in: 0...Limits.scopePatterns)
    }
}

/// A text that names what something is done to.
struct ObjectName: WireValue {
    let text: String

    func encode(into writer: inout ByteWriter) { writer.text(text) }

    init(_ text: String) { self.text = text }

    init(from reader: inout ByteReader) throws(DecodeError) {
        text = try reader.text(atMost: Limits.capabilityBytes)
        guard !text.isEmpty, isObject(text[...]) else { throw .outOfRange }
    }
}

/// A name in a list.
struct ListedName: Comparable, WireValue {
    let text: String

    init(_ text: String) { self.text = text }

    static func < (left: ListedName, right: ListedName) -> Bool { left.text < right.text }
    func encode(into writer: inout ByteWriter) { writer.text(text) }
    init(from reader: inout ByteReader) throws(DecodeError) { text = try reader.name() }
}
