import Base
import Crypto
import Disk
import Glibc
import Replication
import Testing

/// A node that writes keys on a disk whose power goes in the middle of every single operation in turn. What it was told
/// is written must be there afterwards; what was on its way must be there whole or not at all; and the log that is
/// found must be one that its writer's last signature vouches for.
private struct ReplicaSweep {
    let batches: [[Fact]]
    /// What the store comes to after none, one, two … of the writes.
    let states: [[UInt8]]
    var settings = Connection.Settings(checkpointPages: 24)
    private(set) var crashes = 0
    private(set) var lost = 0
    private(set) var torn = 0
    private(set) var unsound = 0
    private(set) var durableUnacknowledged = 0

    private static let namespace = Namespace(high: 1, low: 2)
    private static let mesh = Digest(Bytes32(1, 2, 3, 4))
    private let publicKey: VerifyingKey

    init(writes: Int) throws {
        var entropy = Entropy.seeded(5)
        let key = try SigningKey(seed: SecretBytes(from: &entropy))
        publicKey = key.publicKey
        var engine = Self.engine(publicKey, [])
        var batches: [[Fact]] = []
        var states = [Self.state(of: engine)]
        var random = Random(seed: 11)
        var outbox = Outbox<ReplicationEngine.Effect>()
        let now = Now(instant: .zero, wall: WallTime(milliseconds: 1_795_183_331_000))
        for number in 0..<writes {
            // One to four keys at once, now and then large ones, so that a write covers several pages.
            let changes = (0...random.below(4)).map { place -> Change in
                let size = random.below(8) == 0 ? 5_000 : random.below(80)
                return .put(
                    .register, key: Array("key/\(random.below(6))/\(place)".utf8),
                    value: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size), resolves: false)
            }
            engine.perform(.write(RequestID(number: UInt64(number)), changes), at: now, into: &outbox)
            for case .sign(let id) in outbox.effects {
                outbox.removeAll()
                let signature = key.sign(id.value.bytes.raw, as: Chain.kind, in: Self.mesh)
                engine.perform(.signed(id, signature), at: now, into: &outbox)
            }
            var batch: [Fact] = []
            for case .store(let ticket, let facts) in outbox.effects {
                batch += facts
                engine.perform(.stored(ticket), at: now, into: &outbox)
            }
            batches.append(batch)
            outbox.removeAll()
            states.append(Self.state(of: engine))
        }
        self.batches = batches
        self.states = states
    }

    private static func engine(_ key: VerifyingKey, _ facts: [Fact]) -> ReplicationEngine {
        ReplicationEngine(
            namespace: namespace, key: key, instance: 7, missed: 0, stored: facts, random: Random(seed: 1),
            at: Now(instant: .zero, wall: WallTime(milliseconds: 1_795_183_331_000)))
    }

    /// Everything that a reader could be shown.
    private static func state(of engine: ReplicationEngine) -> [UInt8] {
        var writer = ByteWriter()
        engine.read(prefix: []) { reading in
            writer.bytes(reading.key)
            for held in reading.live {
                held.dot.encode(into: &writer)
                held.operation.encode(into: &writer)
            }
            return true
        }
        return writer.bytes
    }

    private func work(on volume: PowerLossVolume) -> (acknowledged: Int, tried: Int) {
        guard let store = try? FactStore(at: .volume(volume), settings: settings) else { return (0, 0) }
        for (index, batch) in batches.enumerated() {
            do { try store.apply(batch) } catch { return (index, index + 1) }
        }
        return (batches.count, batches.count)
    }

    func length() -> Int {
        let volume = PowerLossVolume(random: Random(seed: 0))
        precondition(work(on: volume).acknowledged == batches.count, "without a fault everything is stored")
        return volume.operations
    }

    mutating func crash(at number: Int, seed: UInt64) {
        let volume = PowerLossVolume(random: Random(seed: seed))
        volume.powerGoesAt = number
        let (acknowledged, tried) = work(on: volume)
        crashes += 1
        volume.restart()
        guard let found = try? FactStore(at: .volume(volume), settings: settings).load() else {
            unsound += 1
            return
        }
        let engine = Self.engine(publicKey, found)
        let isVouchedFor = engine.ownClaims.allSatisfy { $0?.isTrue(in: Self.mesh) ?? false }
        guard engine.flaw == nil, isVouchedFor else {
            unsound += 1
            return
        }
        let state = Self.state(of: engine)
        if state == states[acknowledged] { return }
        if tried > acknowledged, state == states[tried] {
            durableUnacknowledged += 1
        } else if states[..<acknowledged].contains(state) {
            lost += 1
        } else {
            torn += 1
        }
    }

    mutating func run(seeds: UInt64, every step: Int = 1) {
        for number in stride(from: 1, through: length(), by: step) {
            for seed in 0..<seeds { crash(at: number, seed: seed &* 1_000_003 &+ UInt64(number)) }
        }
    }

    var figures: String {
        "\(crashes) crash points: \(lost) acknowledged lost, \(torn) torn, \(unsound) not sound, "
            + "\(durableUnacknowledged) durable without acknowledgement"
    }
}

private let seeds = getenv("MARRAM_SWEEP_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 8

@Test func noPowerLossTakesAnAcknowledgedWriteOrTearsOne() throws {
    var sweep = try ReplicaSweep(writes: 30)
    sweep.run(seeds: seeds)
    print("power-loss sweep over writes of keys: \(sweep.figures)")
    #expect(sweep.crashes >= 1_000)
    #expect(sweep.lost == 0)
    #expect(sweep.torn == 0)
    #expect(sweep.unsound == 0)
    #expect(sweep.durableUnacknowledged > 0, "a commit that fails may have happened; the sweep must meet one")
}

@Test func theSweepOfKeysFindsLossesWhereNothingIsSynchronised() throws {
    var sweep = try ReplicaSweep(writes: 30)
    sweep.settings.synchronous = .off
    sweep.run(seeds: 1, every: 2)
    print("the same, never synchronised: \(sweep.figures)")
    #expect(sweep.lost > 0)
}
