/// Sets as arrays whose elements rise: they have one spelling, and nobody meets them in hash order.
extension Array where Element: Comparable {
    /// The elements in order, each once: how every set is written.
    package var risingOnce: [Element] {
        var rising: [Element] = []
        for element in sorted() where rising.last != element { rising.append(element) }
        return rising
    }

    /// Whether the elements are in order, each once.
    package var isRising: Bool {
        for index in indices.dropFirst() where self[index - 1] >= self[index] { return false }
        return true
    }

    /// Whether an array that rises holds `element`.
    package func risingContains(_ element: Element) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == element
    }

    /// Whether all elements of an array that rises are in another that rises.
    package func isSubset(of others: [Element]) -> Bool { allSatisfy(others.risingContains) }
}

extension ByteReader {
    /// A set: a count within `counts` and that many values, which rise strictly.
    @_lifetime(self: copy self)
    package mutating func rising<Value: WireValue & Comparable>(
        of type: Value.Type, in counts: ClosedRange<Int>
    ) throws(DecodeError) -> [Value] {
        let values = try list(of: type, atMost: counts.upperBound)
        guard values.count >= counts.lowerBound else { throw .outOfRange }
        guard values.isRising else { throw .notCanonical }
        return values
    }

    /// A truth, and a value when it is true.
    @_lifetime(self: copy self)
    package mutating func optional<Value: WireValue>(_ type: Value.Type) throws(DecodeError) -> Value? {
        try bool() ? try Value(from: &self) : nil
    }

    /// A number that is counted one by one from one on.
    @_lifetime(self: copy self)
    package mutating func ordinal() throws(DecodeError) -> UInt64 {
        let number = try varint()
        guard (1...Limits.counted).contains(number) else { throw .outOfRange }
        return number
    }

    /// A wall time as it is. Reckoning with it saturates.
    @_lifetime(self: copy self)
    package mutating func wallTime() throws(DecodeError) -> WallTime {
        WallTime(milliseconds: Int64(bitPattern: try u64()))
    }
}

extension ByteWriter {
    package mutating func optional(_ value: (some WireValue)?) {
        bool(value != nil)
        value?.encode(into: &self)
    }

    package mutating func wallTime(_ time: WallTime) { u64(UInt64(bitPattern: time.milliseconds)) }
}
