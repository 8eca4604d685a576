internal import Base
internal import Crypto

/// The public half of an operator's key as a word that people pass on: `ada:01…`, the name, the key, and a check of
/// both against mistyping. It is no secret. Whoever hands it to the operators of a mesh asks to become one of them.
package struct OperatorCard: Hashable, Sendable {
    package let person: Person

    private static let checkBytes = 4
    /// A name, a colon, and as many digits as a key and its check have, with room for a stray line's end.
    package static let longestText = 256

    package init(_ person: Person) {
        precondition(person.keys.count == 1, "a card shows one key")
        self.person = person
    }

    package var text: String {
        let key = person.keys[0].encoded
        return "\(person.name):\(Base32.text(of: key + Self.check(person.name, key)))"
    }

    /// Nil for anything but a whole card, white space around it left out.
    package init?(text: String) {
        guard text.utf8.count <= Self.longestText else { return nil }
        let parts = text.filter { !$0.isWhitespace }.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Base32.bytes(of: parts[1]), bytes.count > Self.checkBytes else {
            return nil
        }
        let (name, key) = (String(parts[0]), Array(bytes.dropLast(Self.checkBytes)))
        guard isName(name), Self.check(name, key) == Array(bytes.suffix(Self.checkBytes)),
            let signer = try? SignerKey(decoding: key.raw)
        else { return nil }
        person = Person(name: name, keys: [signer])
    }

    /// Tells a mistyped card from a true one; it defends against nobody.
    private static func check(_ name: String, _ key: [UInt8]) -> [UInt8] {
        Array(Digest(hashing: (Array(name.utf8) + [0] + key).raw).value.bytes.prefix(checkBytes))
    }
}
