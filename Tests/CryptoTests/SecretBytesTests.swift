import Base
import Foundation
import Testing

@testable import Crypto

@Test func aSecretGivesBackTheBytesItWasMadeOf() {
    for count in [1, 31, 32, 33, SecretBytes.largest] {
        let kept = secret(text(count))
        #expect(kept.count == count)
        #expect(revealed(kept) == text(count))
        #expect(kept.matches(text(count).raw) == true)
        #expect(kept.matches(text(count + 1).raw) == false)
        #expect(kept.matches(tampered(text(count), bit: count * 8 - 1).raw) == false)
    }
}

@Test func aSlotIsWipedWhenItsSecretIsLetGo() {
    var vault = Vault()
    let address = vault.take()
    let slot = Vault.pointer(to: address)
    slot.update(repeating: 0xAA, count: Vault.slotByteCount)
    vault.giveBack(address)
    #expect((0..<Vault.slotByteCount).allSatisfy { slot[$0] == 0 })
}

@Test func lettingASecretGoWipesIt() {
    var address: UnsafePointer<UInt8>?
    func keepForAMoment() {
        let kept = secret([UInt8](repeating: 0xAA, count: 64))
        kept.withPointer { address = $0 }
        #expect(address?.pointee == 0xAA)
    }
    // Tests that run beside this one may take the slot again before it is looked at, but fill it with other bytes.
    keepForAMoment()
    guard let address else { return }
    #expect(!(0..<64).allSatisfy { address[$0] == 0xAA })
}

@Test func theVaultGrowsBySlabsAndHandsNoSlotOutTwice() {
    var vault = Vault()
    var slots: [UInt] = []
    for _ in 0..<Vault.slotsPerSlab + 1 { slots.append(vault.take()) }
    #expect(Set(slots).count == slots.count)
    for slot in slots {
        #expect((0..<Vault.slotByteCount).allSatisfy { Vault.pointer(to: slot)[$0] == 0 })
        Vault.pointer(to: slot).update(repeating: 0xAA, count: Vault.slotByteCount)
    }
    for slot in slots { vault.giveBack(slot) }
    #expect(Set((0..<slots.count).map { _ in vault.take() }) == Set(slots))
}

/// What the kernel says of this process: how much is locked, and that some memory is kept out of core dumps.
@Test func secretsAreLockedAsFarAsTheKernelSaysSo() throws {
    let areLocked = SecretBytes.areLockedInMemory
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let locked = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmLck:") })
    let kilobytes = try #require(locked.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    #expect(!areLocked || kilobytes >= Vault.slotsPerSlab * Vault.slotByteCount / 1_024)
    // Longer than a page, of which the kernel hands out one at a time; only a handle asks for the rest.
    let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let maps = String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)
    #expect(maps.split(separator: "\n").contains { $0.hasPrefix("VmFlags:") && $0.contains(" dd") })
}

@Test func wipingAnArrayLeavesZeros() {
    var bytes = text(100)
    bytes.wipe()
    #expect(bytes == [UInt8](repeating: 0, count: 100))
    var none: [UInt8] = []
    none.wipe()
    #expect(none.isEmpty)
}

@Test func equalityInConstantTimeIsEquality() {
    #expect(areEqualInConstantTime([UInt8]().raw, [UInt8]().raw) == true)
    #expect(areEqualInConstantTime(text(40).raw, text(40).raw) == true)
    #expect(areEqualInConstantTime(text(40).raw, text(39).raw) == false)
    for bit in 0..<320 { #expect(areEqualInConstantTime(text(40).raw, tampered(text(40), bit: bit).raw) == false) }
}
