/// A dictionary that is iterated in the order of its keys, the same in every process. Two parallel arrays: look-up is a
/// binary search, insertion moves what lies behind. Meant for the hundreds to few thousands of entries of a live view.
///
/// Its doors are `@inlinable`, because engines of other modules spend their time here, and only what is inlined is
/// specialised for their keys and values.
@frozen package struct SortedMap<Key: Comparable, Value> {
    @usableFromInline var storedKeys: [Key]
    @usableFromInline var storedValues: [Value]

    @inlinable package init() {
        storedKeys = []
        storedValues = []
    }

    @inlinable package var keys: [Key] { storedKeys }
    @inlinable package var values: [Value] { storedValues }

    @inlinable package var count: Int { storedKeys.count }
    @inlinable package var isEmpty: Bool { storedKeys.isEmpty }

    /// Where `key` is, or where it would be put.
    @inlinable package func position(of key: Key) -> (index: Int, found: Bool) {
        var low = 0
        var high = storedKeys.count
        while low < high {
            let middle = (low + high) / 2
            if storedKeys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < storedKeys.count && storedKeys[low] == key)
    }

    @inlinable package subscript(key: Key) -> Value? {
        get {
            let (index, found) = position(of: key)
            return found ? storedValues[index] : nil
        }
        set {
            let (index, found) = position(of: key)
            switch (found, newValue) {
            case (true, let value?): storedValues[index] = value
            case (true, nil):
                storedKeys.remove(at: index)
                storedValues.remove(at: index)
            case (false, let value?):
                storedKeys.insert(key, at: index)
                storedValues.insert(value, at: index)
            case (false, nil): break
            }
        }
    }

    /// Changes the value of `key` in place; makes it first when there is none.
    @inlinable package mutating func update<Result>(
        _ key: Key, default make: @autoclosure () -> Value, _ change: (inout Value) -> Result
    ) -> Result {
        let (index, found) = position(of: key)
        if !found {
            storedKeys.insert(key, at: index)
            storedValues.insert(make(), at: index)
        }
        return change(&storedValues[index])
    }

    /// Changes the value at an index from `position(of:)` in place.
    @inlinable package mutating func update<Result>(at index: Int, _ change: (inout Value) -> Result) -> Result {
        change(&storedValues[index])
    }

    @inlinable package mutating func removeAll() {
        storedKeys.removeAll(keepingCapacity: true)
        storedValues.removeAll(keepingCapacity: true)
    }
}

extension SortedMap: Sequence {
    @inlinable package func makeIterator() -> Zip2Sequence<[Key], [Value]>.Iterator { zip(keys, values).makeIterator() }
    @inlinable package var underestimatedCount: Int { count }
}

extension SortedMap: Equatable where Value: Equatable {}
extension SortedMap: Hashable where Key: Hashable, Value: Hashable {}
extension SortedMap: Sendable where Key: Sendable, Value: Sendable {}
