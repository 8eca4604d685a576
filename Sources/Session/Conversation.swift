internal import Base
internal import Noise
internal import Traffic

/// What two nodes have with each other while both live: a line, and the keys that seal its packets. Keys come and go
/// under it, and so may paths; streams stay.
final class Conversation {
    let node: NodeID
    var line: Line
    /// The newest keys: they seal.
    private(set) var keys: SessionKeys
    /// Those before them, which still open what was on its way.
    private(set) var formerKeys: SessionKeys?
    private(set) var path: Path
    /// The peer's process: another number, another line.
    let life: UInt64
    /// Whether the handshake that began it was ours.
    let isMine: Bool
    let born: Instant
    private(set) var heard: Instant
    /// When the first packet was sent that nothing was heard after.
    private(set) var unansweredSince: Instant?
    /// When to say that we are here, if nothing else is said until then.
    private(set) var owesWord: Instant?
    /// What is repeated until the peer is heard: the last message of the handshake, or nothing but a sealed word.
    private var opening: Opening?
    /// The highest number that was opened: an older packet does not move the path.
    private var highest: UInt64?

    private struct Opening {
        var message: [UInt8]
        var next: Instant
        var patience: Patience
    }

    init(
        with node: NodeID, _ keys: SessionKeys, on path: Path, life: UInt64, isMine: Bool, settings: LineSettings,
        at now: Instant
    ) {
        self.node = node
        self.keys = keys
        self.path = path
        self.life = life
        self.isMine = isMine
        born = now
        heard = now
        var settings = settings
        settings.carrier = path.carrier
        line = Line(side: isMine ? .even : .odd, settings: settings, at: now)
    }

    /// Goes on under other keys, on the path where they were agreed.
    func renew(_ keys: SessionKeys, on path: Path, at now: Instant) -> SessionKeys? {
        let given = formerKeys
        formerKeys = self.keys
        self.keys = keys
        move(to: path, at: now)
        return given
    }

    /// Packets came from elsewhere, or are to go elsewhere.
    func move(to path: Path, at now: Instant) {
        guard path != self.path else { return }
        self.path = path
        line.pathChanged(to: path.carrier, at: now)
    }

    // MARK: Being heard

    /// The handshake that we began is done, but the peer cannot know: `message` is said again until it is heard.
    func repeatUntilHeard(_ message: [UInt8], at now: Instant) {
        opening = Opening(message: message, next: now, patience: Patience())
    }

    /// What is to be said once more now: the handshake's last message, or an empty array for a bare sealed word.
    func takeOpening(at now: Instant, _ random: inout Random) -> [UInt8]? {
        guard var opening, opening.next <= now else { return nil }
        guard let pause = opening.patience.next(&random) else {
            self.opening = nil
            return nil
        }
        opening.next = now + pause
        self.opening = opening
        return opening.message
    }

    /// A packet of the peer was opened.
    func hear(_ number: UInt64, from source: Path, isWord: Bool, at now: Instant) -> Bool {
        heard = now
        unansweredSince = nil
        opening = nil
        if !isWord, owesWord == nil { owesWord = now + Timing.word }
        let isNewest = highest.map { number > $0 } ?? true
        if isNewest { highest = number }
        guard isNewest, source != path else { return false }
        move(to: source, at: now)
        return true
    }

    /// A packet goes out. A bare word asks for nothing.
    func speak(isWord: Bool, at now: Instant) {
        owesWord = nil
        if !isWord, unansweredSince == nil { unansweredSince = now }
    }

    /// A word is due at once: somebody waits to hear that we have the keys.
    func oweWord(at now: Instant) { owesWord = now }

    var deadline: Instant? {
        .earlier(.earlier(line.deadline, opening?.next), .earlier(owesWord, heard + Timing.idle))
    }
}

/// How long a handshake waits for an answer before it is said again: a tenth longer each time, never the same for two
/// nodes. Pauses that grow faster spare nothing where somebody is there, for as many tries are needed; on a path that
/// loses 45 percent each way they only make one session in a hundred take sixteen seconds instead of five.
struct Patience {
    private(set) var tries = 0

    /// The pause after the next try; nil when it is time to give up.
    mutating func next(_ random: inout Random) -> Interval? {
        guard tries < Timing.tries else { return nil }
        tries += 1
        var pause = Timing.firstPause
        for _ in 1..<tries { pause = pause * 11 / 10 }
        return random.jittered(pause, percent: 25)
    }
}

/// When things are tried again and given up. Each is a trade between a bad link and a dead peer.
enum Timing {
    /// A round trip on a radio link. On a longer one a message is said twice or thrice for nothing.
    static let firstPause = Interval.milliseconds(200)
    /// Within eleven seconds. At 45 percent loss each way seven round trips in ten are lost, and all of so many seven
    /// times in ten thousand; whoever has more to say begins again.
    static let tries = 20
    /// The same for what is asked again before long, of a peer that may be gone for good or over UDP that may be
    /// blocked: two answers in three at 45 percent loss each way.
    static let fewTries = 3
    /// A peer that heard something and has nothing to say says that it is here.
    static let word = Interval.seconds(5)
    /// Without a word for so long after we spoke, the peer may have lost its keys: another handshake.
    static let silence = Interval.seconds(15)
    /// A handshake that somebody began and did not confirm.
    static let candidate = Interval.seconds(20)
    /// Two handshakes at one time are of one race when they end this close to each other.
    static let race = Interval.seconds(20)
    /// A line that lost a race still opens what was on its way.
    static let fading = Interval.seconds(30)
    /// A conversation that nobody used for so long goes.
    static let idle = Interval.hours(3)
    /// Tries that stay silent on UDP before TCP is dialled beside it, after 3.2 s. At 45 percent loss each way that
    /// happens to one session in 37, at 20 percent to one in 27,000; with three tries it was every third and every
    /// twentieth. TCP is at its worst where much is lost.
    static let silentTries = 10
    /// When a conversation that came to TCP first tries whether UDP passes after all: it may have been mere loss.
    static let backToUDP = Interval.seconds(5)
    /// Each such pause is twice the one before, up to this: a network that lets no UDP through seldom changes.
    static let longestToUDP = Interval.seconds(60)
}
