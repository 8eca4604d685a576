/// Which of many things is due first. Each key has at most one deadline; setting it again moves it. Deadlines that fall
/// on the same nanosecond come out in the order of their keys, so that a run replays.
package struct DeadlineHeap<Key: Hashable & Comparable> {
    private var heap: [(deadline: Instant, key: Key)] = []
    private var positions: [Key: Int] = [:]

    package init() {}

    package var count: Int { heap.count }
    package var next: Instant? { heap.isEmpty ? nil : heap[0].deadline }

    package subscript(key: Key) -> Instant? {
        get { positions[key].map { heap[$0].deadline } }
        set {
            switch (positions[key], newValue) {
            case (let index?, let deadline?):
                heap[index].deadline = deadline
                restore(index)
            case (nil, let deadline?):
                heap.append((deadline, key))
                positions[key] = heap.count - 1
                restore(heap.count - 1)
            case (let index?, nil): remove(at: index)
            case (nil, nil): break
            }
        }
    }

    /// Takes out the earliest key that is due at `instant`, or answers nil.
    package mutating func popDue(at instant: Instant) -> Key? {
        guard let first = heap.first, first.deadline <= instant else { return nil }
        remove(at: 0)
        return first.key
    }

    private mutating func remove(at index: Int) {
        positions[heap[index].key] = nil
        let last = heap.removeLast()
        guard index < heap.count else { return }
        heap[index] = last
        positions[last.key] = index
        restore(index)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        let (one, other) = (heap[left], heap[right])
        return one.deadline == other.deadline ? one.key < other.key : one.deadline < other.deadline
    }

    /// Moves the entry at `start` up, or else down, to where the heap's order holds again.
    private mutating func restore(_ start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            exchange(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
        while true {
            var smallest = index
            for child in 2 * index + 1...2 * index + 2 where child < heap.count && isBefore(child, smallest) {
                smallest = child
            }
            guard smallest != index else { return }
            exchange(index, smallest)
            index = smallest
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        positions[heap[left].key] = left
        positions[heap[right].key] = right
    }
}

extension DeadlineHeap: Sendable where Key: Sendable {}
