internal import Base
internal import Trust

/// Reads a token as a person types it. What is accepted must come back from its own text, however that is typed.
func readToken(_ input: [UInt8]) {
    guard let token = try? InviteToken(text: String(decoding: input, as: UTF8.self)) else { return }
    for typed in [token.text, " " + token.text.lowercased() + "\n"] {
        guard let again = try? InviteToken(text: typed) else {
            preconditionFailure("a token is lost on its way over paper")
        }
        precondition(again.encoded == token.encoded, "a token changes on its way over paper")
    }
}

/// Reads a node's identity file.
func readIdentity(_ bytes: [UInt8]) {
    do throws(DecodeError) {
        let identity = try NodeIdentity(decoding: bytes.raw)
        precondition(identity.encoded == bytes, "an identity was accepted in a second encoding")
        precondition(bytes.count <= NodeIdentity.fileBytes, "an identity that its own file could not hold")
    } catch {
        return
    }
}
