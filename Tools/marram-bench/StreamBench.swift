internal import Base
internal import Simulation
internal import Traffic

extension Bench {
    /// Streams over simulated paths: how near they come to what a lossy path can carry, how they share a path with TCP,
    /// and what a packet costs. The two are measured in simulated time, so every machine prints the same.
    static let stream = Bench(
        name: "stream",
        measures: "10 MB over paths that lose 45 %, beside TCP, the cost of a packet, and 1 GiB over loopback"
    ) { () throws(Complaint) in lossyOverLimit() + tcpShare() + packetCost() + (try loopbackFigures()) }

    private static let bytes = 10_000_000
    private static let seeds: ClosedRange<UInt64> = 1...20

    /// Goodput over (1 − p) × capacity, from the first packet to the last byte, the rate found by itself.
    private static func lossyOverLimit() -> [Figure] {
        var figures: [Figure] = []
        var least = 1.0
        for megabits in [2, 10] {
            for roundTrip in [50, 600] {
                var ratios: [Double] = []
                for seed in seeds {
                    var plan = TransferPlan(
                        megabits: Double(megabits), roundTrip: .milliseconds(Int64(roundTrip)), lossPercent: 45,
                        bytes: bytes)
                    plan.seed = seed
                    plan.compares = false
                    let seconds = Transfer.run(plan).seconds ?? .infinity
                    ratios.append(Double(bytes) / seconds / (0.55 * Double(megabits) * 125_000))
                }
                ratios.sort()
                let name = "lossy_over_limit_\(megabits)mbit_\(roundTrip)ms"
                figures.append(Figure(name, ratios[ratios.count / 2]))
                figures.append(Figure("\(name)_least", ratios[0]))
                least = min(least, ratios[ratios.count / 2])
            }
        }
        return [Figure("lossy_over_limit", least)] + figures
    }

    /// What TCP and a line get of 10 Mbit/s in a minute together, for either to be first and three sizes of the queue.
    /// The least of all is what counts.
    private static func tcpShare() -> [Figure] {
        var figures: [Figure] = []
        for (service, name) in [(Service.normal, "normal"), (.scavenger, "scavenger")] {
            for kind in RivalKind.allCases {
                var tcp = 1.0
                var line = 1.0
                for queue in [31_250, 62_500, 125_000] {
                    for isLineFirst in [true, false] {
                        let shares = share(service, kind, queue: queue, isLineFirst: isLineFirst)
                        tcp = min(tcp, shares.tcp)
                        line = min(line, shares.line)
                    }
                }
                figures.append(Figure("tcp_share_\(kind.rawValue)_\(name)", tcp))
                figures.append(Figure("line_share_\(kind.rawValue)_\(name)", line))
            }
        }
        return figures
    }

    /// The second comes five seconds after the first; only the minute that they have together counts.
    private static func share(
        _ service: Service, _ kind: RivalKind, queue: Int, isLineFirst: Bool
    ) -> (tcp: Double, line: Double) {
        var plan = TransferPlan(
            megabits: 10, roundTrip: .milliseconds(50), queueBytes: queue, lossPercent: 0, bytes: 1 << 30)
        plan.service = service
        plan.rival = kind
        plan.compares = false
        if isLineFirst { plan.rivalBegins = .seconds(5) } else { plan.lineBegins = .seconds(5) }
        plan.longest = .seconds(5)
        let alone = Transfer.run(plan)
        plan.longest = .seconds(65)
        let both = Transfer.run(plan)
        let capacity = 60 * 1_250_000.0
        return (
            Double(both.rivalReceived - alone.rivalReceived) / capacity,
            Double(both.received - alone.received) / capacity
        )
    }

    /// Both ends of a packet: written, read, acknowledged, its bytes taken from a writer and given to a reader.
    private static func packetCost() -> [Figure] {
        [1_200, 65_000].flatMap { size -> [Figure] in
            guard let pump = try? PacketPump(packetBytes: size) else { return [] }
            precondition(pump.packetBytes == size, "nothing stands between the lines that would not carry the size")
            let copying = Copying(size)
            let cost = measure(pump.run, against: copying.run)
            return [
                Figure("nanoseconds_per_packet_\(size)", cost.subject.nanoseconds),
                Figure("packet_times_copy_\(size)", cost.subject.times(cost.floor)),
                Figure("mallocs_per_packet_\(size)", cost.subject.allocations),
            ]
        }
    }
}
