internal import Base
internal import Control
internal import Replication

/// What a person asks to be written, worked out against what the store holds: the changes that it takes, and what each
/// key holds before and after. Whatever is as it should be already is not written again, except where writing twice
/// means something. Nothing is changed by planning.
struct StorePlan {
    private(set) var changes: [Change] = []
    private(set) var rows: [WriteReply.Row] = []
    private let store: ReplicationEngine

    init(_ assignments: [Assignment], on store: ReplicationEngine) throws(Complaint) {
        self.store = store
        for (index, assignment) in assignments.enumerated() {
            if assignments[..<index].contains(where: { $0.key == assignment.key }) {
                throw Complaint(.badArgument, what: "\(assignment.key) is written twice in one transaction")
            }
            try plan(assignment)
        }
        guard changes.count <= Limits.operations else {
            throw Complaint(
                .writeTooLarge, what: "\(changes.count) changes at once, and \(Limits.operations) is the most")
        }
    }

    private mutating func plan(_ assignment: Assignment) throws(Complaint) {
        let (kind, reading) = try reading(of: assignment)
        if let version = assignment.version, version != reading.versionText {
            throw Complaint(
                .changedMeanwhile, what: "\(assignment.key) is not what it was at version \(version)",
                remedy: "read it again, and decide anew: marram get \(assignment.key)")
        }
        let keeps = kind == .log ? retained(of: assignment.key) : nil
        let planned = try KeyPlan(assignment, kind, reading, my: store.replica.my, keeps: keeps)
        changes += planned.changes
        rows.append(
            WriteReply.Row(
                key: assignment.key, kind: ValueKind(kind), before: reading?.text, after: planned.after,
                isChanged: !planned.changes.isEmpty))
    }

    // MARK: The kind

    /// The kind that was asked for; else what the key is already; else what the schema says of keys that begin so; else
    /// a set for a list of elements, and a register for anything else.
    private func reading(of assignment: Assignment) throws(Complaint) -> (Kind, KeyReading?) {
        let known = store.readings(of: Array(assignment.key.utf8))
        let holding = known.filter { $0.shown != .nothing }
        if let asked = assignment.kind?.kind {
            if let other = holding.first(where: { $0.kind != asked }) {
                throw Complaint(
                    .kindRefused, what: "\(assignment.key) is a \(ValueKind(other.kind).rawValue) already",
                    remedy: "leave out --kind, or choose another key")
            }
            return (asked, known.first { $0.kind == asked })
        }
        guard holding.count < 2 else { throw Complaint(severalKindsOf: assignment.key, holding) }
        if let reading = holding.first ?? (known.count == 1 ? known[0] : nil) { return (reading.kind, reading) }
        if let kind = schema(of: assignment.key) { return (kind, known.first { $0.kind == kind }) }
        if case .become = assignment.deed { return (.addWins, nil) }
        return (.register, known.first { $0.kind == .register })
    }

    /// Of what kind the keys below the prefix are.
    private func schema(of key: String) -> Kind? {
        rule(Self.schemaPrefix, for: key) { ValueKind(rawValue: $0)?.kind }
    }

    /// How many entries of its own each node keeps of a log.
    private func retained(of key: String) -> Int? { rule(Self.retainPrefix, for: key, Self.entries) }

    /// What the longest `WORD/PREFIX` says of a key that is PREFIX or lies below it. The rules themselves have none.
    private func rule<Value>(_ word: String, for key: String, _ read: (String) -> Value?) -> Value? {
        guard !Self.rulePrefixes.contains(where: { key.hasPrefix($0) }) else { return nil }
        var best: (length: Int, value: Value)?
        store.read(prefix: Array(word.utf8)) { reading in
            let prefix = String(decoding: reading.key.dropFirst(word.utf8.count), as: UTF8.self)
            guard key == prefix || key.hasPrefix(prefix + "/"), prefix.utf8.count > best?.length ?? 0,
                case .value(let held) = reading.shown,
                let value = read(String(decoding: held.operation.value, as: UTF8.self))
            else { return true }
            best = (prefix.utf8.count, value)
            return true
        }
        return best?.value
    }

    private static let schemaPrefix = "schema/"
    private static let retainPrefix = "retain/"
    private static let rulePrefixes = [schemaPrefix, retainPrefix]

    private static func entries(_ text: String) -> Int? {
        Int(text).flatMap { (1...Limits.keptEntries).contains($0) ? $0 : nil }
    }

    /// A rule that says nothing would be found out by what it was meant for, and late.
    static func checkRule(_ name: String, _ kind: Kind, _ value: ValueBytes) throws(Complaint) {
        guard let word = rulePrefixes.first(where: { name.hasPrefix($0) }) else { return }
        guard [.register, .latest, .guarded].contains(kind) else {
            throw Complaint(
                .kindRefused, what: "\(name) is a rule, and a \(ValueKind(kind).rawValue) holds no one value to go by",
                remedy: "leave out --kind, or choose a key that does not begin with \(word)")
        }
        if name.hasPrefix(schemaPrefix), ValueKind(rawValue: value.text ?? "") == nil {
            throw Complaint(
                .kindRefused, what: "\(name) says of what kind keys are, and \(value.shown) is no kind",
                remedy: "write one of: \(ValueKind.names.joined(separator: ", "))")
        }
        if name.hasPrefix(retainPrefix), entries(value.text ?? "") == nil {
            throw Complaint(
                .kindRefused,
                what: "\(name) says how many entries of a log each node keeps, and \(value.shown) is no such number",
                remedy: "write a whole number from 1 to \(Limits.keptEntries)")
        }
    }
}

/// The changes that bring one key of a known kind to where it is wanted.
private struct KeyPlan {
    var changes: [Change] = []
    /// What the key will hold, as text.
    var after: String?
    private let name: String
    private let key: [UInt8]
    private let kind: Kind
    private let reading: KeyReading?
    private let my: Writer
    private let keeps: Int?

    init(
        _ assignment: Assignment, _ kind: Kind, _ reading: KeyReading?, my: Writer, keeps: Int?
    ) throws(Complaint) {
        self.my = my
        self.keeps = keeps
        name = assignment.key
        key = Array(assignment.key.utf8)
        self.kind = kind
        self.reading = reading
        after = reading?.text
        switch assignment.deed {
        case .put(let value): try put(value, resolves: assignment.resolves)
        case .remove(let element): try remove(element?.bytes)
        case .become(let elements): try become(elements.map(\.bytes))
        }
    }

    private var elements: [[UInt8]] {
        if case .elements(let elements) = reading?.shown { elements } else { [] }
    }

    private var number: Int64? {
        if case .number(let number) = reading?.shown { number } else { nil }
    }

    private mutating func put(_ value: ValueBytes, resolves: Bool) throws(Complaint) {
        try StorePlan.checkRule(name, kind, value)
        switch kind {
        case .register, .latest, .guarded: try assign(value, resolves: resolves)
        case .addWins, .removeWins, .growing:
            try checkElement(value.bytes)
            if !elements.contains(value.bytes) { changes = [.include(kind, key: key, element: value.bytes)] }
            after = KeyReading.text(of: elements.filter { $0 != value.bytes } + [value.bytes])
        case .enableWins, .disableWins: try turn(value)
        case .counter, .escrow: try add(value)
        case .maximum, .minimum:
            let wanted = try wholeNumber(value)
            let isReached = number.map { kind == .maximum ? $0 >= wanted : $0 <= wanted } ?? false
            if !isReached { changes = [.bound(kind, key: key, wanted)] }
            after = "\(isReached ? number ?? wanted : wanted)"
        case .report:
            changes = [.report(key: key, value: value.bytes)]
            after = value.shown
        case .log:
            changes = [.append(key: key, value: value.bytes, keeps: keeps)]
            after = value.shown
        }
    }

    private mutating func assign(_ value: ValueBytes, resolves: Bool) throws(Complaint) {
        if kind == .guarded, reading?.isInConflict ?? false, !resolves {
            throw Complaint(
                .keyInConflict, what: "\(name) is guarded and holds \(reading?.live.count ?? 0) values at once",
                remedy: "marram get \(name) shows them; then: marram resolve \(name) --take NODE")
        }
        let live = reading?.live ?? []
        let holdsIt = live.count == 1 && !live[0].operation.isRemoval && live[0].operation.value == value.bytes
        if !holdsIt { changes = [.put(kind, key: key, value: value.bytes, resolves: resolves)] }
        after = value.shown
    }

    private mutating func turn(_ value: ValueBytes) throws(Complaint) {
        let on: Bool
        switch value.text {
        case "on", "true": on = true
        case "off", "false": on = false
        default: throw refused("takes on or off, not \(value.shown)")
        }
        if reading?.shown != .state(on) { changes = [.turn(kind, key: key, on: on)] }
        after = on ? "on" : "off"
    }

    private mutating func add(_ value: ValueBytes) throws(Complaint) {
        let text = value.text ?? ""
        guard text.hasPrefix("+") || text.hasPrefix("-") else {
            throw refused("is added to: write +\(text) or -\(text), not \(text)")
        }
        let amount = try wholeNumber(value)
        guard amount != 0 else { return }
        if kind == .counter {
            changes = [.add(key: key, amount)]
        } else {
            guard amount.magnitude <= Limits.escrowed else {
                throw refused("takes at most \(Limits.escrowed) at once, not \(amount.magnitude)")
            }
            changes = [amount > 0 ? .deposit(key: key, amount.magnitude) : .spend(key: key, amount.magnitude)]
        }
        after = "\((number ?? 0) &+ amount)"
    }

    private func wholeNumber(_ value: ValueBytes) throws(Complaint) -> Int64 {
        guard let text = value.text, let number = Int64(text) else {
            throw refused("takes a whole number of 64 bits, not \(value.shown)")
        }
        return number
    }

    private func checkElement(_ element: [UInt8]) throws(Complaint) {
        guard element.count <= Limits.keyBytes else {
            throw Complaint(
                .valueTooLarge,
                what: "an element of \(name) has \(element.count) bytes, and \(Limits.keyBytes) is the most",
                remedy: "use one key for each, under a common prefix")
        }
    }

    private mutating func remove(_ element: [UInt8]?) throws(Complaint) {
        switch kind {
        case .register, .latest, .guarded:
            guard element == nil else { throw refused("has no elements to delete") }
            if reading?.live.contains(where: { !$0.operation.isRemoval }) ?? false {
                changes = [.remove(kind, key: key)]
            }
            after = nil
        case .addWins, .removeWins:
            let gone = elements.filter { element == nil || $0 == element }
            changes = gone.map { .exclude(kind, key: key, element: $0) }
            after = KeyReading.text(of: elements.filter { !gone.contains($0) })
        case .enableWins, .disableWins:
            guard element == nil else { throw refused("has no elements to delete") }
            if reading?.shown == .state(true) { changes = [.turn(kind, key: key, on: false)] }
            after = reading == nil ? nil : "off"
        case .report:
            guard element == nil else { throw refused("has no elements to delete") }
            // Each node has its own report, and takes back no other.
            let isMine = reading?.live.contains { $0.dot.writer == my && !$0.operation.isRemoval } ?? false
            guard isMine || reading == nil else {
                throw refused("was reported by other nodes, and is theirs to take back")
            }
            changes = isMine ? [.remove(kind, key: key)] : []
            after = nil
        case .log:
            throw Complaint(
                .kindRefused,
                what: "\(name) is a log: its entries are not deleted, but each node can keep fewer of its own",
                remedy: "say how many each node keeps: marram set retain/\(name) 1000")
        case .counter, .maximum, .minimum, .escrow, .growing:
            throw refused("keeps what was written, so nothing of it can be deleted")
        }
    }

    private mutating func become(_ wanted: [[UInt8]]) throws(Complaint) {
        guard [.addWins, .removeWins, .growing].contains(kind) else {
            throw refused("takes one value, not a list of elements")
        }
        var kept: [[UInt8]] = []
        for element in wanted where !kept.contains(element) {
            try checkElement(element)
            kept.append(element)
        }
        let surplus = elements.filter { !kept.contains($0) }
        if kind == .growing, !surplus.isEmpty { throw refused("only grows, so no element can go") }
        changes = kept.filter { !elements.contains($0) }.map { .include(kind, key: key, element: $0) }
        changes += surplus.map { .exclude(kind, key: key, element: $0) }
        after = KeyReading.text(of: kept)
    }

    private func refused(_ what: String) -> Complaint {
        Complaint(.kindRefused, what: "\(name) is a \(ValueKind(kind).rawValue): it \(what)")
    }
}

extension Complaint {
    init(severalKindsOf key: String, _ readings: [KeyReading]) {
        let kinds = readings.map { ValueKind($0.kind).rawValue }
        self.init(
            .kindRefused, what: "\(key) is a \(kinds.joined(separator: " and a ")) at once",
            because: "it was made in several places at the same time, each with another kind",
            remedy: "say which is meant: --kind \(kinds.first ?? "")")
    }
}
