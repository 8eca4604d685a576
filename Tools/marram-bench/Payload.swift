internal import Base
internal import Glibc

/// The bytes that every mover moves and every receiver checks: random, and the same again after so many bytes. The
/// period is a prime number, so that packets of no usual size that change places go unnoticed, and small enough that
/// checking costs next to nothing.
struct Payload {
    static let period = 131_071
    /// The largest piece that lies in one.
    static let largestPiece = 131_072

    let bytes: [UInt8]

    init() {
        var random = Random(seed: 1)
        let once = (0..<Self.period).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes = once + once + once.prefix(Self.largestPiece - Self.period)
    }

    /// Where in `bytes` the piece of `count` bytes lies that begins with the payload's byte `offset`.
    func range(_ count: Int, at offset: Int) -> Range<Int> {
        let start = offset % Self.period
        return start..<start + count
    }
}

/// Looks at what arrives, in order, and measures from the first byte to the last.
struct PayloadCheck {
    private let payload: Payload
    private(set) var byteCount = 0
    private var first: UInt64?
    private var last: UInt64 = 0

    init(_ payload: Payload) { self.payload = payload }

    mutating func take(_ piece: RawSpan) throws(Complaint) {
        guard matches(piece) else {
            throw Complaint(.benchFailed, what: "what arrived behind byte \(byteCount) is not what was sent")
        }
        byteCount += piece.byteCount
        last = nanoseconds()
        if first == nil { first = last }
    }

    private func matches(_ piece: RawSpan) -> Bool {
        var done = 0
        while done < piece.byteCount {
            let count = min(piece.byteCount - done, Payload.largestPiece)
            let range = payload.range(count, at: byteCount + done)
            // Safe: both sides have `count` bytes.
            let isEqual = unsafe piece.withUnsafeBytes { arrived in
                unsafe payload.bytes.withUnsafeBytes { sent in
                    guard let arrived = arrived.baseAddress, let sent = sent.baseAddress else { return false }
                    return unsafe memcmp(arrived + done, sent + range.lowerBound, count) == 0
                }
            }
            guard isEqual else { return false }
            done += count
        }
        return true
    }

    /// What arrived, in the time that it took, or in a window of `seconds` when one was set.
    func figures(seconds: Double? = nil) -> [Figure] {
        let taken = seconds ?? Double(last - (first ?? last)) / 1e9
        let rate = taken > 0 ? Double(byteCount) / taken : 0
        return [
            Figure("bytes", Double(byteCount)),
            Figure("seconds", taken),
            Figure("megabytes_per_second", rate / 1e6),
            Figure("megabits_per_second", rate * 8 / 1e6),
        ]
    }
}
