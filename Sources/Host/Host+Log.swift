internal import Base
internal import Membership
internal import Node
internal import Session

/// The words for what a node notes. Refusals are counted, and said only to whoever asks for everything: a stranger must
/// not be able to fill the log.
extension Host {
    func log(_ note: NodeNote) {
        switch note {
        case .membership(.moved(let id, let old, let new, let reason)):
            let name = node.name(of: id)
            let change = old.map { "\(name) is \(new), was \($0)" } ?? "\(name) is \(new), first seen"
            log.write(new == .alive || new == .left ? .info : .warning, "\(change): \(words(reason))", at: now.wall)
        case .membership(.ignored(.ownLifeFromElsewhere)):
            log.write(
                .warning, "somebody has this node's identity, or this node lost its count of boots", at: now.wall)
        case .membership(.ignored(let reason)):
            log.write(.debug, "a record was ignored: \(reason)", at: now.wall)
        case .unopened(let refusal, let source):
            log.write(.debug, "a datagram from \(source) was not opened: \(refusal.name)", at: now.wall)
        case .undecoded(let error, let peer):
            log.write(.warning, "a datagram of \(node.name(of: peer)) was not understood: \(error)", at: now.wall)
        }
    }

    private func words(_ reason: Member.Reason) -> String {
        switch reason {
        case .heardDirectly: "heard directly"
        case .heardThrough(let peer): "heard through \(node.name(of: peer))"
        case .notHeardSinceStart: "not heard since the start"
        case .silent(let silence): "no sign of life for \(silence.milliseconds) ms"
        case .saidGoodbye: "said goodbye"
        }
    }
}
