import Base
import Choices
import Testing

@testable import Replication

/// A few writers over one slot: each writes knowing what it has seen, sees some of what others wrote, writes again.
private func history(_ kind: Kind, _ tape: inout Tape) -> (all: [Held], replicas: [Slot]) {
    let id = SlotID(kind: kind.rawValue, key: [1], element: [])
    let writers = (0..<3).map { Writer(high: 0, low: UInt64($0 + 1)) }
    var replicas = writers.map { _ in Slot(id) }
    var all: [Held] = []
    for _ in 0..<tape.range(0...14) {
        let one = tape.below(3)
        if tape.bool() {
            let mine = all.filter { $0.dot.writer == writers[one] }
            // An entry of a log may claim to close anything.
            let context = kind == .log ? claim(writers, &tape) : replicas[one].context
            let operation = Operation(
                kind, key: [1], value: value(kind, &tape), isRemoval: tape.below(3) == 2, context: context)
            let held = Held(
                dot: Dot(writers[one], UInt64(mine.count + 1)), time: HybridTime(bits: UInt64(tape.below(4))),
                quality: ClockQuality(rawValue: UInt8(tape.below(4))) ?? .unknown, operation: operation)
            all.append(held)
            replicas[one].take(held)
        } else {
            let other = replicas[tape.below(3)]
            replicas[one].merge(other)
        }
    }
    return (all, replicas)
}

private func claim(_ writers: [Writer], _ tape: inout Tape) -> VersionVector {
    var claim = VersionVector()
    for writer in writers where tape.bool() { claim[writer] = UInt64(tape.below(8)) }
    return claim
}

private func value(_ kind: Kind, _ tape: inout Tape) -> [UInt8] {
    if kind == .escrow {
        var account = EscrowAccount()
        account.added = UInt64(tape.below(50))
        account.spent = UInt64(tape.below(50))
        account.give(UInt64(tape.below(3)), to: Writer(high: 0, low: UInt64(tape.range(1...3))))
        return account.encoded
    }
    return Number(value: Int64(tape.range(-20...20))).bytes
}

@Test(arguments: Kind.allCases) func mergingIsCommutativeAssociativeAndIdempotent(kind: Kind) throws {
    try Property.check("merge of \(kind)") { tape in
        let (_, slots) = history(kind, &tape)
        func merged(_ parts: Slot...) -> Slot {
            var result = parts[0]
            for part in parts.dropFirst() { result.merge(part) }
            return result
        }
        let (a, b, c) = (slots[0], slots[1], slots[2])
        try require(merged(a, b) == merged(b, a), "the order of two matters")
        try require(merged(merged(a, b), c) == merged(a, merged(b, c)), "the grouping of three matters")
        try require(merged(a, a, b, a) == merged(a, b), "repetition matters")
    }
}

@Test(arguments: Kind.allCases) func whatIsShownIsThePureFunctionOfTheOperations(kind: Kind) throws {
    try Property.check("pure reading of \(kind)") { tape in
        var (all, _) = history(kind, &tape)
        // In any order, some of them twice, and some of no effect.
        let voids = all.filter { _ in tape.below(5) == 4 }.map(\.dot)
        for index in all.indices.dropFirst().reversed() { all.swapAt(index, tape.below(index + 1)) }
        var slot = Slot(SlotID(kind: kind.rawValue, key: [1], element: []))
        for held in all {
            slot.take(held)
            if tape.bool() { slot.take(held) }
        }
        slot.judge { voids.contains($0.dot) }
        // Who claims to have seen itself has seen nothing.
        let counting = slot.held.filter { held in
            !voids.contains(held.dot) && held.operation.context[held.dot.writer] < held.dot.sequence
        }
        let pure = counting.filter { held in !counting.contains { slot.supersedes($0, held) } }
        try require(slot.live == pure, "\(slot.live.map(\.dot)) is shown, \(pure.map(\.dot)) is right")
        try require(slot.held.count == Set(all.map(\.dot)).count, "something was lost or doubled")
    }
}

@Test func nobodyClosesTheEntriesOfAnother() throws {
    try Property.check("closing") { tape in
        let (all, _) = history(.log, &tape)
        var slot = Slot(SlotID(kind: Kind.log.rawValue, key: [1], element: []))
        for held in all { slot.take(held) }
        let live = slot.live
        for held in all where held.counts && !live.contains(held) {
            let closers = all.filter { other in
                other.counts && other.dot.writer == held.dot.writer && other.dot.sequence > held.dot.sequence
                    && other.operation.context[held.dot.writer] >= held.dot.sequence
            }
            try require(!closers.isEmpty, "\(held.dot) is gone, and its writer has not closed it")
        }
    }
}

/// Two writers who do not know of each other, one adding and one removing.
private func concurrent(_ kind: Kind) -> Slot {
    var slot = Slot(SlotID(kind: kind.rawValue, key: [1], element: [2]))
    for (number, isRemoval) in [(UInt64(1), false), (2, true)] {
        slot.take(
            Held(
                dot: Dot(Writer(high: 0, low: number), 1), time: HybridTime(bits: number), quality: .unknown,
                operation: Operation(kind, key: [1], element: [2], isRemoval: isRemoval)))
    }
    return slot
}

@Test func addWinsWhereItShouldAndRemoveWinsWhereItShould() {
    #expect(concurrent(.addWins).isPresent && concurrent(.enableWins).isPresent)
    #expect(!concurrent(.removeWins).isPresent && !concurrent(.disableWins).isPresent)
    #expect(!Slot(SlotID(kind: Kind.disableWins.rawValue, key: [1], element: [])).isPresent)
}

@Test func aGuardedValueInConflictIsNobodysToActUpon() {
    var slot = concurrent(.guarded)
    #expect(slot.isInConflict && slot.undisputed == nil)
    slot.take(
        Held(
            dot: Dot(Writer(high: 0, low: 3), 1), time: HybridTime(bits: 0), quality: .unknown,
            operation: Operation(.guarded, key: [1], element: [2], value: [9], context: slot.context)))
    #expect(slot.undisputed?.operation.value == [9])
}

@Test func aClockOfTheYear2099IsOvertakenByWhoeverHasSeenIt() {
    var slot = Slot(SlotID(kind: Kind.latest.rawValue, key: [1], element: []))
    let far = HybridTime(milliseconds: 4_086_000_000_000, counter: 0)
    func take(_ number: UInt64, _ time: HybridTime, _ quality: ClockQuality, _ context: VersionVector) {
        slot.take(
            Held(
                dot: Dot(Writer(high: 0, low: number), 1), time: time, quality: quality,
                operation: Operation(.latest, key: [1], value: [UInt8(number)], context: context)))
    }
    take(1, far, .unknown, VersionVector())
    take(2, HybridTime(milliseconds: 5, counter: 0), .synchronised, VersionVector())
    #expect(slot.latest?.operation.value == [2], "a clock that can be trusted comes before one that cannot")
    take(3, HybridTime(bits: 0), .unknown, slot.context)
    #expect(slot.latest?.operation.value == [3], "what has seen another takes its place, whatever clocks say")
}

@Test func countersAddUpAndBoundsHold() {
    var counter = Slot(SlotID(kind: Kind.counter.rawValue, key: [1], element: []))
    var largest = Slot(SlotID(kind: Kind.maximum.rawValue, key: [1], element: []))
    for (writer, sequence, value) in [(UInt64(1), UInt64(1), Int64(5)), (1, 2, 3), (2, 1, -7)] {
        for kind in [Kind.counter, .maximum] {
            let held = Held(
                dot: Dot(Writer(high: 0, low: writer), sequence), time: HybridTime(bits: 0), quality: .unknown,
                operation: Operation(kind, key: [1], value: Number(value: value).bytes))
            if kind == .counter { counter.take(held) } else { largest.take(held) }
        }
    }
    #expect(counter.number == 3 - 7)
    #expect(largest.number == 5)
}

@Test func everyNumberIsReadAsItWasWritten() throws {
    try Property.check("numbers") { tape in
        let number = Number(value: Int64(bitPattern: tape.word()))
        try require(Number(number.bytes) == number, "\(number) came back as something else")
    }
    #expect(Number([0xFF]).value == 0 && Number([]).value == 0)
}
