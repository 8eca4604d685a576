import Base
import Choices
import Testing

@testable import Membership

/// Lets nodes at these places on a plane, in milliseconds, learn from each other for so many rounds; answers the
/// median error of all estimates, in percent.
private func medianError(_ places: [(x: Int, y: Int)], rounds: Int, neighbours: Int) -> Int {
    var random = Random(seed: 7)
    var nodes = places.map { _ in Coordinate() }
    func trip(_ one: Int, _ other: Int) -> Interval {
        let (x, y) = (places[one].x - places[other].x, places[one].y - places[other].y)
        var root = 0
        while root * root < (x * x + y * y) * 1_000_000 { root += 10 }
        return .microseconds(Int64(root + 1_000))
    }
    for _ in 0..<rounds {
        for node in nodes.indices {
            for step in 1...neighbours {
                let other = (node + step * step) % nodes.count
                if other == node { continue }
                let noise = random.interval(in: .zero...trip(node, other) / 20)
                nodes[node].learn(trip(node, other) + noise, to: nodes[other], salt: UInt64(node * 977 + other))
            }
        }
    }
    var errors: [Int] = []
    for one in nodes.indices {
        for other in nodes.indices where other > one {
            let (real, guess) = (trip(one, other).nanoseconds, nodes[one].roundTrip(to: nodes[other]).nanoseconds)
            errors.append(Int((guess - real).magnitude * 100 / UInt64(real)))
        }
    }
    errors.sort()
    return errors[errors.count / 2]
}

@Test func nodesOnAPlaneFindTheirPlaces() {
    var random = Random(seed: 3)
    let places = (0..<30).map { _ in (x: random.below(80), y: random.below(80)) }
    let start = medianError(places, rounds: 0, neighbours: 8)
    let error = medianError(places, rounds: 60, neighbours: 8)
    #expect(start > 90, "before anything is learnt nobody knows anything: \(start) %")
    #expect(error <= 10, "\(error) %")
}

@Test func aLiarMovesNobodyFar() {
    var coordinate = Coordinate()
    var friend = Coordinate()
    for _ in 0..<200 {
        coordinate.learn(.milliseconds(10), to: friend, salt: 1)
        friend.learn(.milliseconds(10), to: coordinate, salt: 2)
    }
    let before = coordinate
    var far = ByteWriter()
    for _ in 0..<3 { far.varint(UInt64(Coordinate.farthest) * 2) }
    far.varint(UInt64(Coordinate.leastHeight))
    far.varint(UInt64(Coordinate.leastError))
    let lie = try? Coordinate(decoding: far.bytes.raw)
    #expect(lie != nil)
    coordinate.learn(.milliseconds(4), to: lie ?? before, salt: 3)
    let moved = before.roundTrip(to: coordinate)
    #expect(moved <= .milliseconds(2), "a quarter of the round trip and what the heights add: \(moved)")
    for _ in 0..<10_000 { coordinate.learn(.nanoseconds(1), to: lie ?? before, salt: 3) }
    #expect(coordinate.errorPercent(to: coordinate) <= 150)
}

@Test func aCoordinateHasOneEncodingAndABoundedOne() throws {
    var coordinate = Coordinate()
    for trip in [3, 30, 300, 3_000, 29_999] as [Int64] {
        coordinate.learn(.milliseconds(trip), to: Coordinate(), salt: UInt64(trip) << 40 | 77)
        let bytes = coordinate.encoded
        #expect(bytes.count <= 24)
        #expect(try Coordinate(decoding: bytes.raw) == coordinate)
    }
    for wrong in [Coordinate.farthest + 1, Int64.max / 2] {
        var writer = ByteWriter()
        writer.varint(UInt64(wrong) * 2)
        for _ in 0..<2 { writer.varint(0) }
        writer.varint(UInt64(Coordinate.leastHeight))
        writer.varint(100)
        #expect(throws: DecodeError.outOfRange) { try Coordinate(decoding: writer.bytes.raw) }
    }
}
