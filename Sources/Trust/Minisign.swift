internal import Base
package import Crypto

/// Signatures that people can check with a program that they have: minisign's format, version 0.11, as its manual gives
/// it. Whoever signs so keeps a key for nothing else.
package enum Minisign {
    /// What a `.pub` file holds.
    package struct PublicKey: Hashable, Sendable {
        package let id: UInt64
        package let key: VerifyingKey

        package init(id: UInt64, key: VerifyingKey) {
            self.id = id
            self.key = key
        }
    }

    package enum Refusal: Error, Hashable, Sendable {
        case malformed
        /// The signature was made by another key, whose number it gives.
        case otherKey(UInt64)
        case fileChanged
        case commentChanged
    }

    /// What a `.minisig` file holds.
    package struct SignatureFile: Hashable, Sendable {
        /// Whether the file itself is signed, as old programs did it, or its BLAKE2b-512.
        let isLegacy: Bool
        package let keyID: UInt64
        let signature: Signature
        package let trustedComment: String
        let commentSignature: Signature
    }

    fileprivate static let fileComment = "untrusted comment: "
    fileprivate static let trusted = "trusted comment: "
    fileprivate static let hashed = Array("ED".utf8)
    fileprivate static let plain = Array("Ed".utf8)
}

extension Minisign.PublicKey {
    package var text: String {
        var writer = ByteWriter()
        writer.raw(Minisign.plain)
        writer.u64(id)
        key.encode(into: &writer)
        return Minisign.fileComment + "minisign public key \(Minisign.spelled(id))\n" + Base64.text(of: writer.bytes)
            + "\n"
    }

    package init(text: String) throws(Minisign.Refusal) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        guard lines.count == 2, lines[0].hasPrefix(Minisign.fileComment), let bytes = Base64.bytes(of: lines[1]) else {
            throw .malformed
        }
        do throws(DecodeError) {
            var reader = ByteReader(bytes.raw)
            guard [try reader.u8(), try reader.u8()] == Minisign.plain else { throw DecodeError.unknown }
            id = try reader.u64()
            key = try VerifyingKey(from: &reader)
            try reader.finish()
        } catch {
            throw .malformed
        }
    }

    /// Throws unless the file whose bytes are `file` and the trusted comment are as they were signed.
    package func verify(_ signature: Minisign.SignatureFile, of file: RawSpan) throws(Minisign.Refusal) {
        guard signature.keyID == id else { throw .otherKey(signature.keyID) }
        do throws(CryptoError) {
            if signature.isLegacy {
                try key.verifyForeign(signature.signature, of: file)
            } else {
                try key.verifyForeign(signature.signature, of: HashFunction.blake2b512.hash(file).raw)
            }
        } catch {
            throw .fileChanged
        }
        let comment = signature.signature.encoded + Array(signature.trustedComment.utf8)
        do throws(CryptoError) {
            try key.verifyForeign(signature.commentSignature, of: comment.raw)
        } catch {
            throw .commentChanged
        }
    }
}

extension Minisign.SignatureFile {
    /// Signs a file by its BLAKE2b-512, so that one of any size can be signed as it streams by. The comment is one
    /// line.
    package init(signing hash: [UInt8], trustedComment: String, with key: borrowing SigningKey, id: UInt64) {
        precondition(hash.count == HashFunction.blake2b512.byteCount, "the hash is a BLAKE2b-512")
        precondition(Minisign.isComment(trustedComment), "a comment is one line and not long")
        isLegacy = false
        keyID = id
        self.trustedComment = trustedComment
        signature = key.signForeign(hash.raw)
        let comment = signature.encoded + Array(trustedComment.utf8)
        commentSignature = key.signForeign(comment.raw)
    }

    package var text: String {
        var writer = ByteWriter()
        writer.raw(isLegacy ? Minisign.plain : Minisign.hashed)
        writer.u64(keyID)
        signature.encode(into: &writer)
        return Minisign.fileComment + "signature of key \(Minisign.spelled(keyID))\n" + Base64.text(of: writer.bytes)
            + "\n" + Minisign.trusted + trustedComment + "\n" + Base64.text(of: commentSignature.encoded) + "\n"
    }

    package init(text: String) throws(Minisign.Refusal) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        guard lines.count == 4, lines[0].hasPrefix(Minisign.fileComment), lines[2].hasPrefix(Minisign.trusted),
            let bytes = Base64.bytes(of: lines[1]), let other = Base64.bytes(of: lines[3])
        else { throw .malformed }
        let comment = String(lines[2].dropFirst(Minisign.trusted.count))
        guard Minisign.isComment(comment) else { throw .malformed }
        trustedComment = comment
        do throws(DecodeError) {
            var reader = ByteReader(bytes.raw)
            let algorithm = [try reader.u8(), try reader.u8()]
            guard [Minisign.plain, Minisign.hashed].contains(algorithm) else { throw DecodeError.unknown }
            isLegacy = algorithm == Minisign.plain
            keyID = try reader.u64()
            signature = try Signature(from: &reader)
            try reader.finish()
            commentSignature = try Signature(decoding: other.raw)
        } catch {
            throw .malformed
        }
    }
}

extension Minisign {
    fileprivate static func isComment(_ text: String) -> Bool {
        text.utf8.count <= Limits.minisignCommentBytes && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// As minisign prints a key's number: sixteen capital digits.
    fileprivate static func spelled(_ id: UInt64) -> String {
        let digits = String(id, radix: 16, uppercase: true)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
