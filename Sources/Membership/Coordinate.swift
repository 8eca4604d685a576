package import Base

/// Where a node stands in a space in which distances are round trips: Vivaldi (Dabek and others, SIGCOMM 2004), with a
/// height for what lies between a node and the first crossroads, as serf has it. Whoever knows two coordinates knows
/// about how long a round trip between their owners takes, though the two never spoke.
///
/// All of it is whole numbers, in sixteenths of a microsecond: the same on every machine, and exact in a recording.
package struct Coordinate: Hashable, Sendable {
    static let unitsPerMicrosecond: Int64 = 16
    /// Three, as the paper found no gain in more; the height does the rest.
    static let dimensions = 3
    /// No place is farther from the middle than this: thirty seconds.
    static let farthest: Int64 = 30_000_000 * unitsPerMicrosecond
    static let leastHeight: Int64 = 10 * unitsPerMicrosecond
    /// Errors are shares in 256ths of the estimate: of a newcomer 150 %, as serf has it, and of nobody less than 2 %.
    static let whole = 256
    static let errorAtStart = 384
    static let leastError = 5
    /// What one round trip changes of the error and of the place, in 256ths: a quarter each, as in the paper.
    private static let step: Int64 = 64
    /// Nobody moves this node in one step by more than this and a quarter of the round trip that was measured. Who
    /// lies about its place can therefore not throw others across the map, and who is near hardly moves them at all.
    private static let nudge: Int64 = 250 * unitsPerMicrosecond

    private(set) var place: [Int64]
    private(set) var height: Int64
    /// How wrong its owner's estimates used to be, in 256ths.
    package private(set) var error: Int

    init() {
        place = [Int64](repeating: 0, count: Self.dimensions)
        height = Self.leastHeight
        error = Self.errorAtStart
    }

    /// The round trip between two owners, estimated.
    package func roundTrip(to other: Coordinate) -> Interval {
        Interval(nanoseconds: distance(to: other) * 1_000 / Self.unitsPerMicrosecond)
    }

    /// By how much an estimate between two owners may be wrong, in percent.
    package func errorPercent(to other: Coordinate) -> Int { max(error, other.error) * 100 / Self.whole }

    private func distance(to other: Coordinate) -> Int64 { Self.length(between(other)) + height + other.height }

    private func between(_ other: Coordinate) -> [Int64] { place.indices.map { place[$0] - other.place[$0] } }

    private static func length(_ vector: [Int64]) -> Int64 {
        var squares: UInt64 = 0
        for part in vector { squares += UInt64(part.magnitude) * UInt64(part.magnitude) }
        return squareRoot(squares)
    }

    /// The whole part, by Newton's way from above.
    private static func squareRoot(_ square: UInt64) -> Int64 {
        guard square > 1 else { return Int64(square) }
        var root: UInt64 = 1 << UInt64((UInt64.bitWidth - square.leadingZeroBitCount + 1) / 2)
        while true {
            let next = (root + square / root) / 2
            if next >= root { return Int64(root) }
            root = next
        }
    }

    /// A round trip to `other` took so long. `salt` says whither when two stand on one spot.
    mutating func learn(_ roundTrip: Interval, to other: Coordinate, salt: UInt64) {
        let measured = roundTrip.nanoseconds * Self.unitsPerMicrosecond / 1_000
        guard measured > 0, measured <= Self.farthest else { return }
        let distance = distance(to: other)
        let weight = Int64(error) * 256 / Int64(error + max(other.error, Self.leastError))
        let wrong = min((distance - measured).magnitude * 256 / UInt64(measured), UInt64(Self.errorAtStart))
        let share = Self.step * weight / 256
        error = Int((Int64(wrong) * share + Int64(error) * (256 - share)) / 256)
        error = min(max(error, Self.leastError), Self.errorAtStart)

        let most = measured / 4 + Self.nudge
        let force = min(max((measured - distance) * share / 256, -most), most)
        var direction = between(other)
        var length = Self.length(direction)
        if length == 0 {
            direction = (0..<Self.dimensions).map { Int64(salt >> UInt64(16 * $0) & 0xFFFF) - 0x8000 }
            length = max(Self.length(direction), 1)
        } else {
            height = max(height + (height + other.height) * force / length, Self.leastHeight)
            height = min(height, Self.farthest)
        }
        for index in place.indices {
            // Divided first where the product might not fit.
            let move = direction[index] * 4_096 / length * force / 4_096
            place[index] = min(max(place[index] + move, -Self.farthest), Self.farthest)
        }
    }
}

extension Coordinate: WireValue {
    /// The sign goes to the lowest bit, so that small numbers are short.
    private static func folded(_ number: Int64) -> UInt64 { UInt64(bitPattern: number << 1 ^ number >> 63) }

    package func encode(into writer: inout ByteWriter) {
        for part in place { writer.varint(Self.folded(part)) }
        writer.varint(UInt64(height))
        writer.varint(UInt64(error))
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        place = []
        for _ in 0..<Self.dimensions {
            let folded = try reader.varint()
            let part = Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
            guard part.magnitude <= UInt64(Self.farthest) else { throw .outOfRange }
            place.append(part)
        }
        height = Int64(try reader.count(atMost: Int(Self.farthest)))
        error = try reader.count(atMost: Self.errorAtStart)
        guard height >= Self.leastHeight, error >= Self.leastError else { throw .outOfRange }
    }
}
