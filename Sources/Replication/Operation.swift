package import Base

/// How what is written under a key behaves when several write at once. The number stands in every operation, so what a
/// key holds never depends on a setting that two nodes could have differently; a schema only says which kind is read.
package enum Kind: UInt8, CaseIterable, Sendable {
    /// All concurrent values are kept; nobody acts while there are two.
    case guarded = 1
    /// All concurrent values are kept; a reader is shown one.
    case register = 2
    /// One value, the latest by hybrid time as far as clocks can be trusted.
    case latest = 3
    /// A set in which adding beats removing at the same time.
    case addWins = 4
    /// A set in which removing beats adding at the same time.
    case removeWins = 5
    /// A flag that is on if it was switched on and off at the same time.
    case enableWins = 6
    /// A flag that is off if it was switched on and off at the same time.
    case disableWins = 7
    /// A sum to which everybody adds and from which everybody takes.
    case counter = 8
    /// The largest number ever written; nothing takes it back.
    case maximum = 9
    /// The smallest number ever written; nothing takes it back.
    case minimum = 10
    /// A sum that never falls below zero: who takes from it must hold rights to.
    case escrow = 11
    /// What each node reports of itself: one value a writer.
    case report = 12
    /// Entries that stay as they are, in the order of time, until their own writer closes the oldest of them.
    case log = 13
    /// A set that only grows.
    case growing = 14
}

/// One change of one value, as its writer knew the value then.
///
/// `context` says what the writer had seen of this very slot. An operation takes the place of what its context covers,
/// and of nothing else, whatever clocks say.
package struct Operation: Hashable, Sendable {
    package var key: [UInt8]
    /// Of a set the element, of a log what tells two entries of one transaction apart. Else empty.
    package var element: [UInt8]
    package var value: [UInt8]
    package var context: VersionVector
    // The short ones last: there is one of these for every key.
    /// A `Kind`, or the number of one that this build does not know: stored and passed on, and shown to nobody.
    package var kind: UInt8
    package var isRemoval: Bool

    package init(
        _ kind: Kind, key: [UInt8], element: [UInt8] = [], value: [UInt8] = [], isRemoval: Bool = false,
        context: VersionVector = VersionVector()
    ) {
        self.init(
            rawKind: kind.rawValue, key: key, element: element, value: value, isRemoval: isRemoval, context: context)
    }

    init(
        rawKind: UInt8, key: [UInt8], element: [UInt8], value: [UInt8], isRemoval: Bool, context: VersionVector
    ) {
        kind = rawKind
        self.key = key
        self.element = element
        self.value = value
        self.isRemoval = isRemoval
        self.context = context
    }

    package var slot: SlotID { SlotID(kind: kind, key: key, element: element) }

    /// Within the limits that the decoder holds every operation to.
    package var fits: Bool {
        (1...Limits.keyBytes).contains(key.count) && element.count <= Limits.keyBytes
            && value.count <= Limits.transactionBytes && context.count <= Limits.contextWriters
    }
}

extension Operation: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u8(kind)
        writer.bool(isRemoval)
        writer.bytes(key)
        writer.bytes(element)
        writer.bytes(value)
        context.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        kind = try reader.u8()
        isRemoval = try reader.bool()
        key = try reader.bytes(atMost: Limits.keyBytes)
        guard !key.isEmpty else { throw .outOfRange }
        element = try reader.bytes(atMost: Limits.keyBytes)
        value = try reader.bytes(atMost: Limits.transactionBytes)
        context = try VersionVector(from: &reader, atMost: Limits.contextWriters)
    }
}

/// What operations contend for: a key as a kind of value, and of sets one element.
package struct SlotID: Hashable, Comparable, Sendable {
    package var kind: UInt8
    package var key: [UInt8]
    package var element: [UInt8]

    package static func < (left: SlotID, right: SlotID) -> Bool {
        if left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
        if left.kind != right.kind { return left.kind < right.kind }
        return left.element.lexicographicallyPrecedes(right.element)
    }
}

/// How far the clock behind a hybrid time can be trusted. It breaks ties, and nothing else.
package enum ClockQuality: UInt8, CaseIterable, Comparable, Sendable {
    /// No battery, never synchronised.
    case unknown = 0
    /// Not before the build and the last stored time.
    case floorOnly = 1
    /// Within what several peers say.
    case peerBounded = 2
    /// Synchronised, with a known error.
    case synchronised = 3

    package static func < (left: ClockQuality, right: ClockQuality) -> Bool { left.rawValue < right.rawValue }
    package var isTrusted: Bool { self >= .peerBounded }
}

/// What one writer changed at once: all of it happens, or none. The frame of the design, by a name that is not taken.
package struct Transaction: Hashable, Sendable {
    /// The epoch whose roster the writer knew.
    package var epoch: UInt64
    package var time: HybridTime
    /// Which schema the writer knew.
    package var schema: UInt64
    /// What the writer had learnt since its last transaction, as far as it does not follow from one another: nobody is
    /// shown this transaction before these.
    package var dependencies: [Dot]
    /// At most one a slot, rising by slot.
    package var operations: [Operation]
    package var quality: ClockQuality

    package init(
        epoch: UInt64, time: HybridTime, quality: ClockQuality, schema: UInt64 = 0, dependencies: [Dot] = [],
        operations: [Operation]
    ) {
        self.epoch = epoch
        self.time = time
        self.quality = quality
        self.schema = schema
        self.dependencies = dependencies
        self.operations = operations
    }
}

extension Transaction: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(epoch)
        writer.u64(time.bits)
        writer.u8(quality.rawValue)
        writer.varint(schema)
        writer.list(dependencies)
        writer.list(operations)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let start = reader.remaining
        epoch = try reader.varint()
        time = HybridTime(bits: try reader.u64())
        guard let quality = ClockQuality(rawValue: try reader.u8()) else { throw .unknown }
        self.quality = quality
        schema = try reader.varint()
        dependencies = try reader.list(of: Dot.self, atMost: Limits.dependencies)
        operations = try reader.list(of: Operation.self, atMost: Limits.operations)
        try check()
        guard start - reader.remaining <= Limits.transactionBytes else { throw .tooLong }
    }

    /// What the decoder of packed batches must hold to as well.
    func check() throws(DecodeError) {
        guard epoch <= Limits.counted, schema <= Limits.counted else { throw .outOfRange }
        guard !operations.isEmpty else { throw .outOfRange }
        for index in dependencies.indices.dropFirst() where dependencies[index - 1].writer >= dependencies[index].writer
        {
            throw .notCanonical
        }
        for index in operations.indices.dropFirst() where operations[index - 1].slot >= operations[index].slot {
            throw .notCanonical
        }
    }
}
