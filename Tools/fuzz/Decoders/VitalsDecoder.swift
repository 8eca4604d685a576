internal import Base
internal import Crypto
internal import Vitals

/// Reads a message about sheets and lets an engine take it that believes every signature. Whatever comes of it, what
/// the engine says can be read and fits a datagram, and its state comes back from its bytes as it was.
func takeVitals(_ bytes: [UInt8]) {
    guard let message = try? VitalsMessage(decoding: bytes.raw) else { return }
    precondition(message.encoded == bytes, "a message was accepted in a second encoding")
    var now = Now(instant: .zero + .seconds(100), wall: WallTime(milliseconds: 1_795_183_331_000))
    let (me, peer) = (NodeID(.zero), NodeID(Bytes32(2, 0, 0, 2)))
    var engine = VitalsEngine(me: me, boot: 1, random: Random(seed: 1), at: now)
    var outbox = Outbox<VitalsEngine.Effect>()
    var members = [me, peer]
    if case .sheets(let told) = message { members += told.map(\.signed.sheet.owner) }
    engine.perform(.members(members.risingOnce), at: now, into: &outbox)
    engine.perform(.contacts([peer]), at: now, into: &outbox)
    engine.perform(.note([1], [2]), at: now, into: &outbox)
    engine.receive(message, from: peer, at: now, into: &outbox)
    for _ in 0..<24 {
        let effects = outbox.effects
        outbox.removeAll()
        for effect in effects { carryOut(effect, on: &engine, peer, at: now, into: &outbox) }
        if outbox.isEmpty, let due = engine.deadline {
            now.instant = max(due, now.instant)
            engine.wake(at: now, into: &outbox)
        }
    }
    guard let back = try? VitalsEngine(decoding: engine.encoded.raw) else {
        preconditionFailure("an engine's state cannot be read back")
    }
    precondition(back.encoded == engine.encoded && back.deadline == engine.deadline, "a state changes when it is read")
}

private func carryOut(
    _ effect: VitalsEngine.Effect, on engine: inout VitalsEngine, _ peer: NodeID, at now: Now,
    into outbox: inout Outbox<VitalsEngine.Effect>
) {
    switch effect {
    case .send(let message, _):
        precondition((try? VitalsMessage(decoding: message.encoded.raw)) == message, "what is said cannot be read")
        precondition(message.encoded.count < Limits.lineDatagramBytes, "what is said fits no datagram")
    case .sign(let sheet):
        engine.perform(.signed(sheet.version, Signature(.zero, .zero)), at: now, into: &outbox)
    case .verify(let aged, let teller):
        engine.perform(.verified(aged, by: teller, isTrue: true), at: now, into: &outbox)
    case .note: break
    }
}
