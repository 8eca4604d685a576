/// What carries packets from one node to another.
package enum Carrier: UInt8, CaseIterable, Sendable {
    /// The usual one: nothing is in anybody's way for long.
    case udp
    /// Where UDP is blocked: the same packets, each behind its length.
    case tcp
}

/// One way to a node: where it is, and what carries packets there.
package struct Path: Hashable, Comparable, Sendable {
    package var address: Address
    package var carrier: Carrier

    package init(_ address: Address, _ carrier: Carrier = .udp) {
        self.address = address
        self.carrier = carrier
    }

    package static func < (left: Path, right: Path) -> Bool {
        left.address == right.address
            ? left.carrier.rawValue < right.carrier.rawValue : left.address < right.address
    }
}

extension Path: CustomStringConvertible {
    package var description: String { "\(carrier) \(address)" }
}

extension Path: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.address(address)
        writer.u8(carrier.rawValue)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        address = try reader.address()
        guard let carrier = Carrier(rawValue: try reader.u8()) else { throw .outOfRange }
        self.carrier = carrier
    }
}

/// Whom to write to: a node where it was last known to be, or whoever is at an address.
package struct Contact: Hashable, Comparable, Sendable {
    package var node: NodeID?
    package var address: Address

    package init(_ node: NodeID?, at address: Address) {
        self.node = node
        self.address = address
    }

    /// A peer with whom there is a session: where its packets come from is the session's to know.
    package init(onSessionWith node: NodeID) { self.init(node, at: Address(v4: 0, port: 0)) }

    package static func < (left: Contact, right: Contact) -> Bool {
        switch (left.node, right.node) {
        case (nil, _?): true
        case (_?, nil): false
        case (let one?, let other?) where one != other: one < other
        default: left.address < right.address
        }
    }
}

extension Contact: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.bool(node != nil)
        if let node { writer.nodeID(node) }
        writer.address(address)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        node = try reader.bool() ? try reader.nodeID() : nil
        address = try reader.address()
    }
}
