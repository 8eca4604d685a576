internal import Base
internal import Control
internal import Replication

/// The words in which the store is spoken of.
extension ValueKind {
    init(_ kind: Kind) {
        self =
            switch kind {
            case .register: .register
            case .guarded: .guarded
            case .latest: .latest
            case .addWins: .set
            case .removeWins: .strictSet
            case .growing: .growingSet
            case .enableWins: .flag
            case .disableWins: .brake
            case .counter: .counter
            case .maximum: .maximum
            case .minimum: .minimum
            case .escrow: .escrow
            case .report: .report
            case .log: .log
            }
    }

    var kind: Kind {
        switch self {
        case .register: .register
        case .guarded: .guarded
        case .latest: .latest
        case .set: .addWins
        case .strictSet: .removeWins
        case .growingSet: .growing
        case .flag: .enableWins
        case .brake: .disableWins
        case .counter: .counter
        case .maximum: .maximum
        case .minimum: .minimum
        case .escrow: .escrow
        case .report: .report
        case .log: .log
        }
    }

    /// How writes at the same time are joined.
    var rule: String {
        switch self {
        case .register: "every value written without knowledge of another stays beside it; the later clock is shown"
        case .guarded: "values written without knowledge of each other are a conflict, and none is acted upon"
        case .latest: "the value with the latest clock stands, a trusted clock before a doubtful one"
        case .set: "an element that was added and removed at the same time is in"
        case .strictSet: "an element that was added and removed at the same time is out"
        case .growingSet: "elements are added and never removed"
        case .flag: "switched on and off at the same time it is on"
        case .brake: "switched on and off at the same time it is off"
        case .counter: "what every node added is summed up"
        case .maximum: "the largest number ever written stands"
        case .minimum: "the smallest number ever written stands"
        case .escrow: "what every node added and spent is summed up, and a node spends only what it has rights to"
        case .report: "each node has a value of its own, and only its latest stands"
        case .log: "entries stay as they are, in the order of their clocks, as many of each node as retain/PREFIX says"
        }
    }
}

extension ClockWord {
    init(_ quality: ClockQuality) {
        self =
            switch quality {
            case .unknown: .unknown
            case .floorOnly: .floor
            case .peerBounded: .peers
            case .synchronised: .synchronised
            }
    }
}

extension HybridTime {
    var wall: WallTime { WallTime(milliseconds: Int64(milliseconds)) }

    /// The last moment of a millisecond of the wall clock.
    init(endOf wall: WallTime) {
        let milliseconds = UInt64(clamping: wall.milliseconds.clamped(to: 0...(1 << 48) - 1))
        self.init(milliseconds: milliseconds, counter: .max)
    }
}

extension ValueBytes {
    /// For a sentence or a table: the text, or the first bytes.
    var shown: String {
        if let text { return text }
        let rest = bytes.count > 16 ? "… (\(bytes.count) bytes)" : ""
        return "0x\(hexadecimal(bytes.prefix(16)))\(rest)"
    }
}

extension KeyReading {
    /// What is shown, as text; nil for nothing.
    var text: String? {
        switch shown {
        case .nothing: nil
        case .value(let held): ValueBytes(held.operation.value).shown
        case .disputed: slots[0].values.map { ValueBytes($0.operation.value).shown }.joined(separator: " | ")
        case .elements(let elements): Self.text(of: elements)
        case .state(let on): on ? "on" : "off"
        case .number(let number): "\(number)"
        case .entries(let entries): entries.last.map { ValueBytes($0.operation.value).shown }
        }
    }

    static func text(of elements: [[UInt8]]) -> String? {
        elements.isEmpty
            ? nil
            : elements.sorted { $0.lexicographicallyPrecedes($1) }.map { ValueBytes($0).shown }
                .joined(separator: ", ")
    }

    /// The value alone, where there is one.
    var value: ValueBytes? {
        switch shown {
        case .nothing, .disputed, .elements, .entries: nil
        case .value(let held): ValueBytes(held.operation.value)
        case .state(let on): ValueBytes(on ? "on" : "off")
        case .number(let number): ValueBytes("\(number)")
        }
    }

    var elements: [ValueBytes] {
        switch shown {
        case .nothing, .value, .disputed, .state, .number: []
        case .elements(let elements): elements.map { ValueBytes($0) }
        case .entries(let entries): entries.map { ValueBytes($0.operation.value) }
        }
    }
}

extension KeyReading? {
    /// Of what holds nothing too: it may be asked that nothing was written since.
    var versionText: String {
        var writer = ByteWriter(capacity: 8)
        writer.u64((self?.version ?? 0).byteSwapped)
        return hexadecimal(writer.bytes)
    }
}

extension WriteRefusal {
    /// For a person; the plan has been over what is wrong with a key, so this is mostly about the node.
    var complaint: Complaint {
        switch self {
        case .tooLarge: Complaint(.writeTooLarge, what: "the transaction is larger than a member can store")
        case .tooManyOperations: Complaint(.writeTooLarge)
        case .oneSlotTwice: Complaint(.badArgument, what: "one key is written twice in one transaction")
        case .wrongKind: Complaint(.kindRefused)
        case .notAdmitted:
            Complaint(.writeNotAllowed, what: "this node is not on the roster of the namespace")
        case .behindAdmission:
            Complaint(
                .writeNotAllowed, what: "this node was admitted a moment ago and does not know enough yet",
                because: "it would write without having seen what its admitter knew",
                remedy: "try again when it has caught up")
        case .notAllowed: Complaint(.writeNotAllowed, what: "this node has no right to write that key")
        case .inConflict: Complaint(.keyInConflict)
        case .noRights: Complaint(.noRights)
        case .forked:
            Complaint(
                .writeNotAllowed, what: "this node's log has forked",
                because: "two different writes were signed for one place, as by a cloned disk",
                remedy: "join anew with another data directory")
        case .busy: Complaint(.writesWaiting, what: "\(Limits.ownWritesWaiting) writes wait already")
        }
    }
}
