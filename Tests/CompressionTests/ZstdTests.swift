import Base
import Compression
import Testing

/// What `piece` decompresses to, or why not.
private func decompressed(_ piece: [UInt8], atMost limit: Int) -> Result<[UInt8], CompressionError> {
    do throws(CompressionError) {
        return .success(try Zstd.decompress(piece.raw, atMost: limit))
    } catch {
        return .failure(error)
    }
}

/// Half chance, half repetition, so that there is something to find and something to leave.
private func mixed(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = Random(seed: seed)
    return (0..<count).map { $0 % 64 < 32 ? UInt8(truncatingIfNeeded: $0 / 64) : UInt8(random.below(256)) }
}

/// A frame by hand: a header that claims `size`, and one block of `count` equal bytes.
private func handmade(claiming size: UInt64, count: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    writer.u32(0xFD2F_B528)
    // Frame header: the size in eight bytes, in one segment (RFC 8878, section 3.1.1.1).
    writer.u8(0b1110_0000)
    writer.u64(size)
    // Block header: the last block, of type RLE, and the count of repetitions.
    let header = 1 | 1 << 1 | count << 3
    writer.u16(UInt16(truncatingIfNeeded: header))
    writer.u8(UInt8(header >> 16))
    writer.u8(0x55)
    return writer.bytes
}

@Test(arguments: Zstd.Effort.allCases)
func whatWasCompressedComesBack(effort: Zstd.Effort) {
    for count in [0, 1, 100, 4_096, 131_072, 131_073, 1_000_000] {
        let bytes = mixed(count)
        let piece = Zstd.compress(bytes.raw, effort: effort)
        #expect(decompressed(piece, atMost: count) == .success(bytes))
        if count > 0 { #expect(decompressed(piece, atMost: count - 1) == .failure(.tooLong)) }
    }
}

@Test func whatWasCutComesBackAndKindsThatAreCutApartAreSmaller() {
    var random = Random(seed: 3)
    let kinds: [[UInt8]] = [
        (0..<300).map { _ in UInt8(random.below(4)) }, (0..<300).map { _ in UInt8(64 + random.below(8)) },
        (0..<300).map { _ in UInt8(random.below(256)) }, [], (0..<300).map { _ in UInt8(48 + random.below(10)) },
    ]
    let bytes = kinds.flatMap(\.self)
    var end = 0
    let cuts = kinds.dropLast().map { kind in
        end += kind.count
        return end
    }
    let whole = Zstd.compress(bytes.raw, effort: .thorough)
    let apart = Zstd.compress(bytes.raw, effort: .thorough, cuts: cuts)
    #expect(decompressed(apart, atMost: bytes.count) == .success(bytes))
    #expect(apart.count < whole.count, "\(apart.count) and \(whole.count)")
    let nothing: [UInt8] = []
    #expect(decompressed(Zstd.compress(nothing.raw, effort: .quick, cuts: [0, 0]), atMost: 0) == .success([]))
}

@Test func compressionPaysAndMoreEffortPaysMore() {
    let text = Array(String(repeating: "marram grass holds the dune together; ", count: 1_000).utf8)
    let records = (0..<20_000).flatMap { Array("till-\($0 % 97) state \($0 * 7 % 13) since \($0)\n".utf8) }
    #expect(Zstd.compress(text.raw, effort: .quick).count < text.count / 100)
    let quick = Zstd.compress(records.raw, effort: .quick).count
    let thorough = Zstd.compress(records.raw, effort: .thorough).count
    #expect(quick < records.count / 3)
    #expect(thorough < quick)
}

@Test func aBombIsRefusedByItsClaim() {
    let bomb = Zstd.compress([UInt8](repeating: 0, count: 64 << 20).raw, effort: .usual)
    #expect(bomb.count < 8_192)
    #expect(decompressed(bomb, atMost: 1 << 20) == .failure(.tooLong))
    // No machine has so much memory: a claim that was believed before it was judged would end here.
    let claims: [UInt64] = [1 << 40, UInt64(Int.max), UInt64(Int.max) + 1, .max - 2]
    for claim in claims {
        #expect(decompressed(handmade(claiming: claim, count: 100), atMost: 1 << 20) == .failure(.tooLong))
    }
}

@Test func aClaimMustBeTrue() {
    #expect(
        decompressed(handmade(claiming: 100, count: 100), atMost: 100) == .success([UInt8](repeating: 0x55, count: 100))
    )
    #expect(decompressed(handmade(claiming: 99, count: 100), atMost: 1_000) == .failure(.malformed))
    #expect(decompressed(handmade(claiming: 101, count: 100), atMost: 1_000) == .failure(.malformed))
    #expect(decompressed(handmade(claiming: 0, count: 131_072), atMost: 1_000) == .failure(.malformed))
}

@Test func aPieceThatDoesNotTellItsSizeIsRefused() {
    // A window of 1 MiB instead of a size: what a streaming compressor writes.
    let piece: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50, 0x23, 0x03, 0x00, 0x55]
    #expect(decompressed(piece, atMost: 1 << 20) == .failure(.malformed))
}

@Test func aPieceCutShortAnywhereIsRefused() {
    for bytes in [mixed(0), mixed(500), [UInt8](repeating: 7, count: 300_000)] {
        let piece = Zstd.compress(bytes.raw, effort: .usual)
        for count in 0..<piece.count {
            #expect(decompressed(Array(piece[..<count]), atMost: 1 << 20) == .failure(.malformed))
        }
    }
}

@Test func aPieceIsOneFrameAndNothingElse() {
    let piece = Zstd.compress(mixed(500).raw, effort: .usual)
    let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0x00, 0x00, 0x00, 0x00]
    let older: [UInt8] = [0x27, 0xB5, 0x2F, 0xFD] + piece.dropFirst(4)
    for other in [piece + [0], piece + piece, piece + skipped, skipped + piece, skipped, older] {
        #expect(decompressed(other, atMost: 1 << 20) == .failure(.malformed))
    }
}

@Test func randomBytesAreNoPiece() {
    var random = Random(seed: 3)
    for _ in 0..<20_000 {
        let bytes = (0..<random.below(60)).map { _ in UInt8(random.below(256)) }
        #expect(decompressed(bytes, atMost: 4_096) == .failure(.malformed))
        // Behind a real beginning, chance gets further in; whatever it spells, it keeps to the limit.
        let begun = [0x28, 0xB5, 0x2F, 0xFD] + bytes
        if case .success(let made) = decompressed(begun, atMost: 4_096) { #expect(made.count <= 4_096) }
    }
}

@Test func aChangedPieceKeepsToItsLimit() {
    let bytes = mixed(600)
    let piece = Zstd.compress(bytes.raw, effort: .usual)
    for bit in 0..<piece.count * 8 {
        var changed = piece
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        if case .success(let made) = decompressed(changed, atMost: bytes.count) { #expect(made.count <= bytes.count) }
    }
}
