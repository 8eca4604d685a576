import Base
import Testing

/// The same promises, kept by looking at everything each time.
private struct NaiveDeadlines {
    var deadlines: [(key: Int, deadline: Instant)] = []

    subscript(key: Int) -> Instant? {
        get { deadlines.first { $0.key == key }?.deadline }
        set {
            deadlines.removeAll { $0.key == key }
            if let newValue { deadlines.append((key, newValue)) }
        }
    }

    var first: (key: Int, deadline: Instant)? {
        deadlines.min { ($0.deadline, $0.key) < ($1.deadline, $1.key) }
    }

    mutating func popDue(at instant: Instant) -> Int? {
        guard let first, first.deadline <= instant else { return nil }
        self[first.key] = nil
        return first.key
    }
}

@Test(arguments: 0..<50 as Range<UInt64>)
func aHeapAgreesWithLookingAtEverything(_ seed: UInt64) throws {
    var random = Random(seed: seed)
    var heap = DeadlineHeap<Int>()
    var model = NaiveDeadlines()
    for _ in 0..<400 {
        let key = random.below(30)
        // Few distinct instants, so that ties are common.
        let instant = Instant(nanoseconds: UInt64(random.below(20)))
        switch random.below(8) {
        case 0...3:
            heap[key] = instant
            model[key] = instant
        case 4:
            heap[key] = nil
            model[key] = nil
        case 5: try #require(heap[key] == model[key])
        default: try #require(heap.popDue(at: instant) == model.popDue(at: instant))
        }
        try #require(heap.next == model.first?.deadline)
        try #require(heap.count == model.deadlines.count)
    }
    while let expected = model.popDue(at: Instant(nanoseconds: .max)) {
        try #require(heap.popDue(at: Instant(nanoseconds: .max)) == expected)
    }
    try #require(heap.next == nil)
}

@Test func nothingIsDueBeforeItsTime() {
    var heap = DeadlineHeap<String>()
    heap["probe"] = Instant(nanoseconds: 10)
    #expect(heap.popDue(at: Instant(nanoseconds: 9)) == nil)
    #expect(heap.popDue(at: Instant(nanoseconds: 10)) == "probe")
    #expect(heap.popDue(at: Instant(nanoseconds: 10)) == nil)
}

@Test func settingADeadlineAgainMovesIt() {
    var heap = DeadlineHeap<String>()
    heap["a"] = Instant(nanoseconds: 1)
    heap["b"] = Instant(nanoseconds: 2)
    heap["a"] = Instant(nanoseconds: 3)
    #expect(heap.count == 2)
    #expect(heap.popDue(at: .zero + .seconds(1)) == "b")
    #expect(heap.popDue(at: .zero + .seconds(1)) == "a")
}
