internal import Base
internal import Crypto

/// Giving what others lack: a window of it in the order in which it came here, so that nothing is given long before
/// what it rests on; writer by writer within the window, so that one signature vouches for many.
extension ReplicationEngine {
    struct Service {
        struct Range {
            var writer: Writer
            /// From behind this one, to this one.
            var after: UInt64
            var end: UInt64
        }

        var seed: UInt32
        var ranges: [Range]
        var hasMore: Bool
        var isFirst = true
        /// Bytes given so far.
        var given = 0
        /// Of whom the reader has nothing.
        var strangers: [Writer]
    }

    mutating func takeWant(_ want: Want, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let names = ShortNames(spoken.dots.map(\.writer), seed: want.seed)
        let heads = want.after.compactMap { head in names[head.short].map { Dot($0, head.sequence) } }
        give(heads, seed: want.seed, to: peer, at: now, into: &outbox)
    }

    /// Begins to give what lies behind these, all in which the reader is behind.
    mutating func give(
        _ known: [Dot], seed: UInt32, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        // Who is being given something asks again because it is slow to come.
        guard !known.isEmpty, services[peer] == nil, roads[peer] == nil,
            services.count < Limits.replicationServices
        else { return }
        var reader = spoken
        for dot in known { reader[dot.writer] = dot.sequence }
        guard replica.mayTakeLogs(above: replica.floor, of: reader),
            known.allSatisfy({ $0.sequence >= replica.logs[$0.writer]?.base ?? 0 })
        else { return outbox.put(.send(.below, to: peer)) }
        services[peer] = service(known, seed: seed)
        isDue = isDue ?? now.instant
    }

    private func service(_ known: [Dot], seed: UInt32) -> Service {
        var ranges: [Service.Range] = []
        for dot in known.sorted() where ranges.last?.writer != dot.writer {
            ranges.append(Service.Range(writer: dot.writer, after: dot.sequence, end: spoken[dot.writer]))
        }
        ranges.removeAll { $0.end <= $0.after }
        let total = ranges.reduce(0) { $0 + Int($1.end - $1.after) }
        let strangers = known.filter { $0.sequence == 0 }.map(\.writer).sorted()
        let hasMore = total > settings.window
        if hasMore { cut(&ranges) }
        return Service(seed: seed, ranges: ranges, hasMore: hasMore, strangers: strangers)
    }

    /// Takes of all ranges what came here first.
    private func cut(_ ranges: inout [Service.Range]) {
        let logs = ranges.compactMap { replica.logs[$0.writer] }
        func end(_ index: Int, _ latest: UInt64) -> UInt64 {
            let range = ranges[index]
            var (low, high) = (range.after, range.end)
            while low < high {
                let middle = (low + high + 1) / 2
                if logs[index].arrival(of: middle) <= latest { low = middle } else { high = middle - 1 }
            }
            return low
        }
        var (low, high) = (UInt64(0), replica.arrivals)
        while low < high {
            let middle = (low + high + 1) / 2
            let count = ranges.indices.reduce(0) { $0 + Int(end($1, middle) - ranges[$1].after) }
            if count <= settings.window { low = middle } else { high = middle - 1 }
        }
        let ends = ranges.indices.map { end($0, low) }
        for index in ranges.indices { ranges[index].end = ends[index] }
        ranges.removeAll { $0.end <= $0.after }
    }

    /// One step of giving: one batch to one peer.
    mutating func serveOn(at now: Now, into outbox: inout Outbox<Effect>) {
        let ready = services.keys.filter { roads[$0] != .full }
        guard let peer = ready.first(where: { $0 > lastServed ?? $0 }) ?? ready.first, var service = services[peer]
        else { return }
        lastServed = peer
        let runs = fill(&service)
        let pack = pack(runs, seed: service.seed, strangers: service.strangers)
        service.given += pack.bytes.count
        if service.given >= settings.answerBytes, !service.ranges.isEmpty {
            service.ranges = []
            service.hasMore = true
        }
        let batch = Batch(
            seed: service.seed, isFirst: service.isFirst, isLast: service.ranges.isEmpty, hasMore: service.hasMore,
            pack: pack)
        service.isFirst = false
        services[peer] = service.ranges.isEmpty ? nil : service
        if services.keys.contains(where: { roads[$0] != .full }) { isDue = isDue ?? now.instant }
        if !runs.isEmpty { outbox.put(.send(.batch(batch), to: peer)) }
    }

    func pack(_ runs: [Run], seed: UInt32, strangers: [Writer]) -> Pack {
        let names = ShortNames(spoken.dots.map(\.writer), seed: seed)
        return Pack(runs, seed: seed) { writer in
            spoken[writer] > 0 && names[Pack.short(writer, seed: seed)] == writer
                && strangers.binarySearch(writer) == nil
        }
    }

    /// A step's weight of runs off the front of the ranges.
    private func fill(_ service: inout Service) -> [Run] {
        var runs: [Run] = []
        var (weight, size) = (0, 0)
        while let range = service.ranges.first {
            guard let run = nextRun(range, weight: Limits.operations - weight) else {
                service.ranges.removeFirst()
                continue
            }
            let (more, bytes) = replica.measure(run)
            if !runs.isEmpty, weight + more > Limits.operations || size + bytes > Limits.runBytes { break }
            runs.append(run)
            weight += more
            size += bytes
            service.ranges[0].after = run.last
            if run.last >= range.end { service.ranges.removeFirst() }
            if weight >= Limits.operations { break }
        }
        return runs
    }

    /// A run may go beyond its range where no signature lets it end within, but not beyond what the disk has.
    private func nextRun(_ range: Service.Range, weight: Int) -> Run? {
        let weight = max(weight, 1)
        return replica.run(of: range.writer, after: range.after, weight: weight, upTo: range.end)
            ?? replica.run(of: range.writer, after: range.after, weight: weight, upTo: spoken[range.writer])
    }
}

extension Replica {
    /// Operations and bytes.
    func measure(_ run: Run) -> (weight: Int, size: Int) {
        guard let log = logs[Writer(run.name)], let start = log.index(of: run.first), let end = log.index(of: run.last)
        else { return (0, 0) }
        return log.entries[start...end].reduce(into: (0, 0)) { sum, entry in
            sum.0 += entry.weight
            sum.1 += Int(entry.size)
        }
    }

    /// Whether a reader who knows so much may be given logs.
    func mayTakeLogs(above floor: VersionVector, of reader: VersionVector) -> Bool {
        bug == .noFloor || isMet(floor, by: reader)
    }
}

extension [Writer] {
    /// The place of a writer in a rising list.
    func binarySearch(_ writer: Writer) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < writer { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == writer ? low : nil
    }
}
