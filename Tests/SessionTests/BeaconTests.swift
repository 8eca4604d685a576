import Base
import Crypto
import Testing
import Trust

@testable import Session

private func sessions(_ mesh: UInt64, seed: UInt64) -> Sessions {
    var entropy = Entropy.seeded(seed)
    let identity = NodeIdentity(of: Digest(Bytes32(mesh, 1, 2, 3)), from: &entropy)
    return Sessions(
        identity, boot: 1, settings: SessionSettings(), entropy: entropy, random: Random(seed: seed), at: .zero)
}

private let call = Call(
    isLonely: true, addresses: [Address(v4: 0x0A09_000B, port: 7946), Address(high: 0xFD00 << 48, low: 1, port: 7946)])

private func sealed(_ call: Call, by sessions: inout Sessions) -> [UInt8] {
    var arena = ByteWriter()
    arena.u8(7)
    let range = sessions.seal(call, into: &arena)
    return Array(arena.bytes[range])
}

private func open(_ packet: [UInt8], by sessions: borrowing Sessions) -> Result<Call, Refusal> {
    var packet = packet
    var span = packet.mutableRaw
    do throws(Refusal) {
        return .success(try sessions.open(beacon: &span))
    } catch {
        return .failure(error)
    }
}

@Test func aCallIsOpenedByItsMeshAndByNoOther() {
    var one = sessions(1, seed: 1)
    let packet = sealed(call, by: &one)
    #expect(open(packet, by: sessions(1, seed: 2)) == .success(call))
    #expect(open(packet, by: sessions(2, seed: 3)) == .failure(.badSeal))
}

@Test func callsTellNothingToWhoeverListens() {
    var one = sessions(1, seed: 1)
    let packets = [call, call, Call(isLonely: false, addresses: [])].map { sealed($0, by: &one) }
    #expect(packets.allSatisfy { $0.count == Limits.beaconBytes }, "all are as long as each other")
    // Two calls of one node have the four bytes in common that all packets have, and no run of four others.
    let runs = packets.map { packet in Set((4...packet.count - 4).map { Array(packet[$0..<$0 + 4]) }) }
    #expect(runs[0].isDisjoint(with: runs[1]) && packets[0].prefix(4) == packets[1].prefix(4))
    let address = call.addresses[0].encoded
    #expect(!packets[0].indices.dropLast(4).contains { packets[0][$0...].starts(with: address[12..<16]) })
}

@Test func aCallThatWasChangedOrCutIsRefused() {
    var one = sessions(1, seed: 1)
    let packet = sealed(call, by: &one)
    for index in packet.indices {
        var wrong = packet
        wrong[index] ^= 0x10
        #expect(open(wrong, by: one) == .failure(index < 4 ? .badHeader : .badSeal), "byte \(index)")
    }
    for count in [0, 3, 4, 16, packet.count - 1] {
        #expect(open(Array(packet.prefix(count)), by: one) == .failure(.badLength))
    }
    #expect(open(packet + [0], by: one) == .failure(.badLength))
}

@Test func aCallIsNoPacketForTheNodesOwnPort() {
    var one = sessions(1, seed: 1)
    var other = sessions(1, seed: 2)
    var packet = sealed(call, by: &one)
    var span = packet.mutableRaw
    var outbox = Outbox<SessionEffect>()
    other.receive(&span, from: Path(call.addresses[0]), at: .zero, into: &outbox)
    #expect(outbox.effects == [.note(.refused(.unexpected, from: Path(call.addresses[0])))])
}
