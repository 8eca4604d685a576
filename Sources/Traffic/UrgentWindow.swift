/// Which urgent datagrams were handed up: every one comes in several copies. The highest id, and one bit for each of
/// the 64 below it. What is older is taken for a copy: its sender never has so many urgent ones on the way.
struct UrgentWindow: Sendable {
    private var highest: UInt64?
    private var seen: UInt64 = 0

    /// Whether `id` comes for the first time; enters it.
    mutating func enter(_ id: UInt64) -> Bool {
        guard let top = highest else {
            highest = id
            seen = 1
            return true
        }
        if id > top {
            let step = id - top
            seen = step < 64 ? seen << step | 1 : 1
            highest = id
            return true
        }
        let distance = top - id
        guard distance < 64, seen & (1 << distance) == 0 else { return false }
        seen |= 1 << distance
        return true
    }
}
