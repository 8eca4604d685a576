package import Base

/// What an operator hands to a new node: which mesh, where to knock, until when, and the key that seals the mesh.
///
/// Provisional: the mesh key makes it a bearer secret, and only the joining node looks at the date and nobody counts
/// the uses. Statements signed by an operator take its place.
package struct Invitation: Hashable, Sendable {
    package var mesh: String
    package var meshKey: Bytes32
    package var seeds: [Address]
    package var expires: WallTime
    package var uses: UInt16

    package init(mesh: String, meshKey: Bytes32, seeds: [Address], expires: WallTime, uses: UInt16) {
        self.mesh = mesh
        self.meshKey = meshKey
        self.seeds = seeds
        self.expires = expires
        self.uses = uses
    }
}

extension Invitation: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.text(mesh)
        writer.bytes32(meshKey)
        writer.list(seeds)
        writer.u64(UInt64(bitPattern: expires.milliseconds))
        writer.u16(uses)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        mesh = try reader.name()
        meshKey = try reader.bytes32()
        seeds = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
        expires = WallTime(milliseconds: Int64(bitPattern: try reader.u64()))
        uses = try reader.u16()
    }
}

/// The token: the invitation as text to copy, photograph or read aloud.
extension Invitation {
    private static let prefix = "MARRAM1-"
    /// A token is for the hands of people; ten times a usual one is certainly something else.
    private static let longestToken = 4_096

    /// `MARRAM1-` and groups of five, the last bytes a check against mistyping.
    package var token: String {
        let digits = Array(Base32.text(of: encoded + Self.check(encoded)))
        let groups = stride(from: 0, to: digits.count, by: 5).map { String(digits[$0..<min($0 + 5, digits.count)]) }
        return Self.prefix + groups.joined(separator: "-")
    }

    package init(token: String) throws(Complaint) {
        let text = token.filter { !$0.isWhitespace }
        guard text.utf8.count <= Self.longestToken, text.uppercased().hasPrefix(Self.prefix) else {
            throw Complaint(
                .invitationUnreadable, because: "a token starts with \(Self.prefix) and this one does not")
        }
        guard let bytes = Base32.bytes(of: text.dropFirst(Self.prefix.count)), bytes.count > Self.checkBytes else {
            throw Complaint(.invitationUnreadable, because: "it has a character that no token has, or it is cut short")
        }
        let body = Array(bytes.dropLast(Self.checkBytes))
        guard Self.check(body) == Array(bytes.suffix(Self.checkBytes)) else {
            throw Complaint(.invitationUnreadable, because: "a character is missing, added or mistyped")
        }
        do throws(DecodeError) {
            try self.init(decoding: body.raw)
        } catch {
            throw Complaint(.invitationUnreadable, because: "it was made by a version that this one does not know")
        }
    }

    private static let checkBytes = 4

    /// Tells a mistyped token from a true one; it defends against nobody.
    private static func check(_ body: [UInt8]) -> [UInt8] {
        var hash = TraceHash()
        hash.absorb(body.raw)
        var writer = ByteWriter()
        writer.u32(UInt32(truncatingIfNeeded: hash.value))
        return writer.bytes
    }
}
