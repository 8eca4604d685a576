/// The last `capacity` elements put in, oldest first. Full, it forgets the oldest.
package struct Ring<Element> {
    private var storage: [Element] = []
    private var start = 0
    package let capacity: Int

    package init(capacity: Int) {
        precondition(capacity > 0, "a ring that keeps nothing")
        self.capacity = capacity
    }

    package var count: Int { storage.count }
    package var isEmpty: Bool { storage.isEmpty }
    package var last: Element? { isEmpty ? nil : self[count - 1] }

    /// The element `index` places after the oldest.
    package subscript(index: Int) -> Element {
        // Without this, an index too large would wrap round to an element that is there.
        precondition(storage.indices.contains(index), "a ring of \(storage.count) elements has no element \(index)")
        return storage[(start + index) % storage.count]
    }

    /// Puts `element` in; answers the one forgotten for it.
    @discardableResult
    package mutating func put(_ element: Element) -> Element? {
        guard storage.count == capacity else {
            storage.append(element)
            return nil
        }
        let forgotten = storage[start]
        storage[start] = element
        start = (start + 1) % capacity
        return forgotten
    }

    package mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        start = 0
    }
}

extension Ring: Sequence {
    package func makeIterator() -> AnyIterator<Element> {
        var index = 0
        return AnyIterator {
            guard index < count else { return nil }
            defer { index += 1 }
            return self[index]
        }
    }
}

extension Ring: Sendable where Element: Sendable {}
