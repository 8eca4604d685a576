/// A dictionary that is iterated in the order of its keys, the same in every process. Two parallel arrays: look-up is a
/// binary search, insertion moves what lies behind. Meant for the hundreds to few thousands of entries of a live view.
package struct SortedMap<Key: Comparable, Value> {
    package private(set) var keys: [Key]
    package private(set) var values: [Value]

    package init() {
        keys = []
        values = []
    }

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }

    /// Where `key` is, or where it would be put.
    package func position(of key: Key) -> (index: Int, found: Bool) {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < keys.count && keys[low] == key)
    }

    package subscript(key: Key) -> Value? {
        get {
            let (index, found) = position(of: key)
            return found ? values[index] : nil
        }
        set {
            let (index, found) = position(of: key)
            switch (found, newValue) {
            case (true, let value?): values[index] = value
            case (true, nil):
                keys.remove(at: index)
                values.remove(at: index)
            case (false, let value?):
                keys.insert(key, at: index)
                values.insert(value, at: index)
            case (false, nil): break
            }
        }
    }

    /// Changes the value of `key` in place; makes it first when there is none.
    package mutating func update<Result>(
        _ key: Key, default make: @autoclosure () -> Value, _ change: (inout Value) -> Result
    ) -> Result {
        let (index, found) = position(of: key)
        if !found {
            keys.insert(key, at: index)
            values.insert(make(), at: index)
        }
        return change(&values[index])
    }

    /// Changes the value at an index from `position(of:)` in place.
    package mutating func update<Result>(at index: Int, _ change: (inout Value) -> Result) -> Result {
        change(&values[index])
    }

    package mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}

extension SortedMap: Sequence {
    package func makeIterator() -> Zip2Sequence<[Key], [Value]>.Iterator { zip(keys, values).makeIterator() }
    package var underestimatedCount: Int { count }
}

extension SortedMap: Equatable where Value: Equatable {}
extension SortedMap: Hashable where Key: Hashable, Value: Hashable {}
extension SortedMap: Sendable where Key: Sendable, Value: Sendable {}
