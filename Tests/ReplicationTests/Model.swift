import Base

/// The reference: registers over logs, collection by epochs, eviction and return, with the rules written down as simply
/// as can be. It knows no bytes, no hashes and no bounds. The replica must agree with it at every step.
typealias Known = SIMD8<Int32>

func reaches(_ left: Known, _ right: Known) -> Bool { all(left .>= right) }
func highest(_ left: Known, _ right: Known) -> Known { pointwiseMax(left, right) }

struct ModelOperation: Equatable {
    var author: Int
    var sequence: Int32
    var key: Int
    /// Nil: a deletion.
    var value: Int?
    var context: Known
    var epoch: Int
    /// What its writer really knew, which only the checks look at.
    var past: Known

    var dot: ModelDot { ModelDot(author: author, sequence: sequence) }
    func covers(_ dot: ModelDot) -> Bool { context[dot.author] >= dot.sequence }
}

struct ModelDot: Hashable, Comparable {
    var author: Int
    var sequence: Int32
    static func < (left: ModelDot, right: ModelDot) -> Bool {
        (left.author, left.sequence) < (right.author, right.sequence)
    }
}

struct ModelEpoch: Equatable {
    var roster: Set<Int>
    var cut: (member: Int, at: Int32)?
    var admitted: (member: Int, floor: Known)?

    static func == (left: ModelEpoch, right: ModelEpoch) -> Bool { left.roster == right.roster }
}

struct ModelReplica {
    let me: Int
    var known = Known()
    var operations: [ModelOperation] = []
    var epochs: [ModelEpoch]
    var acks: [Int: (epoch: Int, known: Known)] = [:]
    var floor = Known()
    /// Deletions that this replica has forgotten; only the checks look at them.
    var forgotten: Set<ModelDot> = []

    var epoch: Int { epochs.count - 1 }
    var roster: Set<Int> { epochs[epochs.count - 1].roster }

    static func isValid(_ operation: ModelOperation, _ epochs: [ModelEpoch]) -> Bool {
        guard operation.epoch < epochs.count, epochs[operation.epoch].roster.contains(operation.author) else {
            return false
        }
        return !epochs[(operation.epoch + 1)...].contains { epoch in
            epoch.cut.map { $0.member == operation.author && operation.sequence > $0.at } ?? false
        }
    }

    static func view(_ operations: [ModelOperation], _ epochs: [ModelEpoch]) -> [[String]] {
        let valid = operations.filter { isValid($0, epochs) }
        return (0..<3).map { key in
            let here = valid.filter { $0.key == key }
            return here.filter { one in one.value != nil && !here.contains { $0.covers(one.dot) } }
                .sorted { $0.dot < $1.dot }
                .map { "\($0.author).\($0.sequence)=\($0.value ?? 0)" }
        }
    }

    var view: [[String]] { Self.view(operations, epochs) }

    mutating func acknowledge() { acks[me] = (epoch, known) }

    var mayWrite: Bool {
        guard roster.contains(me) else { return false }
        return epochs.allSatisfy { epoch in
            epoch.admitted.map { $0.member != me || reaches(known, $0.floor) } ?? true
        }
    }

    mutating func write(_ key: Int, _ value: Int?) -> ModelOperation? {
        guard mayWrite else { return nil }
        var context = Known()
        for one in operations where one.key == key && Self.isValid(one, epochs) {
            context = highest(context, one.context)
            context[one.author] = max(context[one.author], one.sequence)
        }
        let operation = ModelOperation(
            author: me, sequence: known[me] + 1, key: key, value: value, context: context, epoch: epoch, past: known)
        known[me] += 1
        operations.append(operation)
        acknowledge()
        return operation
    }

    func isStable(_ operation: ModelOperation) -> Bool {
        guard reaches(known, operation.context) else { return false }
        for epoch in epochs { if let cut = epoch.cut, known[cut.member] < cut.at { return false } }
        return roster.allSatisfy { member in
            guard let ack = acks[member], ack.epoch == epoch else { return false }
            return ack.known[operation.author] >= operation.sequence && reaches(ack.known, operation.context)
                && known[member] >= ack.known[member]
        }
    }

    /// Whether an operation that `successor` covers covers something else that `successor` does not: whoever wrote the
    /// successor had forgotten both.
    func hides(_ other: ModelOperation, _ successor: ModelOperation) -> Bool {
        Self.isValid(other, epochs)
            && operations.contains { third in
                third.key == other.key && third.dot != other.dot && other.covers(third.dot)
                    && !successor.covers(third.dot)
            }
    }

    /// `rank` says in which order the operations are looked at: a deletion that something newer has taken the place of
    /// may be forgotten as one or as the other, and the floor tells.
    mutating func collect(rank: [Int]) {
        for one in operations.sorted(by: { (rank[$0.author], $0.sequence) < (rank[$1.author], $1.sequence) }) {
            guard operations.contains(where: { $0.dot == one.dot }), isStable(one) else { continue }
            guard Self.isValid(one, epochs) else {
                operations.removeAll { $0.dot == one.dot }
                continue
            }
            let replica = self
            operations.removeAll { other in
                other.key == one.key && other.dot != one.dot && one.covers(other.dot) && replica.isStable(other)
                    && !replica.hides(other, one)
            }
            guard one.value == nil, !operations.contains(where: { $0.key == one.key && one.covers($0.dot) }) else {
                continue
            }
            operations.removeAll { $0.dot == one.dot }
            forgotten.insert(one.dot)
            var past = one.context
            past[one.author] = max(past[one.author], one.sequence)
            floor = highest(floor, past)
        }
    }

    mutating func take(_ operation: ModelOperation) {
        if !operations.contains(where: { $0.dot == operation.dot }) { operations.append(operation) }
    }

    /// What the other knows about who has what.
    mutating func hear(_ other: ModelReplica) {
        acknowledge()
        for member in other.acks.keys.sorted() where member != me {
            guard let ack = other.acks[member], ack.epoch <= epoch else { continue }
            if let mine = acks[member], (mine.epoch, mine.known.wrappedSum()) >= (ack.epoch, ack.known.wrappedSum()) {
                continue
            }
            acks[member] = ack
        }
    }

    mutating func takeLog(of author: Int, upTo end: Int32, from other: ModelReplica) {
        for one in other.operations where one.author == author && one.sequence > known[author] && one.sequence <= end {
            take(one)
        }
        known[author] = max(known[author], end)
    }

    mutating func adopt(_ other: ModelReplica) {
        let before = known
        for one in other.operations where one.sequence > before[one.author] { take(one) }
        operations.removeAll { one in
            other.known[one.author] >= one.sequence && !other.operations.contains { $0.dot == one.dot }
        }
        known = highest(known, other.known)
        floor = highest(floor, other.floor)
    }
}
