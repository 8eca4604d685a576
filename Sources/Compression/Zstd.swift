internal import Base
internal import CZstd

/// Bytes made smaller and large again by zstd, a whole piece at a time: an artifact's chunk, a batch for the uplink.
///
/// Who reads a piece says first how large it may become. Twenty bytes can spell a gigabyte, so the size that a piece
/// claims is looked at before any memory is taken, and a piece that turns out to be of another size than it claims is
/// refused. A piece has one frame and nothing else: no second frame behind it, none that readers skip, no older format.
///
/// There is no checksum inside. What travels is sealed or named by its hash already, and a changed piece that happens
/// to decompress is found there.
package enum Zstd {
    /// How hard to try. Decompression is fast whatever was chosen.
    package enum Effort: Int32, CaseIterable, Sendable {
        /// For bytes that are sent once: some hundred megabytes a second.
        case quick = 1
        /// For bytes that are kept.
        case usual = 3
        /// For bytes that a whole fleet fetches over a slow link: a hundred times slower than `quick`.
        case thorough = 19
    }

    /// `cuts` are offsets at which something of another kind begins: between two of them a block of its own is made, so
    /// that each kind is counted by what is frequent in it. The reader need not know.
    package static func compress(_ bytes: RawSpan, effort: Effort, cuts: [Int] = []) -> [UInt8] {
        guard let context = unsafe ZSTD_createCCtx() else { fatalError("the system has no memory to compress with") }
        defer { unsafe ZSTD_freeCCtx(context) }
        unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, effort.rawValue)
        unsafe ZSTD_CCtx_setPledgedSrcSize(context, UInt64(bytes.byteCount))
        // With room for the worst case and a header a block, only memory for zstd's own tables can be missing.
        let bound = ZSTD_compressBound(bytes.byteCount) + 8 * (cuts.count + 1)
        return unsafe bytes.withUnsafeBytes { source in
            unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                var output = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: bound, pos: 0)
                var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
                for (number, end) in (cuts + [source.count]).enumerated() {
                    unsafe input.size = end
                    let rest = unsafe ZSTD_compressStream2(
                        context, &output, &input, number < cuts.count ? ZSTD_e_flush : ZSTD_e_end)
                    guard rest == 0 else { fatalError("the system has no memory to compress with") }
                }
                count = unsafe output.pos
            }
        }
    }

    /// What `compress` was given, if it is not more than `limit` bytes.
    package static func decompress(_ piece: RawSpan, atMost limit: Int) throws(CompressionError) -> [UInt8] {
        let size = try claimedSize(of: piece)
        guard size <= UInt64(limit) else { throw .tooLong }
        return try unsafe piece.withUnsafeBytes { source throws(CompressionError) in
            var made = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
                made = unsafe ZSTD_decompress(buffer.baseAddress, Int(size), source.baseAddress, source.count)
                count = ZSTD_isError(made) == 0 ? made : 0
            }
            guard ZSTD_isError(made) == 0, made == Int(size) else { throw .malformed }
            return bytes
        }
    }

    /// The size that the piece says its content has. Takes no memory, and believes nothing.
    private static func claimedSize(of piece: RawSpan) throws(CompressionError) -> UInt64 {
        var reader = ByteReader(piece)
        guard let magic = try? reader.u32(), magic == UInt32(ZSTD_MAGICNUMBER) else { throw .malformed }
        return try unsafe piece.withUnsafeBytes { source throws(CompressionError) in
            guard unsafe ZSTD_findFrameCompressedSize(source.baseAddress, source.count) == source.count else {
                throw .malformed
            }
            let size = unsafe ZSTD_getFrameContentSize(source.baseAddress, source.count)
            // The two largest numbers mean that the size is not told, or that this is no frame.
            guard size < UInt64.max - 1 else { throw .malformed }
            return size
        }
    }
}

/// Why a compressed piece was refused.
package enum CompressionError: Error, Hashable, Sendable {
    /// Its content is larger than the reader allows.
    case tooLong
    /// Not one whole frame, or one that does not say how large its content is, or says it wrongly.
    case malformed
}
