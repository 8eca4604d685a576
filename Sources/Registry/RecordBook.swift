package import Base
package import Trust

/// All records of the law that a node holds, in the order in which they found their places: whoever takes them in that
/// order needs none that comes later. Until the genesis is there, nothing else is kept.
package struct RecordBook: Sendable {
    package let mesh: Digest
    /// Nil until somebody has shown the genesis.
    package private(set) var law: Law?
    /// In the order of their admission.
    package private(set) var records: [Record] = []
    private var placeByID = SortedMap<Digest, Int>()
    /// Good records that speak of something unknown, oldest first: it may come with the next datagram.
    private(set) var early: [Verified] = []

    private let bug: RegistryBug?

    package init(mesh: Digest, bug: RegistryBug? = nil) {
        self.mesh = mesh
        self.bug = bug
    }

    package enum Admission: Hashable, Sendable {
        /// It counts now, and so does whatever waited for it: all of them, in order.
        case new([Record])
        case known
        /// It was put by.
        case early
        case full
        case refused(RecordRefusal)
        /// Its signatures are true, and its place is not one that it may have.
        case misplaced
    }

    package func has(_ id: Digest) -> Bool { placeByID[id] != nil }

    package subscript(id: Digest) -> Record? { placeByID[id].map { records[$0] } }

    /// By rising ids.
    package var ids: [Digest] { placeByID.keys }

    /// Those of `ids` that are here, in an order in which they can be taken.
    func inOrder(_ ids: [Digest]) -> [Record] { ids.compactMap { placeByID[$0] }.sorted().map { records[$0] } }

    /// Takes a record that anybody may have sent.
    package mutating func admit(_ record: Record) -> Admission {
        if has(record.id) { return .known }
        if early.contains(where: { $0.id == record.id }) { return .known }
        do throws(RecordRefusal) {
            return admit(bug == .believesSeals ? try Verified(stored: record) : try Verified(record, in: mesh))
        } catch {
            return .refused(error)
        }
    }

    /// Takes records from our own disk, in whatever order. What cannot be placed is left where it is.
    package mutating func restore(_ stored: [Record]) {
        var waiting = stored.compactMap { try? Verified(stored: $0) }
        if let genesis = waiting.firstIndex(where: { $0.id == mesh }) { waiting.swapAt(0, genesis) }
        var isMoving = true
        while isMoving {
            isMoving = false
            waiting = waiting.filter { verified in
                guard case .placed = place(verified) else { return true }
                isMoving = true
                return false
            }
        }
    }

    /// Puts by what was put by before.
    mutating func restoreEarly(_ stored: [Record]) {
        early = stored.compactMap { try? Verified(stored: $0) }
    }

    private mutating func admit(_ verified: Verified) -> Admission {
        guard records.count < Limits.records else { return .full }
        switch place(verified) {
        case .placed: return .new([verified.record] + placeEarly())
        case .early:
            if early.count >= Limits.earlyRecords { early.removeFirst() }
            early.append(verified)
            return .early
        case .full: return .full
        case .misplaced: return .misplaced
        }
    }

    private enum Placing { case placed, early, full, misplaced }

    private mutating func place(_ verified: Verified) -> Placing {
        if law == nil {
            guard verified.id == mesh, let founded = try? Law(trusting: verified) else { return .early }
            law = founded
            append(verified.record)
            return .placed
        }
        switch law?.admit(verified) {
        case .new, .waiting:
            append(verified.record)
            return .placed
        case .notYet: return .early
        case .full: return .full
        case .known, .refusedRoot, .refusedKey, .notLaw, nil: return .misplaced
        }
    }

    private mutating func append(_ record: Record) {
        placeByID[record.id] = records.count
        records.append(record)
    }

    /// Places what waited for something that is here now.
    private mutating func placeEarly() -> [Record] {
        var placed: [Record] = []
        var isMoving = true
        while isMoving {
            isMoving = false
            early = early.filter { verified in
                switch place(verified) {
                case .placed:
                    placed.append(verified.record)
                    isMoving = true
                    return false
                case .early: return true
                case .full, .misplaced: return false
                }
            }
        }
        return placed
    }
}
