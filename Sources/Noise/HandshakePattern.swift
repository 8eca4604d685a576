/// Who sends which keys in which message, and who knows whose key before: the handshake patterns of Noise (revision 34,
/// sections 7.4, 7.5 and 10.4). The first letter says how the initiator's static key comes to the responder, the second
/// how the responder's comes to the initiator: not at all (n), known before (k), transmitted (x), at once (i). A 1 puts
/// the key's proof off by one message.
package enum HandshakePattern: String, CaseIterable, Sendable {
    case n, k, x
    case nn, nk, nx, kn, kk, kx, xn, xk, xx, `in`, ik, ix
    case nk1, nx1, x1n, x1k, xk1, x1k1, x1x, xx1, x1x1
    case k1n, k1k, kk1, k1k1, k1x, kx1, k1x1, i1n, i1k, ik1, i1k1, i1x, ix1, i1x1

    /// As the specification writes it: `XK1`.
    package var name: String { rawValue.uppercased() }
}

/// One step of a message. Two letters are a Diffie-Hellman agreement: first whose key of the initiator, then of the
/// responder, ephemeral or static.
enum Token: Sendable {
    case e, s, ee, es, se, ss, psk
}

/// A pattern as the specification tabulates it.
struct PatternTable: Sendable {
    /// Whether the initiator's static key, and the responder's, is known to the other side beforehand.
    let knowsInitiator: Bool
    let knowsResponder: Bool
    /// The initiator writes the first message, then they take turns.
    var messages: [[Token]]

    fileprivate init(_ known: Known = .nobody, _ messages: [Token]...) {
        knowsInitiator = known == .initiator || known == .both
        knowsResponder = known == .responder || known == .both
        self.messages = messages
    }

    fileprivate enum Known { case nobody, initiator, responder, both }
}

extension HandshakePattern {
    var table: PatternTable {
        switch self {
        case .n: PatternTable(.responder, [.e, .es])
        case .k: PatternTable(.both, [.e, .es, .ss])
        case .x: PatternTable(.responder, [.e, .es, .s, .ss])

        case .nn: PatternTable(.nobody, [.e], [.e, .ee])
        case .nk: PatternTable(.responder, [.e, .es], [.e, .ee])
        case .nx: PatternTable(.nobody, [.e], [.e, .ee, .s, .es])
        case .kn: PatternTable(.initiator, [.e], [.e, .ee, .se])
        case .kk: PatternTable(.both, [.e, .es, .ss], [.e, .ee, .se])
        case .kx: PatternTable(.initiator, [.e], [.e, .ee, .se, .s, .es])
        case .xn: PatternTable(.nobody, [.e], [.e, .ee], [.s, .se])
        case .xk: PatternTable(.responder, [.e, .es], [.e, .ee], [.s, .se])
        case .xx: PatternTable(.nobody, [.e], [.e, .ee, .s, .es], [.s, .se])
        case .in: PatternTable(.nobody, [.e, .s], [.e, .ee, .se])
        case .ik: PatternTable(.responder, [.e, .es, .s, .ss], [.e, .ee, .se])
        case .ix: PatternTable(.nobody, [.e, .s], [.e, .ee, .se, .s, .es])

        case .nk1: PatternTable(.responder, [.e], [.e, .ee, .es])
        case .nx1: PatternTable(.nobody, [.e], [.e, .ee, .s], [.es])
        case .x1n: PatternTable(.nobody, [.e], [.e, .ee], [.s], [.se])
        case .x1k: PatternTable(.responder, [.e, .es], [.e, .ee], [.s], [.se])
        case .xk1: PatternTable(.responder, [.e], [.e, .ee, .es], [.s, .se])
        case .x1k1: PatternTable(.responder, [.e], [.e, .ee, .es], [.s], [.se])
        case .x1x: PatternTable(.nobody, [.e], [.e, .ee, .s, .es], [.s], [.se])
        case .xx1: PatternTable(.nobody, [.e], [.e, .ee, .s], [.es, .s, .se])
        case .x1x1: PatternTable(.nobody, [.e], [.e, .ee, .s], [.es, .s], [.se])

        case .k1n: PatternTable(.initiator, [.e], [.e, .ee], [.se])
        case .k1k: PatternTable(.both, [.e, .es], [.e, .ee], [.se])
        case .kk1: PatternTable(.both, [.e], [.e, .ee, .se, .es])
        case .k1k1: PatternTable(.both, [.e], [.e, .ee, .es], [.se])
        case .k1x: PatternTable(.initiator, [.e], [.e, .ee, .s, .es], [.se])
        case .kx1: PatternTable(.initiator, [.e], [.e, .ee, .se, .s], [.es])
        case .k1x1: PatternTable(.initiator, [.e], [.e, .ee, .s], [.se, .es])
        case .i1n: PatternTable(.nobody, [.e, .s], [.e, .ee], [.se])
        case .i1k: PatternTable(.responder, [.e, .es, .s], [.e, .ee], [.se])
        case .ik1: PatternTable(.responder, [.e, .s], [.e, .ee, .se, .es])
        case .i1k1: PatternTable(.responder, [.e, .s], [.e, .ee, .es], [.se])
        case .i1x: PatternTable(.nobody, [.e, .s], [.e, .ee, .s, .es], [.se])
        case .ix1: PatternTable(.nobody, [.e, .s], [.e, .ee, .se, .s], [.es])
        case .i1x1: PatternTable(.nobody, [.e, .s], [.e, .ee, .s], [.se, .es])
        }
    }
}
