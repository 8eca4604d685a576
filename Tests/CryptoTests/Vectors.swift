import Foundation

/// The published test vectors, which lie beside the package in `../shared/vectors` where they have been fetched. They
/// are data under licences of their own and so no part of the package: a machine without them runs the known answers in
/// the tests' text and says what it left out.
enum Vectors {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/vectors").standardized

    /// The file's contents; nil, and a line that says so, where it is not there.
    static func load<Contents: Decodable>(_ name: String, as type: Contents.Type) throws -> Contents? {
        let file = directory.appending(path: name)
        guard let data = FileManager.default.contents(atPath: file.path) else {
            print("not run: the test vectors \(name), because \(directory.path) does not have them")
            return nil
        }
        return try JSONDecoder().decode(Contents.self, from: data)
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
