internal import Glibc

/// What one operation costs.
struct Measurement {
    var nanoseconds: Double
    /// Blocks of memory asked for.
    var allocations: Double

    var perSecond: Double { 1e9 / nanoseconds }

    func megabytesPerSecond(_ byteCount: Int) -> Double { Double(byteCount) * 1e3 / nanoseconds }
    func times(_ floor: Measurement) -> Double { nanoseconds / floor.nanoseconds }
}

/// Measures two things turn by turn: what is asked about, and a floor that no program could beat, such as copying the
/// same bytes. Each is handed a number and does its work so many times.
///
/// The best of many rounds counts. A machine that is busy with something else makes rounds slower, never faster; and
/// since the rounds alternate, a slow minute strikes both.
func measure(_ subject: (Int) -> Void, against floor: (Int) -> Void) -> (subject: Measurement, floor: Measurement) {
    let counts = (subject: operations(subject), floor: operations(floor))
    var best = (subject: round(counts.subject, subject), floor: round(counts.floor, floor))
    for _ in 0..<20 {
        best.floor.improve(round(counts.floor, floor))
        best.subject.improve(round(counts.subject, subject))
    }
    return best
}

extension Measurement {
    fileprivate mutating func improve(_ other: Measurement) {
        nanoseconds = min(nanoseconds, other.nanoseconds)
        allocations = min(allocations, other.allocations)
    }
}

/// How many operations make a round that is long enough for the clock: ten milliseconds.
private func operations(_ work: (Int) -> Void) -> Int {
    var count = 1
    while true {
        let time = round(count, work).nanoseconds * Double(count)
        if time >= 1e7 { return count }
        count = time < 1e6 ? count * 10 : count * 2
    }
}

private func round(_ count: Int, _ work: (Int) -> Void) -> Measurement {
    let allocations = Allocations.count
    let start = nanoseconds()
    work(count)
    let time = nanoseconds() - start
    return Measurement(
        nanoseconds: Double(time) / Double(count),
        allocations: Double(Allocations.count - allocations) / Double(count))
}

/// `CLOCK_MONOTONIC`: not set by anybody, not stopped by this program.
func nanoseconds() -> UInt64 {
    var time = timespec()
    // Safe: the kernel fills in the one structure that it is given.
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Takes a result away from the optimiser, which would otherwise leave out work that nobody looks at.
@inline(never) @_optimize(none)
func keep<Value>(_ value: Value) {}

/// The floor of most benchmarks: `memcpy` of so many bytes.
final class Copying {
    private let source: [UInt8]
    private var target: [UInt8]

    init(_ byteCount: Int) {
        source = [UInt8](repeating: 1, count: byteCount)
        target = [UInt8](repeating: 0, count: byteCount)
    }

    func run(_ count: Int) {
        for _ in 0..<count {
            unsafe source.withUnsafeBytes { bytes in
                unsafe target.withUnsafeMutableBytes { unsafe $0.copyMemory(from: bytes) }
            }
            keep(target.first)
        }
    }
}
