package import Base

/// The first record of a mesh, and its name for machines: the mesh's id is the hash of these bytes.
package struct Genesis: Hashable, Sendable {
    package let name: String
    /// By rising names.
    package let operators: [Operator]
    /// The keys that sign this record, of as many persons as it takes to update it.
    package let signers: [SignerKey]
    /// How many persons it takes to update the root.
    package let threshold: UInt8
    /// Tells two meshes apart that are founded alike.
    package let nonce: Bytes32

    package init(name: String, operators: [Operator], signers: [SignerKey], threshold: UInt8, nonce: Bytes32) {
        self.name = name
        self.operators = operators.sorted()
        self.signers = signers.risingOnce
        self.threshold = threshold
        self.nonce = nonce
    }
}

extension Genesis: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.list(operators)
        writer.list(signers)
        writer.u8(threshold)
        writer.bytes32(nonce)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        name = try reader.name()
        operators = try reader.rising(of: Operator.self, in: 1...Limits.operators)
        signers = try reader.rising(of: SignerKey.self, in: 1...Limits.signers)
        threshold = try reader.u8()
        nonce = try reader.bytes32()
    }
}

/// The end of what counts of one feed: this entry and those that lead to it.
package struct Cut: Hashable, Comparable, Sendable {
    package let feed: Digest
    package let sequence: UInt64
    package let entry: Digest

    package init(feed: Digest, sequence: UInt64, entry: Digest) {
        self.feed = feed
        self.sequence = sequence
        self.entry = entry
    }

    package static func < (left: Cut, right: Cut) -> Bool { left.feed < right.feed }
}

extension Cut: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(feed)
        writer.varint(sequence)
        writer.digest(entry)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        feed = try reader.digest()
        sequence = try reader.ordinal()
        entry = try reader.digest()
    }
}

/// One thing that an update of the root does.
package enum RootChange: Hashable, Sendable {
    case add(Operator)
    /// Of what the operator did under earlier heads, only what these cuts leave still counts; feeds that they do not
    /// name count for nothing.
    case remove(name: String, cuts: [Cut])
    case setThreshold(UInt8)
    case setRole(Role)
    case setPolicy(Policy)
    case setSite(SiteRule)
    /// How many nodes must have cosigned a branch of a forked feed for it to stand.
    case setWitnesses(UInt8)
    /// A channel begins anew: its next release has this epoch.
    case resetChannel(name: String, epoch: UInt64)
    /// Ends one suspension of an operator, by the entry that made it.
    case liftSuspension(Digest)

    var isRemoval: Bool {
        switch self {
        case .remove: true
        case .add, .setThreshold, .setRole, .setPolicy, .setSite, .setWitnesses, .resetChannel, .liftSuspension: false
        }
    }
}

extension RootChange: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .add(let person):
            writer.u8(1)
            person.encode(into: &writer)
        case .remove(let name, let cuts):
            writer.u8(2)
            writer.text(name)
            writer.list(cuts)
        case .setThreshold(let threshold):
            writer.u8(3)
            writer.u8(threshold)
        case .setRole(let role):
            writer.u8(4)
            role.encode(into: &writer)
        case .setPolicy(let policy):
            writer.u8(5)
            policy.encode(into: &writer)
        case .setSite(let rule):
            writer.u8(6)
            rule.encode(into: &writer)
        case .setWitnesses(let count):
            writer.u8(7)
            writer.u8(count)
        case .resetChannel(let name, let epoch):
            writer.u8(8)
            ObjectName(name).encode(into: &writer)
            writer.varint(epoch)
        case .liftSuspension(let entry):
            writer.u8(9)
            writer.digest(entry)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .add(try Operator(from: &reader))
        case 2:
            let name = try reader.name()
            self = .remove(name: name, cuts: try reader.rising(of: Cut.self, in: 0...Limits.cuts))
        case 3: self = .setThreshold(try reader.u8())
        case 4: self = .setRole(try Role(from: &reader))
        case 5: self = .setPolicy(try Policy(from: &reader))
        case 6: self = .setSite(try SiteRule(from: &reader))
        case 7: self = .setWitnesses(try reader.u8())
        case 8:
            let name = try ObjectName(from: &reader).text
            self = .resetChannel(name: name, epoch: try reader.ordinal())
        case 9: self = .liftSuspension(try reader.digest())
        default: throw .unknown
        }
    }
}

/// A link of the root chain. It names who signs it, so one body has one set of signatures, and nobody can crowd the
/// true ones out with others.
package struct RootUpdate: Hashable, Sendable {
    /// The update before, or the genesis.
    package let parent: Digest
    /// Rising, each once.
    package let signers: [SignerKey]
    package let changes: [RootChange]

    package init(parent: Digest, signers: [SignerKey], changes: [RootChange]) {
        self.parent = parent
        self.signers = signers.risingOnce
        self.changes = changes
    }
}

extension RootUpdate: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(parent)
        writer.list(signers)
        writer.list(changes)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        parent = try reader.digest()
        signers = try reader.rising(of: SignerKey.self, in: 1...Limits.signers)
        changes = try reader.list(of: RootChange.self, atMost: Limits.rootChanges)
        guard !changes.isEmpty else { throw .outOfRange }
    }
}
