internal import Base

/// Who observes whom: the members in four circles, each in an order of its own that a hash of their ids gives.
/// Everybody who has the same roster has the same rings, without a vote; who comes or goes moves the edges of its
/// neighbours only.
struct Rings: Sendable {
    /// A seat in one circle.
    private struct Seat: Comparable, Sendable {
        let place: UInt64
        let id: NodeID

        static func < (left: Seat, right: Seat) -> Bool {
            left.place == right.place ? left.id < right.id : left.place < right.place
        }
    }

    static let count = 4

    private var circles: [[Seat]] = Array(repeating: [], count: Rings.count)

    var memberCount: Int { circles[0].count }

    private static func seat(_ id: NodeID, in ring: Int) -> Seat {
        var hash = TraceHash()
        hash.absorb(UInt64(ring))
        hash.absorb(id)
        return Seat(place: hash.value, id: id)
    }

    mutating func insert(_ id: NodeID) {
        for ring in 0..<Self.count {
            let seat = Self.seat(id, in: ring)
            let index = Self.index(of: seat, in: circles[ring])
            if index < circles[ring].count, circles[ring][index].id == id { return }
            circles[ring].insert(seat, at: index)
        }
    }

    mutating func remove(_ id: NodeID) {
        for ring in 0..<Self.count {
            let index = Self.index(of: Self.seat(id, in: ring), in: circles[ring])
            guard index < circles[ring].count, circles[ring][index].id == id else { return }
            circles[ring].remove(at: index)
        }
    }

    /// Those who sit next to `id`, or would if it came, in the order of their ids. Up to `everybodyUpTo` members all of
    /// them do.
    func neighbours(of id: NodeID, everybodyUpTo: Int) -> [NodeID] {
        var found: [NodeID] = []
        if memberCount <= everybodyUpTo {
            found = circles[0].map(\.id).filter { $0 != id }
            found.sort()
            return found
        }
        for ring in 0..<Self.count {
            let circle = circles[ring]
            let index = Self.index(of: Self.seat(id, in: ring), in: circle)
            let isSeated = index < circle.count && circle[index].id == id
            for neighbour in [
                circle[(index + circle.count - 1) % circle.count], circle[(index + (isSeated ? 1 : 0)) % circle.count],
            ]
            where neighbour.id != id && !found.contains(neighbour.id) {
                found.append(neighbour.id)
            }
        }
        found.sort()
        return found
    }

    private static func index(of seat: Seat, in circle: [Seat]) -> Int {
        var low = 0
        var high = circle.count
        while low < high {
            let middle = (low + high) / 2
            if circle[middle] < seat { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
