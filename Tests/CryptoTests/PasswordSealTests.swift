import Base
import Testing

@testable import Crypto

private let password = Array("correct horse battery staple".utf8)

private func seal(
    _ bytes: [UInt8], password: [UInt8] = password, cost: PasswordSeal.Cost = .least
) throws -> [UInt8] {
    var entropy = Entropy.seeded(1)
    return try PasswordSeal.seal(secret(bytes), password: password.raw, cost: cost, from: &entropy)
}

private func open(_ sealed: [UInt8], password: [UInt8] = password) throws(CryptoError) -> [UInt8] {
    let opened = try PasswordSeal.open(sealed.raw, password: password.raw)
    return revealed(opened)
}

/// A seal whose header claims this cost.
private func seal(claiming passes: UInt32, _ kibibytes: UInt32) throws -> [UInt8] {
    var sealed = try seal(text(32))
    let cost = "marram-password-seal/1".utf8.count
    var writer = ByteWriter()
    writer.u32(passes)
    writer.u32(kibibytes)
    sealed.replaceSubrange(cost..<cost + 8, with: writer.bytes)
    return sealed
}

@Test func aPasswordOpensWhatItSealed() throws {
    for count in [1, 32, 64] {
        let sealed = try seal(text(count))
        #expect(try open(sealed) == text(count))
    }
    let sealed = try seal(text(32), password: [])
    #expect(try open(sealed, password: []) == text(32))
}

@Test func anotherPasswordOpensNothing() throws {
    let sealed = try seal(text(32))
    for wrong in ["", "correct horse battery staplf", "correct horse battery staple "] {
        #expect(refusal { _ = try open(sealed, password: Array(wrong.utf8)) } == .notAuthentic)
    }
}

@Test func aChangedSealDoesNotOpen() throws {
    let sealed = try seal(text(32))
    let cost = "marram-password-seal/1".utf8.count
    for bit in 0..<sealed.count * 8 {
        // A higher cost, inside its bounds, would only make this test slow.
        if (cost..<cost + 8).contains(bit / 8) { continue }
        let reason = refusal { _ = try open(tampered(sealed, bit: bit)) }
        #expect(reason == (bit / 8 < cost ? .malformed : .notAuthentic))
    }
    for count in 0..<sealed.count {
        #expect(refusal { _ = try open(Array(sealed[..<count])) } != nil)
    }
    #expect(refusal { _ = try open(sealed + [0]) } == .notAuthentic)
    #expect(refusal { _ = try open(sealed + text(64)) } == .malformed)
}

@Test func whatAFileMayDemandIsBounded() throws {
    let passes = UInt32(Limits.passwordPasses)
    let kibibytes = UInt32(Limits.passwordKibibytes)
    let refused = [(0, 8), (passes + 1, 8), (1, 7), (1, kibibytes + 1), (.max, .max)]
    for (passes, kibibytes) in refused {
        let sealed = try seal(claiming: passes, kibibytes)
        #expect(refusal { _ = try open(sealed) } == .malformed)
    }
    // At its limit the cost is paid, and the seal then found to be changed.
    let dearest = try seal(claiming: passes, 8)
    #expect(refusal { _ = try open(dearest) } == .notAuthentic)
    #expect(PasswordSeal.Cost(passes: 1, kibibytes: Limits.passwordKibibytes).isAcceptable)
    #expect(!PasswordSeal.Cost(passes: 1, kibibytes: Limits.passwordKibibytes + 1).isAcceptable)
}

@Test func theCostsThatWeOfferAreOnesThatWeOpen() throws {
    for cost in [PasswordSeal.Cost.everyday, .guarded] { #expect(cost.isAcceptable) }
    #expect(PasswordSeal.Cost.guarded.kibibytes * 4 == Limits.passwordKibibytes)
    let sealed = try seal(text(32), cost: .everyday)
    #expect(try open(sealed) == text(32))
}

/// Seals of yesterday must open tomorrow.
@Test func theFormOfASealIsFixed() throws {
    let golden = """
        6d617272616d2d70617373776f72642d7365616c2f3101000000080000000f2555e333ded9bdcade38e9c354c7a2e67e0b8f
        47fd2929b587adbf0cf89ecb3e3e17daae4f7d12bde28b25d43b269ccfbc319466f1dcef11a5d0e617bfac063f33699ffb64
        11ad
        """
    #expect(try seal(text(16)) == hex(golden))
    #expect(try open(hex(golden)) == text(16))
}
