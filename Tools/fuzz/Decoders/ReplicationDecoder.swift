internal import Base
internal import Crypto
internal import Replication

/// Reads a message of replication and lets an engine take it that holds something and believes everything: every claim
/// is true, every epoch valid, every disk quick. Whatever comes of it, what the engine says can be read, and its state
/// comes back from its bytes as it was.
func takeReplication(_ bytes: [UInt8]) {
    guard let message = try? ReplicationMessage(decoding: bytes.raw) else { return }
    precondition(message.encoded == bytes, "a message was accepted in a second encoding")
    var engine = believer()
    var outbox = Outbox<ReplicationEngine.Effect>()
    var now = start
    engine.receive(message, from: peer, at: now, into: &outbox)
    for _ in 0..<24 {
        let effects = outbox.effects
        outbox.removeAll()
        for effect in effects { carryOut(effect, on: &engine, at: now, into: &outbox) }
        if outbox.isEmpty, let due = engine.deadline {
            now.instant = max(due, now.instant)
            engine.wake(at: now, into: &outbox)
        }
    }
    engine.read(prefix: []) { $0.shown != .nothing || !$0.slots.isEmpty }
    engine.settle()
    guard let back = try? ReplicationEngine(decoding: engine.encoded.raw) else {
        preconditionFailure("an engine's state cannot be read back")
    }
    precondition(back.encoded == engine.encoded && back.deadline == engine.deadline, "a state changes when it is read")
}

private func carryOut(
    _ effect: ReplicationEngine.Effect, on engine: inout ReplicationEngine, at now: Now,
    into outbox: inout Outbox<ReplicationEngine.Effect>
) {
    switch effect {
    case .send(let message, _):
        precondition((try? ReplicationMessage(decoding: message.encoded.raw)) == message, "what is said cannot be read")
    case .verify(let ticket, let claims):
        engine.perform(.verified(ticket, claims.map { _ in true }), at: now, into: &outbox)
    case .judge(let ticket, let epochs):
        engine.perform(.judged(ticket, valid: epochs.count), at: now, into: &outbox)
    case .sign(let digest): engine.perform(.signed(digest, signature), at: now, into: &outbox)
    case .store(let ticket, _): engine.perform(.stored(ticket), at: now, into: &outbox)
    case .propose: engine.perform(.proved([1]), at: now, into: &outbox)
    case .written, .refused, .requeue, .note: break
    }
}

private let start = Now(instant: .zero + .seconds(100), wall: WallTime(milliseconds: 1_795_183_331_000))
private let signature = Signature(.zero, .zero)
private let peer = VerifyingKey(Bytes32(2, 0, 0, 2)).nodeID

private func believer() -> ReplicationEngine {
    var engine = ReplicationEngine(
        namespace: Namespace(high: 1, low: 2), key: VerifyingKey(Bytes32(1, 0, 0, 1)), instance: 1, missed: 0,
        stored: [],
        random: Random(seed: 1), at: start)
    var outbox = Outbox<ReplicationEngine.Effect>()
    engine.perform(.contacts([peer]), at: start, into: &outbox)
    engine.perform(.law([engine.replica.me.author, peer].sorted(), isKeeper: true), at: start, into: &outbox)
    for number in UInt8(1)...3 {
        let change = Change.put(.register, key: [number % 2], value: [number], resolves: false)
        engine.perform(.write(RequestID(number: UInt64(number)), [change]), at: start, into: &outbox)
        while !outbox.isEmpty {
            let effects = outbox.effects
            outbox.removeAll()
            for effect in effects { carryOut(effect, on: &engine, at: start, into: &outbox) }
        }
    }
    return engine
}
