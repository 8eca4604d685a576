package import Base
package import Crypto

/// Who writes a log: one node during one life of its storage. The instance is drawn anew whenever the storage is new,
/// so that a cloned or restored disk starts a log of its own instead of writing a second one under the same name.
///
/// A node is named by its key, not by its id, so that whoever is given a log can verify it, though its writer left long
/// ago and nobody remembers it.
package struct WriterName: Hashable, Comparable, Sendable {
    package let key: VerifyingKey
    /// The id of that key.
    package let author: NodeID
    package var instance: UInt64

    package init(key: VerifyingKey, instance: UInt64) {
        self.key = key
        author = key.nodeID
        self.instance = instance
    }

    package static func == (left: WriterName, right: WriterName) -> Bool {
        left.key == right.key && left.instance == right.instance
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(instance)
    }

    package static func < (left: WriterName, right: WriterName) -> Bool {
        left.key != right.key ? left.key < right.key : left.instance < right.instance
    }
}

extension WriterName: WireValue {
    package func encode(into writer: inout ByteWriter) {
        key.encode(into: &writer)
        writer.u64(instance)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        self.init(key: try VerifyingKey(from: &reader), instance: try reader.u64())
    }
}

/// A writer's name as sixteen bytes of its hash. Sixteen and not eight: two names with one hash of 64 bits cost an
/// author 2^32 attempts.
package struct Writer: Hashable, Comparable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(_ name: WriterName) {
        let digest = Digest(hashing: name.encoded.raw)
        self.init(high: digest.value.w0, low: digest.value.w1)
    }

    package static func < (left: Writer, right: Writer) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

extension Writer: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u64(high.byteSwapped)
        writer.u64(low.byteSwapped)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let high = try reader.u64().byteSwapped
        self.init(high: high, low: try reader.u64().byteSwapped)
    }
}

/// One transaction: the how-many-th of which writer, counted from one.
package struct Dot: Hashable, Comparable, Sendable {
    package var writer: Writer
    package var sequence: UInt64

    package init(_ writer: Writer, _ sequence: UInt64) {
        self.writer = writer
        self.sequence = sequence
    }

    package static func < (left: Dot, right: Dot) -> Bool {
        left.writer != right.writer ? left.writer < right.writer : left.sequence < right.sequence
    }
}

extension Dot: WireValue {
    package func encode(into writer: inout ByteWriter) {
        self.writer.encode(into: &writer)
        writer.varint(sequence)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let writer = try Writer(from: &reader)
        let sequence = try reader.varint()
        guard (1...Limits.counted).contains(sequence) else { throw .outOfRange }
        self.init(writer, sequence)
    }
}

/// How far each writer's log is known: for each writer a highest transaction, and all before it. Writers of whom
/// nothing is known are not listed.
package struct VersionVector: Hashable, Sendable {
    /// One dot a writer, rising.
    package private(set) var dots: [Dot] = []

    package init() {}
    package init(_ dot: Dot) { dots = [dot] }

    package var isEmpty: Bool { dots.isEmpty }
    package var count: Int { dots.count }
    /// How many transactions it covers: rises whenever the vector does.
    package var sum: UInt64 { dots.reduce(0) { $0 &+ $1.sequence } }

    private func place(of writer: Writer) -> (index: Int, found: Bool) {
        var low = 0
        var high = dots.count
        while low < high {
            let middle = (low + high) / 2
            if dots[middle].writer < writer { low = middle + 1 } else { high = middle }
        }
        return (low, low < dots.count && dots[low].writer == writer)
    }

    /// The place among `dots` of what covers this one.
    func place(of dot: Dot) -> Int? {
        let (index, found) = place(of: dot.writer)
        return found && dots[index].sequence >= dot.sequence ? index : nil
    }

    package subscript(writer: Writer) -> UInt64 {
        get {
            let (index, found) = place(of: writer)
            return found ? dots[index].sequence : 0
        }
        set {
            let (index, found) = place(of: writer)
            switch (found, newValue > 0) {
            case (true, true): dots[index].sequence = newValue
            case (true, false): dots.remove(at: index)
            case (false, true): dots.insert(Dot(writer, newValue), at: index)
            case (false, false): break
            }
        }
    }

    package func covers(_ dot: Dot) -> Bool { self[dot.writer] >= dot.sequence }

    package func covers(_ other: VersionVector) -> Bool {
        guard other.count <= count else { return false }
        return other.dots.allSatisfy { covers($0) }
    }

    package mutating func raise(to dot: Dot) {
        let (index, found) = place(of: dot.writer)
        if !found {
            dots.insert(dot, at: index)
        } else if dots[index].sequence < dot.sequence {
            dots[index].sequence = dot.sequence
        }
    }

    package mutating func join(_ other: VersionVector) {
        if dots.isEmpty { return dots = other.dots }
        for dot in other.dots { raise(to: dot) }
    }

    package func joined(_ other: VersionVector) -> VersionVector {
        var result = self
        result.join(other)
        return result
    }

    /// As far as both go.
    package func met(_ other: VersionVector) -> VersionVector {
        var result = VersionVector()
        result.dots = dots.compactMap { dot in
            let sequence = min(dot.sequence, other[dot.writer])
            return sequence > 0 ? Dot(dot.writer, sequence) : nil
        }
        return result
    }
}

extension VersionVector: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.list(dots) }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        try self.init(from: &reader, atMost: Limits.writers)
    }

    init(from reader: inout ByteReader, atMost limit: Int) throws(DecodeError) {
        dots = try reader.list(of: Dot.self, atMost: limit)
        try Self.check(dots)
    }

    /// Of dots that must rise.
    init(rising dots: [Dot]) throws(DecodeError) {
        self.dots = dots
        try Self.check(dots)
    }

    /// Writers rise strictly: one encoding.
    private static func check(_ dots: [Dot]) throws(DecodeError) {
        for index in dots.indices.dropFirst() where dots[index - 1].writer >= dots[index].writer {
            throw .notCanonical
        }
    }
}
