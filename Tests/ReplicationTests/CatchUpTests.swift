import Base
import Glibc
import Testing

@testable import Replication

/// Two engines, the first of which holds what `writers` wrote; both held the first `shared` operations of it.
private func pair(writers: Int, keys: Int, shared: Int, missing: Int) -> EngineMesh {
    var mesh = EngineMesh(0)
    var corpus = Corpus(writers: writers, keys: keys)
    var time: UInt64 = 1_700_000_000_000
    let genesis = EngineMesh.genesis(max(writers, 2))
    func replica(_ index: Int) -> Replica {
        Replica(namespace: EngineMesh.namespace, me: EngineMesh.name(index), genesis: genesis)
    }
    var full = replica(0)
    // Every writer has written something, so that all of them are in the vectors.
    if shared > 0 {
        for writer in 0..<writers {
            (full.me, full.my) = (EngineMesh.name(writer), Writer(EngineMesh.name(writer)))
            let key = [UInt8(writer % 256), 1, UInt8(writer / 256)]
            let first = try? full.prepare(
                [.put(.register, key: key, value: [1], resolves: false)],
                time: HybridTime(milliseconds: time, counter: 0), quality: .synchronised)
            guard let one = first else { preconditionFailure("nothing forbids this write") }
            full.commit(one, EngineMesh.signature(full.me.author, full.nextID(for: one)))
        }
        (full.me, full.my) = (EngineMesh.name(0), Writer(EngineMesh.name(0)))
        corpus.write(max(0, shared - writers), on: &full, time: &time)
    }
    _ = full.takeFacts()
    var lacking = full
    (lacking.me, lacking.my) = (EngineMesh.name(1), Writer(EngineMesh.name(1)))
    corpus.write(missing, on: &full, time: &time)
    _ = full.takeFacts()
    mesh.add(full)
    mesh.add(lacking)
    return mesh
}

private struct Cost {
    var bytes: Int
    var roundTrips: Double
    var heaviest: Int
    var detail: String
}

/// The second greets the first; from there to the moment when it has everything.
private func catchUp(_ mesh: inout EngineMesh) -> Cost {
    let start = mesh.now.instant
    mesh.perform(.contacts([mesh.id(0)]), 1)
    mesh.run(for: .minutes(30)) { $0.engines[1].replica.vector == $0.engines[0].replica.vector }
    let spent = Double((mesh.now.instant - start - mesh.settings.eager).nanoseconds)
    let detail = mesh.sent.keys.sorted().map { "\($0) \(mesh.sent[$0] ?? (0, 0))" }.joined(separator: ", ")
    return Cost(
        bytes: mesh.bytes, roundTrips: spent / Double(2 * mesh.latency.nanoseconds), heaviest: mesh.heaviest,
        detail: detail)
}

@Test func oneMissingOperationOfAThousandWritersCostsAtMost250Bytes() {
    var mesh = pair(writers: 1_000, keys: 1_000, shared: 2_000, missing: 1)
    let cost = catchUp(&mesh)
    #expect(mesh.isEqual)
    #expect(cost.bytes <= 250, "\(cost)")
}

@Test func aThousandMissingOperationsOfTwentyWritersCostAtMost20Kilobytes() {
    var mesh = pair(writers: 20, keys: 1_000, shared: 2_000, missing: 1_000)
    let cost = catchUp(&mesh)
    #expect(mesh.isEqual)
    #expect(cost.bytes <= 20_000, "\(cost)")
    // The greeting, half a round trip, rides on whatever is said anyway; then heads, a want, and batches.
    #expect(cost.roundTrips <= 0.5 + 1.5 + 0.5, "\(cost)")
}

@Test func equalReplicasSpendAtMost16BytesARound() {
    var mesh = pair(writers: 1_000, keys: 1_000, shared: 2_000, missing: 0)
    var third = mesh.engines[1].replica
    (third.me, third.my) = (EngineMesh.name(2), Writer(EngineMesh.name(2)))
    mesh.add(third)
    mesh.connectAll()
    mesh.run(for: .seconds(900))
    let rounds = mesh.sent["greeting"]?.count ?? 0
    #expect(rounds > 3 * 100)
    #expect(mesh.sent.keys.sorted() == ["acks", "greeting", "same"], "\(mesh.sent)")
    #expect(mesh.bytes <= 16 * rounds, "\(mesh.sent)")
}

/// Bounded steps, and twice as much takes twice as long. 100,000 is what the room promises; a debug build's usual run
/// takes fewer, `MARRAM_OPERATIONS=100000` all.
@Test func catchingUpTakesBoundedStepsAndLinearTime() {
    let count = getenv("MARRAM_OPERATIONS").flatMap { Int(String(cString: $0)) } ?? 4_000
    func measure(_ count: Int) -> (seconds: Double, cost: Cost, isEqual: Bool) {
        var mesh = pair(writers: 40, keys: 10_000, shared: 0, missing: count)
        let start = clock()
        let cost = catchUp(&mesh)
        return (Double(clock() - start) / Double(CLOCKS_PER_SEC), cost, mesh.isEqual)
    }
    let half = measure(count / 2)
    let whole = measure(count)
    #expect(half.isEqual && whole.isEqual)
    #expect(whole.cost.heaviest <= Limits.operations, "\(whole)")
    // 17 bytes an operation of the 100,000, as the room promises; in a short run names and heads weigh more.
    #expect(whole.cost.bytes * 10 <= (count < 100_000 ? 172 : 170) * count, "\(whole)")
    // Twice the work in twice the time, and half as much again for a busy machine.
    #expect(whole.seconds < 3 * half.seconds, "\(half.seconds) s and \(whole.seconds) s, \(whole.cost)")
}
