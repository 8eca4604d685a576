import Base
import Crypto
import Testing

@testable import Trust

private let invitation = Invitation(
    mesh: String(repeating: "m", count: Limits.nameBytes), meshKey: Bytes32(1, 2, 3, 4),
    seeds: (0..<UInt16(Limits.seedAddresses)).map { Address(high: 0xFE80 << 48, low: 1, port: $0) },
    expires: WallTime(milliseconds: 1_795_269_720_000), uses: 20)

private func founder(_ seed: UInt64 = 4) -> [UInt8] {
    var entropy = Entropy.seeded(seed)
    return NodeIdentity(founding: "store-0412", from: &entropy).encoded
}

/// Why `bytes` are no identity; nil when they are one.
private func refusal(_ bytes: [UInt8]) -> DecodeError? {
    do throws(DecodeError) {
        _ = try NodeIdentity(decoding: bytes.raw)
        return nil
    } catch {
        return error
    }
}

@Test func anIdentityComesBackFromItsFile() throws {
    var entropy = Entropy.seeded(4)
    let identity = NodeIdentity(founding: "store-0412", from: &entropy)
    let read = try NodeIdentity(decoding: identity.encoded.raw)
    #expect(read.id == identity.id)
    #expect(read.mesh == "store-0412" && read.meshKey == identity.meshKey && read.seeds.isEmpty)
    #expect(read.encoded == identity.encoded)
}

@Test func whoeverIsInvitedHasTheMeshsKeyAndAnIDOfItsOwn() throws {
    var entropy = Entropy.seeded(4)
    let one = NodeIdentity(invitedBy: invitation, from: &entropy)
    let other = NodeIdentity(invitedBy: invitation, from: &entropy)
    #expect(one.meshKey == invitation.meshKey && other.meshKey == invitation.meshKey)
    #expect(one.mesh == invitation.mesh && one.seeds == invitation.seeds)
    #expect(one.id != other.id)
}

@Test func twoFoundedMeshesHaveDifferentKeys() throws {
    var entropy = Entropy.seeded(4)
    let one = NodeIdentity(founding: "store", from: &entropy)
    let other = NodeIdentity(founding: "store", from: &entropy)
    #expect(one.meshKey != other.meshKey && one.id != other.id)
}

@Test func anIdentityCutShortAnywhereIsRefused() {
    let bytes = founder()
    for length in 0..<bytes.count { #expect(refusal(Array(bytes[..<length])) != nil, "cut at \(length)") }
    #expect(refusal(bytes + [0]) == .trailing)
    #expect(refusal(bytes) == nil)
}

@Test func anIdentityOfAnotherVersionIsRefused() {
    for version in UInt8.min...UInt8.max where version != 1 {
        #expect(refusal([version] + Array(founder().dropFirst())) == .unknown)
    }
}

@Test func aMeshWithoutAProperNameIsRefused() {
    for name in ["", "two words", "line\nbreak", "\u{1B}[2J"] {
        var writer = ByteWriter()
        writer.u8(1)
        writer.text(name)
        let rest = founder().dropFirst(1 + 1 + "store-0412".utf8.count)
        #expect(refusal(writer.bytes + Array(rest)) == .outOfRange, "\(name)")
        var nameless = invitation
        nameless.mesh = name
        let bytes = nameless.encoded
        #expect(throws: DecodeError.outOfRange) { try Invitation(decoding: bytes.raw) }
        #expect(throws: Complaint.self) { try Invitation(token: nameless.token) }
    }
}

@Test func theLongestIdentityFitsItsFileAndASeedMoreIsRefused() {
    var entropy = Entropy.seeded(4)
    let longest = NodeIdentity(invitedBy: invitation, from: &entropy).encoded
    #expect(longest.count == 1 + 64 + 32 + 32 + 1 + 8 * Address.byteCount)
    #expect(longest.count * 10 < NodeIdentity.fileBytes, "as its comment says")
    #expect(refusal(longest) == nil)
    var writer = ByteWriter()
    writer.raw(Array(longest.dropLast(1 + 8 * Address.byteCount)))
    writer.list(invitation.seeds + [invitation.seeds[0]])
    #expect(refusal(writer.bytes) == .tooLong)
}
