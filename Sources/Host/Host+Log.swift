internal import Base
internal import Membership
internal import Node
internal import Registry
internal import Replication
internal import Session
internal import Text
internal import Vitals

/// The words for what a node notes. Refusals are counted, and said only to whoever asks for everything: a stranger must
/// not be able to fill the log.
extension Host {
    func log(_ note: NodeNote) {
        switch note {
        case .membership(.moved(let id, let old, let new, let reason)):
            let name = node.name(of: id)
            let change = old.map { "\(name) is \(new), was \($0)" } ?? "\(name) is \(new), first seen"
            log.write(new == .alive || new == .left ? .info : .warning, "\(change): \(words(reason))", at: now.wall)
        case .membership(.spokeUp(let life)):
            log.write(
                .warning, "others held this node for gone; it lives on as \(life.boot).\(life.beat)", at: now.wall)
        case .membership(.deaf(true, let silent, let edges)):
            log.write(.warning, "this node is cut off: \(silent) of \(edges) neighbours are silent", at: now.wall)
        case .membership(.deaf(false, _, _)):
            log.write(.info, "this node is no longer cut off", at: now.wall)
        case .membership(.mute(true, let missed, let edges)):
            log.write(
                .warning, "no neighbour hears this node: its \(edges) have missed \(missed) words; others are told",
                at: now.wall)
        case .membership(.mute(false, _, _)):
            log.write(.info, "neighbours hear this node again", at: now.wall)
        case .membership(.stalled(let stall)):
            log.write(.warning, "this process was not run for \(stall.milliseconds) ms", at: now.wall)
        case .membership(.ignored(.ownLifeFromElsewhere)):
            log.write(
                .warning, "somebody has this node's identity, or this node lost its count of boots", at: now.wall)
        case .membership(.lied(let peer, let subject)):
            log.write(
                .warning, "\(node.name(of: peer)) told of \(node.name(of: subject)) what that node never signed",
                at: now.wall)
        case .membership(.ignored(let reason)):
            log.write(.debug, "a record was ignored: \(reason)", at: now.wall)
        case .session(let note): log(note)
        case .registry(let note): log(note)
        case .stranger(let peer):
            log.write(.debug, "\(node.name(of: peer)) is no member here, as far as the law is known", at: now.wall)
        case .replication(let note): log(note)
        case .vitals(let note): log(note)
        case .madeVoid(let count):
            log.write(
                .error,
                "\(count) writes of this node are of no effect any more: write them again if they are still meant",
                at: now.wall)
        case .undecoded(let error, let peer):
            log.write(.warning, "a datagram of \(node.name(of: peer)) was not understood: \(error)", at: now.wall)
        }
    }

    private func log(_ note: RegistryNote) {
        switch note {
        case .admitted: log.write(.info, "this node belongs to the mesh", at: now.wall)
        case .revoked(let id): log.write(.warning, "\(node.name(of: id)) was revoked", at: now.wall)
        case .sponsored(let id): log.write(.info, "\(node.name(of: id)) came in by an invitation", at: now.wall)
        case .turnedAway(let id, let why):
            log.write(level(of: why), "\(id.short) was turned away: \(why.words)", at: now.wall)
        case .declined(let why, let peer):
            log.write(
                level(of: why), "\(node.name(of: peer)) did not let this node in: \(why.words)", at: now.wall)
        case .ignored(let reason, let peer):
            log.write(.debug, "\(node.name(of: peer)) was not answered about the law: \(reason)", at: now.wall)
        case .refused(let why, _): log.write(.warning, "a record was refused: \(why)", at: now.wall)
        case .misplaced(let id, _): log.write(.debug, "record \(id) has no place in the law", at: now.wall)
        case .full: log.write(.error, "the law is full: no more records are kept", at: now.wall)
        case .twin(let id):
            log.write(
                .error, "\(node.name(of: id)) runs in two places: \(Code.identityTwice.remedy)", at: now.wall)
        }
    }

    /// Another node may vouch where this one may not.
    private func level(of why: RegistryMessage.Decline) -> LogWriter.Level { why == .noSponsor ? .debug : .warning }

    private func log(_ note: ReplicationEngine.Note) {
        switch note {
        case .took(let count): log.write(.debug, "\(count) transactions came", at: now.wall)
        case .forked(let writer, let sequence):
            let name = node.switchboard.store.author(of: writer).map { node.name(of: $0) } ?? "an unknown node"
            log.write(
                .error, "\(name) has signed two writes as its number \(sequence), as by a cloned disk: both are void",
                at: now.wall)
        case .renamed:
            log.write(
                .warning, "peers know more of this node's log than its disk does: it goes on with a new log",
                at: now.wall)
        case .epoch(let number): log.write(.info, "epoch \(number) begins", at: now.wall)
        case .epochConflict:
            log.write(
                .error, "two epochs have one number: nothing that was deleted is forgotten any more", at: now.wall)
        case .entering(let peer):
            log.write(
                .info, "this node was away too long: it takes over all keys of \(node.name(of: peer))", at: now.wall)
        case .sifted(let peer, let forgotten, let cells):
            log.write(
                .info,
                "\(node.name(of: peer)) has forgotten \(forgotten) changes that this node still held, "
                    + "as \(cells) cells of a sketch told",
                at: now.wall)
        case .unsifted(let peer, let why):
            log.write(
                .info, "a sketch did not tell what \(node.name(of: peer)) has forgotten: \(why.words)", at: now.wall)
        case .entered(let peer):
            log.write(.info, "all keys of \(node.name(of: peer)) were taken over", at: now.wall)
        case .ignored(let reason, let peer):
            log.write(.debug, "a message about keys of \(node.name(of: peer)) was ignored: \(reason)", at: now.wall)
        }
    }

    private func log(_ note: VitalsEngine.Note) {
        switch note {
        case .changed(let owner, by: _):
            let values = node.switchboard.vitals.entries(of: owner).map { entry in
                "\(String(decoding: entry.key, as: UTF8.self)) = \(String(decoding: entry.value, as: UTF8.self))"
            }
            let all = values.isEmpty ? "nothing" : values.joined(separator: ", ")
            log.write(.debug, "\(node.name(of: owner)) says of itself: \(printable(all))", at: now.wall)
        case .forged(let owner, let peer):
            log.write(
                .warning, "\(node.name(of: peer)) told of \(node.name(of: owner)) what that node never signed",
                at: now.wall)
        case .stranger(_, let peer):
            log.write(
                .debug, "\(node.name(of: peer)) told of a node that is no member, as far as the law is known",
                at: now.wall)
        }
    }

    private func log(_ note: SessionNote) {
        func name(_ contact: Contact) -> String {
            contact.node.map { "\(node.name(of: $0)) at \(contact.address)" } ?? "\(contact.address)"
        }
        switch note {
        case .refused(let refusal, let path):
            log.write(.debug, "a packet from \(path) was refused: \(refusal.name)", at: now.wall)
        case .began(let contact, let reason):
            log.write(.debug, "a handshake with \(name(contact)) begins: \(reason)", at: now.wall)
        case .unanswered(let contact, let tries):
            log.write(.info, "\(name(contact)) answers no handshake, \(tries) tries", at: now.wall)
        case .established(let peer, let path, _):
            log.write(.info, "a session with \(node.name(of: peer)) over \(path)", at: now.wall)
        case .renewed(let peer, let path):
            log.write(.debug, "new keys with \(node.name(of: peer)) over \(path)", at: now.wall)
        case .ended(let peer, let ending):
            log.write(.info, "the session with \(node.name(of: peer)) ended: \(ending)", at: now.wall)
        case .moved(let peer, let from, let to):
            log.write(.info, "\(node.name(of: peer)) moved from \(from) to \(to)", at: now.wall)
        case .fellBack(let peer, let tries):
            log.write(
                .warning, "\(node.name(of: peer)) is reached over TCP: UDP was silent for \(tries) tries", at: now.wall)
        case .comesOverUDP(let peer):
            log.write(.debug, "\(node.name(of: peer)) comes over UDP and hears no answer there", at: now.wall)
        case .answeredByOther(let meant, let other, let path):
            log.write(
                .warning, "\(node.name(of: other)) answers at \(path), not \(node.name(of: meant))", at: now.wall)
        case .proofAsked(let contact, let proof):
            log.write(.debug, "\(name(contact)) asks for a proof of \(proof)", at: now.wall)
        case .cookieAsked(let path), .freshAsked(let path):
            log.write(.debug, "\(path) has to begin its handshake again", at: now.wall)
        case .dropped(let contact, let count):
            log.write(.debug, "\(count) datagrams for \(name(contact)) were dropped", at: now.wall)
        case .line(let peer, let note):
            log.write(.debug, "the line with \(node.name(of: peer)): \(note)", at: now.wall)
        }
    }

    private func words(_ reason: Member.Reason) -> String {
        func words(_ finding: Finding) -> String {
            "no sign of life for \(finding.silence.milliseconds) ms, \(finding.pings) pings unanswered, "
                + "\(finding.loss * 100 / MembershipRules.whole) % loss before"
        }
        func names(_ ids: [NodeID]) -> String { ids.map { node.name(of: $0) }.joined(separator: ", ") }
        switch reason {
        case .heardDirectly: return "heard directly"
        case .heardThrough(let peer): return "heard through \(node.name(of: peer))"
        case .notHeardSinceStart: return "not heard since the start"
        case .silent(let finding): return words(finding)
        case .vouched(let peer, let finding): return "\(words(finding)); \(node.name(of: peer)) hears it"
        case .givenUp(let finding):
            return "\(words(finding)); given up by \(names(finding.accusers)) of \(finding.observers) observers"
        case .toldGone(let teller, let accusers):
            return "given up by \(names(accusers)), told by \(node.name(of: teller))"
        case .notHeardByTheDeaf(let finding):
            return "\(words(finding)); \(finding.silentEdges) of \(finding.edges) neighbours of this node are silent"
        case .saidGoodbye: return "said goodbye"
        }
    }
}

extension ReplicationEngine.Unsifted {
    fileprivate var words: String {
        switch self {
        case .unanswered: "it was not answered"
        case .tooMany: "it would have been larger than all keys"
        case .differs: "what came out was not what that node holds"
        case .malformed: "the answer was to another question"
        }
    }
}
