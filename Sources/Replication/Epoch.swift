package import Base
internal import Crypto

/// One step of a namespace's history of membership. Whoever issues it has collected the signatures that the mesh
/// demands; they were verified before it comes here, and travel with it as bytes.
package struct Epoch: Hashable, Sendable {
    /// A writer's log is worth this much to all later epochs; what it wrote beyond, not knowing of its eviction, is
    /// void.
    package struct Eviction: Hashable, Sendable {
        package var member: NodeID
        package var cut: VersionVector

        package init(member: NodeID, cut: VersionVector) {
            self.member = member
            self.cut = cut
        }
    }

    /// Whoever comes (back) in writes nothing before it knows what its admitter knew.
    package struct Admission: Hashable, Sendable {
        package var member: NodeID
        package var floor: VersionVector

        package init(member: NodeID, floor: VersionVector) {
            self.member = member
            self.floor = floor
        }
    }

    /// Counted from zero.
    package var number: UInt64
    /// The hash of the epoch before; zero of the first.
    package var previous: Digest
    /// Rising.
    package var roster: [NodeID]
    package var evictions: [Eviction]
    package var admissions: [Admission]
    /// What every member had when it was issued, as far as epochs before had not said so.
    package var settled = VersionVector()
    /// What of it counts for nobody, since the law had it so.
    package var void: [Dot] = []
    /// When it was issued, by its issuer's clock: for people, and nothing goes by it.
    package var issued: HybridTime
    /// What proves it, opaque here.
    package var proof: [UInt8]

    package init(
        number: UInt64, previous: Digest, roster: [NodeID], evictions: [Eviction] = [], admissions: [Admission] = [],
        issued: HybridTime = HybridTime(bits: 0), proof: [UInt8] = []
    ) {
        self.number = number
        self.previous = previous
        self.roster = roster.sorted()
        self.evictions = evictions
        self.admissions = admissions
        self.issued = issued
        self.proof = proof
    }

    /// The first epoch before anybody issues epochs: it admits every member of the mesh. Who they are is not known
    /// from it, so nothing is collected in it.
    package var isOpen: Bool { number == 0 && roster.isEmpty }

    /// What its issuer says of it, and is to prove: the hash of all but the proof.
    package var statement: Digest {
        var bare = self
        bare.proof = []
        return Digest(hashing: bare.encoded.raw)
    }

    package func admits(_ member: NodeID) -> Bool {
        if isOpen { return true }
        var low = 0
        var high = roster.count
        while low < high {
            let middle = (low + high) / 2
            if roster[middle] < member { low = middle + 1 } else { high = middle }
        }
        return low < roster.count && roster[low] == member
    }
}

extension Epoch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(number)
        writer.digest(previous)
        writer.varint(UInt64(roster.count))
        for member in roster { writer.nodeID(member) }
        writer.list(evictions)
        writer.list(admissions)
        settled.encode(into: &writer)
        writer.list(void)
        writer.u64(issued.bits)
        writer.bytes(proof)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        number = try reader.varint()
        guard number < UInt64(Limits.epochs) else { throw .outOfRange }
        previous = try reader.digest()
        roster = []
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let member = try reader.nodeID()
            guard roster.last.map({ $0 < member }) ?? true else { throw .notCanonical }
            roster.append(member)
        }
        evictions = try reader.list(of: Eviction.self, atMost: Limits.members)
        admissions = try reader.list(of: Admission.self, atMost: Limits.members)
        settled = try VersionVector(from: &reader)
        void = try reader.list(of: Dot.self, atMost: Limits.settledVoid)
        issued = HybridTime(bits: try reader.u64())
        proof = try reader.bytes(atMost: Limits.factValueBytes)
    }
}

extension Epoch.Eviction: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(member)
        cut.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        self.init(member: try reader.nodeID(), cut: try VersionVector(from: &reader))
    }
}

extension Epoch.Admission: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(member)
        floor.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        self.init(member: try reader.nodeID(), floor: try VersionVector(from: &reader))
    }
}
