internal import Base
internal import Crypto

extension Bench {
    /// BLAKE2b, by which everything is named, and what the SHA-2 of other programs' formats costs beside it.
    static let hash = Bench(
        name: "hash", measures: "hash pieces of 64 bytes and of 64 KiB, against copying them"
    ) {
        func cost(_ byteCount: Int) -> (subject: Measurement, floor: Measurement) {
            let bytes = [UInt8](repeating: 7, count: byteCount)
            return measure(
                { count in for _ in 0..<count { keep(Digest(hashing: bytes.raw)) } },
                against: Copying(byteCount).run)
        }
        let small = cost(64)
        let large = cost(65_536)
        let bytes = [UInt8](repeating: 7, count: 65_536)
        let border = measure(
            { count in for _ in 0..<count { keep(HashFunction.sha256.hash(bytes.raw)) } },
            against: { count in for _ in 0..<count { keep(Digest(hashing: bytes.raw)) } })

        return [
            Figure("nanoseconds_per_64_bytes", small.subject.nanoseconds),
            Figure("mallocs_per_hash", small.subject.allocations),
            Figure("megabytes_per_second", large.subject.megabytesPerSecond(65_536)),
            Figure("hash_times_copy", large.subject.times(large.floor)),
            Figure("sha256_megabytes_per_second", border.subject.megabytesPerSecond(65_536)),
            Figure("sha256_times_blake2b", border.subject.times(border.floor)),
        ]
    }
}
