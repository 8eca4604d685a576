import Foundation
import Testing

/// The published test vectors, which lie beside the package in `../shared/vectors` where they have been fetched. They
/// are data under licences of their own and so no part of the package: on a machine without them, the tests that read
/// them are skipped, each with a line that says so, and the known answers in the tests' text remain.
enum Vectors {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/vectors").standardized

    static func load<Contents: Decodable>(_ file: VectorFile, as type: Contents.Type) throws -> Contents {
        try JSONDecoder().decode(Contents.self, from: try Data(contentsOf: directory.appending(path: file.rawValue)))
    }
}

enum VectorFile: String {
    case ed25519 = "wycheproof/ed25519_test.json"
    case ed25519EdgeCases = "cctv-ed25519/ed25519vectors.json"
    case x25519 = "wycheproof/x25519_test.json"
    case chaChaPoly = "wycheproof/chacha20_poly1305_test.json"
    case xChaChaPoly = "wycheproof/xchacha20_poly1305_test.json"
    case hkdf = "wycheproof/hkdf_sha256_test.json"
    case hmacSHA256 = "wycheproof/hmac_sha256_test.json"
    case hmacSHA512 = "wycheproof/hmac_sha512_test.json"
    case noise = "noise-cacophony.json"

    var isThere: Bool { FileManager.default.fileExists(atPath: Vectors.directory.appending(path: rawValue).path) }
}

extension Trait where Self == ConditionTrait {
    /// For a test that reads published vectors.
    static func reads(_ file: VectorFile) -> Self {
        .enabled(if: file.isThere, "the published vectors are not here: ../shared/vectors/\(file.rawValue)")
    }
}

/// A file of Wycheproof (github.com/C2SP/wycheproof): groups of cases, each with what a correct implementation does.
struct Wycheproof<Group: Decodable>: Decodable {
    var numberOfTests: Int
    var testGroups: [Group]
}

enum Verdict: String, Decodable {
    case valid
    case invalid
    /// For X25519: a doubtful public key, which an implementation may refuse.
    case acceptable
}

/// Bytes written as hexadecimal.
struct Hex: Decodable {
    var bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        bytes = hex(try decoder.singleValueContainer().decode(String.self))
    }
}
