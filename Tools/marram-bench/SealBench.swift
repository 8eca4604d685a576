internal import Base
internal import Crypto

extension Bench {
    /// What every datagram pays: its seal on one side, its opening on the other.
    static let seal = Bench(
        name: "seal", measures: "seal and open a datagram of 300 bytes in place, against hashing and copying it"
    ) {
        var entropy = Entropy.seeded(1)
        let key = SealingKey(SecretBytes(from: &entropy))
        let header = 16
        var opened = 0

        /// Seals and opens packets of this size, and answers what a pair of the two costs.
        func cost(_ byteCount: Int, against floor: (Int) -> Void) -> (subject: Measurement, floor: Measurement) {
            var packet = [UInt8](repeating: 7, count: byteCount)
            var counter: UInt64 = 0
            return measure(
                { count in
                    var span = packet.mutableRaw
                    for _ in 0..<count {
                        counter += 1
                        key.seal(&span, after: header, counter: counter)
                        if let text = try? key.open(&span, after: header, counter: counter) { opened += text.count }
                    }
                }, against: floor)
        }
        let datagram = 300
        let bytes = [UInt8](repeating: 7, count: datagram)
        let small = cost(datagram, against: Copying(datagram).run)
        let beside = cost(datagram) { count in
            for _ in 0..<count { keep(Digest(hashing: bytes.raw)) }
        }
        let large = cost(16_384, against: Copying(16_384).run)
        keep(opened)

        return [
            Figure("datagrams_per_second", small.subject.perSecond),
            Figure("nanoseconds_per_datagram", small.subject.nanoseconds),
            Figure("mallocs_per_datagram", small.subject.allocations),
            Figure("datagram_times_copy", small.subject.times(small.floor)),
            Figure("datagram_times_hash", beside.subject.times(beside.floor)),
            Figure("record_megabytes_per_second", large.subject.megabytesPerSecond(16_384)),
            Figure("record_times_copy", large.subject.times(large.floor)),
        ]
    }
}
