internal import Base
internal import Session
internal import Traffic

/// The words for what happens to a link: one name for programs and one sentence for people for each note.
extension SessionNote {
    /// One word for programs. What has the same name is the same thing happening again.
    var name: String {
        switch self {
        case .refused: "packet.refused"
        case .began(_, .firstWord): "handshake.first_word"
        case .began(_, .wornOut): "handshake.worn_out"
        case .began(_, .silence): "handshake.silence"
        case .began(_, .backToUDP): "handshake.back_to_udp"
        case .unanswered: "handshake.unanswered"
        case .established: "link.up"
        case .renewed: "link.renewed"
        case .ended(_, .peerRestarted): "link.ended.peer_restarted"
        case .ended(_, .lostRace): "link.ended.lost_race"
        case .ended(_, .idle): "link.ended.idle"
        case .ended(_, .evicted): "link.ended.evicted"
        case .ended(_, .fault): "link.ended.fault"
        case .ended(_, .forgotten): "link.ended.forgotten"
        case .ended(_, .barred): "link.ended.barred"
        case .moved: "link.moved"
        case .fellBack: "link.fell_back"
        case .comesOverUDP: "udp.comes"
        case .answeredByOther: "handshake.other_node"
        case .proofAsked(_, .address): "proof.address_wanted"
        case .proofAsked(_, .fresh): "proof.fresh_wanted"
        case .cookieAsked: "proof.address_asked"
        case .freshAsked: "proof.fresh_asked"
        case .dropped: "datagrams.dropped"
        case .line(_, .rate): "line.rate"
        case .line(_, .packetSize): "line.packet_size"
        case .line(_, .blackHole): "line.black_hole"
        case .line(_, .dropped): "line.dropped"
        case .line(_, .reordering): "line.reordering"
        case .line(_, .rebuilt): "line.rebuilt"
        }
    }

    /// What happened, as a sentence; `name` says what people call a node.
    func sentence(_ name: (NodeID) -> String) -> String {
        switch self {
        case .refused(let refusal, let path): "a packet from \(path) was refused: \(refusal.meaning)"
        case .began(let contact, let reason): "this node began a handshake at \(contact.address): \(reason.words)"
        case .unanswered(let contact, let tries):
            "nobody at \(contact.address) answered \(tries) tries: this node gave up until there is more to say"
        case .established(_, let path, let isMine):
            "a session is there, over \(path); \(isMine ? "this node" : "the peer") began it"
        case .renewed(_, let path): "the session goes on under new keys, over \(path)"
        case .ended(_, let ending): "the session ended: \(ending.words)"
        case .moved(_, let from, let to): "the peer's packets come over \(to) now, no longer over \(from)"
        case .fellBack(_, let tries): "UDP was silent for \(tries) tries and TCP answered: the session runs over TCP"
        case .comesOverUDP: "a handshake of the peer came over UDP; it hears no answer there"
        case .answeredByOther(_, let other, let path):
            "\(name(other)) answered at \(path) in the place of the node that was meant"
        case .proofAsked(_, .address):
            "the peer is alive and in this mesh; it asks for a proof of this node's address before it does more"
        case .proofAsked(_, .fresh): "the peer's address asks for a handshake that cannot be an old one said again"
        case .cookieAsked(let path): "many handshakes come in: \(path) was asked to prove its address"
        case .freshAsked(let path): "a handshake from \(path) may be an old one said again: a fresh one was asked for"
        case .dropped(_, let count): "\(count == 1 ? "a datagram" : "\(count) datagrams") waited in vain and went"
        case .line(_, let note): note.sentence
        }
    }
}

extension SessionNote.Beginnings {
    fileprivate var words: String {
        switch self {
        case .firstWord: "there was something to say and no session"
        case .wornOut: "the session's keys had sealed enough"
        case .silence: "the peer was spoken to and stayed silent"
        case .backToUDP: "perhaps UDP passes again"
        }
    }
}

extension SessionNote.Ending {
    var words: String {
        switch self {
        case .peerRestarted: "the peer's process is another one now"
        case .lostRace: "both sides began at one time, and the other session goes on"
        case .idle: "nobody used it for hours"
        case .evicted: "there were too many, and it was the least used"
        case .fault: "the peer broke the rules of the line"
        case .forgotten: "the peer no longer knew it"
        case .barred: "the law of the mesh threw the peer out"
        }
    }
}

extension LineNote {
    fileprivate var sentence: String {
        switch self {
        case .rate(let mode, let rate, let reason):
            "the rate is \(rate < 10_000 ? "\(rate) B/s" : "\(rate / 1_000) kB/s"): \(mode.phrase), \(reason.phrase)"
        case .packetSize(let bytes): "the path carries packets of \(bytes) bytes"
        case .blackHole(let bytes): "large packets vanished while small ones passed: back to \(bytes) bytes"
        case .dropped(let priority): "a queue was full: its oldest datagram (\(priority)) went"
        case .reordering(let packets): "packets overtake one another by up to \(packets): more patience with late ones"
        case .rebuilt(_, let count): "\(count) lost packets at a stream's end were rebuilt from mixed ones"
        }
    }
}

extension RateMode {
    var word: String {
        switch self {
        case .start: "start"
        case .steady: "steady"
        case .competing: "competing"
        case .yielding: "yielding"
        case .policed: "policed"
        case .carried: "carried"
        }
    }

    var phrase: String {
        switch self {
        case .start: "finding the rate"
        case .steady: "steady"
        case .competing: "shares the path"
        case .yielding: "gives way to others"
        case .policed: "policed on the way"
        case .carried: "TCP paces"
        }
    }
}

extension RateReason {
    var word: String {
        switch self {
        case .burstSpacing: "burst_spacing"
        case .room: "room"
        case .saturated: "saturated"
        case .standingQueue: "standing_queue"
        case .queueDrained: "queue_drained"
        case .excessLoss: "excess_loss"
        case .lossIsThePaths: "loss_is_the_paths"
        case .silence: "silence"
        case .pathChanged: "path_changed"
        }
    }

    var phrase: String {
        switch self {
        case .burstSpacing: "a burst told the capacity"
        case .room: "no queue in sight"
        case .saturated: "a queue shows"
        case .standingQueue: "a queue of others stays"
        case .queueDrained: "the queue went"
        case .excessLoss: "more loss than the path's own"
        case .lossIsThePaths: "the loss is the path's own"
        case .silence: "nothing was heard for long"
        case .pathChanged: "the path is new"
        }
    }
}

extension Refusal {
    /// What the refusal of a packet tells of whoever sent it.
    var meaning: String {
        switch self {
        case .badLength: "not a packet of Marram, or one that was cut"
        case .badHeader: "not a packet of Marram, or one of another version"
        case .badCode: "whoever sent it has another mesh's key, or means another node"
        case .noCookie: "this node gets too many handshakes and waits for a proof of the address"
        case .tooManyHandshakes: "it begins handshakes faster than anybody honest"
        case .badHandshake: "its handshake does not compute: another key, or bytes changed on the way"
        case .unexpected: "it answers nothing that this node waits for, or came too late"
        case .badIntroduction: "its introduction does not prove its key"
        case .otherNode: "another node answered than was meant"
        case .unknownSession: "it is of a session that this node no longer has, as after a restart"
        case .badSeal: "its seal does not open: bytes changed on the way"
        case .replayed: "it came before: the network doubles packets, or somebody plays them again"
        case .oldPhase: "it was sealed with a key that was given up: it was long on its way"
        case .reflected: "this node itself is there: its own packet came back"
        case .badContent: "what was inside breaks the rules: a fault, or a later version"
        case .barred: "the law of the mesh threw it out"
        }
    }

    /// Whether it speaks for somebody who does not have this mesh's key.
    var speaksOfStranger: Bool {
        switch self {
        case .badCode, .badHandshake: true
        case .badLength, .badHeader, .noCookie, .tooManyHandshakes, .unexpected, .badIntroduction, .otherNode,
            .unknownSession, .badSeal, .replayed, .oldPhase, .reflected, .badContent, .barred:
            false
        }
    }
}
