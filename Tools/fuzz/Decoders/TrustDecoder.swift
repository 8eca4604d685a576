internal import Base
internal import Trust

/// Reads an invitation's token; or, because bytes chosen blindly never pass its check, an invitation's bytes when the
/// input begins with 0xFF. What is accepted must come back from its own token, however that is typed.
func readToken(_ input: [UInt8]) {
    let invitation: Invitation
    if input.first == 0xFF {
        let bytes = Array(input.dropFirst())
        guard let decoded = try? Invitation(decoding: bytes.raw) else { return }
        precondition(decoded.encoded == bytes, "an invitation was accepted in a second encoding")
        invitation = decoded
    } else {
        guard let read = try? Invitation(token: String(decoding: input, as: UTF8.self)) else { return }
        invitation = read
    }
    for typed in [invitation.token, " " + invitation.token.lowercased() + "\n"] {
        precondition((try? Invitation(token: typed)) == invitation, "an invitation is lost on its way over paper")
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
