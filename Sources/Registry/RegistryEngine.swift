package import Base
internal import Crypto
package import Trust

/// The law of the mesh as one node holds it. It takes in signed records, has them judged, spreads them, keeps them, and
/// from them answers who is a member. What has to be signed it asks for, since an engine holds no key; what is decided
/// by a record it tells at once, so that a session with somebody who was thrown out does not outlive the news.
///
/// Two things make sure that everybody has every record. What is new is *spread*: said to three members at a time, some
/// times over. And what two nodes hold is *compared*, by hashes of ranges of ids, at the beginning of every session and
/// every few seconds with somebody: first the warnings, which are the revocations and all that they rest on, then the
/// rest. Nothing is owed to a peer, so nothing is remembered of it; a lost datagram shows at the next comparison.
package struct RegistryEngine: Engine, Sendable {
    package typealias Message = RegistryMessage

    package enum Command: Hashable, Sendable {
        /// There is a session with a node; who began it shows first what it holds.
        case met(NodeID, isMine: Bool)
        /// Members to talk to, as membership sees them.
        case neighbours([Contact])
        /// Records that somebody at the control socket, or this node's own key, has signed.
        case take([Record])
        /// Say in this node's name that this is done, by the grant that lets it.
        case operate(Operation)
        /// This start's key was replaced by this one.
        case goOver(to: SignerKey)
        /// This life ends.
        case end
    }

    package enum Effect: Hashable, Sendable {
        case send(RegistryMessage, to: Contact)
        case persist(Fact)
        /// Sign this, and hand the record in by `take`.
        case sign(Statement)
        /// Draw the next key of this start's feed, and say by `goOver` which it is.
        case turnKey
        /// Show the invitation to this node; its session is part of what is signed.
        case redeem(at: NodeID)
        /// Sign what time it is, under this nonce, and say it to this node.
        case tellClock(UInt64, to: NodeID)
        /// Sign a lease with these terms, and say it to this node.
        case signLease(LeaseTerms, to: NodeID)
        /// With these nobody speaks, by rising ids: they are all of them, each time.
        case bar([NodeID])
        case note(RegistryNote)
    }

    package let me: NodeKeys
    package internal(set) var book: RecordBook
    /// What the law comes to; nil as long as there is none. It is made anew at most every `Pace.judging`, unless this
    /// node's own side handed something in: while a whole law comes in, each datagram would else have all of it judged.
    package internal(set) var judgement: Judgement?
    /// When it was made, and of how many records: those behind them in the book came since.
    var judged: Instant
    var judgedRecords = 0
    /// How often the law was judged in this life, so that others see when there is something new to see.
    package private(set) var judgements = 0
    /// By the ids under which sessions know them.
    package internal(set) var members = SortedMap<NodeID, Judgement.Member>()
    /// Members whom the law threw out.
    package internal(set) var barred: [NodeID] = []
    /// The ids of the warnings, rising.
    var warnings: [Digest] = []
    var summary: RegistryMessage.Summary
    /// Members to talk to; told before each waking, and forgotten after it.
    var neighbours: [Contact] = []
    var spreading: [Spreading] = []
    /// When it goes on to spread news; at a member's start, until when news of all who start with it may be on its way.
    var nextSpread: Instant?
    /// While news is on its way, hashes that differ are not gone into before this.
    var nextAnswer: Instant
    var nextComparison: Instant
    var rhythm: Rhythm
    /// When peers may be asked and answered anew.
    var nextTurn: Instant
    /// Whom to ask what it holds, since it had something new, holds something else or called this node a moment ago.
    var inquiries: SortedMap<NodeID, Inquiry> = SortedMap()
    /// How many more that hold something else may still be asked again in this turn.
    var againLeft = Limits.askedAgain
    /// Nodes that this one began to speak with and does not know.
    var strangersShown: [NodeID] = []
    var assemblies: [Assembly] = []
    /// What this start of the node signs its acts with.
    var feed: OwnFeed
    /// Whether there is an invitation to show.
    var isInvited: Bool
    /// Whom a newcomer has met, for when the first does not let it in.
    var sponsors: [NodeID] = []
    /// How often it may still ask one of them in this turn, and when the next is asked.
    var asksLeft = Limits.sponsorsMet
    var nextAsk: Instant
    package internal(set) var lastDecline: RegistryMessage.Decline?
    /// Between what moments the true time must lie, as far as members have said.
    package internal(set) var time: TimeBracket
    /// How many clocks the newest bound rests on.
    package internal(set) var clocksHeard = 0
    var clockRound: ClockRound?
    var nextClocks: Instant
    /// How many clocks it may still tell in this turn.
    var clockAnswersLeft = Limits.clocksTold
    /// What others of the site have signed about this node last, and since when it has it.
    package internal(set) var lease: Verified?
    var leaseKnown: Instant
    var leaseRound: LeaseRound?
    var nextLease: Instant
    /// How many it may still sign in this turn.
    var leasesLeft = Limits.leasesSigned
    /// When the key of this start's feed is replaced; nil while it has done nothing to others.
    var nextKeyTurn: Instant?
    /// When it is seen whether there are ends of feeds to cosign.
    var nextCosigning: Instant?
    let bug: RegistryBug?
    /// Of members that this node had sessions with.
    var starts = SortedMap<NodeID, Starts>()
    /// Nodes whose identity runs in two places, and when that was last seen; perhaps this node's own.
    package internal(set) var twins = SortedMap<NodeID, Instant>()
    var clock: HybridClock
    var random: Random

    /// A record on its way to everybody.
    struct Spreading: Hashable, Sendable {
        let record: Digest
        var roundsLeft: Int
    }

    struct OwnFeed: Hashable, Sendable {
        let certificate: FeedCertificate
        var last: (id: Digest, sequence: UInt64)?
        var isClosed = false

        static func == (left: OwnFeed, right: OwnFeed) -> Bool {
            left.certificate == right.certificate && left.last?.id == right.last?.id
        }

        func hash(into hasher: inout Hasher) { hasher.combine(certificate) }
    }

    /// `founding` are the records that came with the identity, `stored` the facts of this shelf from earlier lives.
    /// `feed` is made anew for every start: its key dies with the process, so what one start signed cannot be forked by
    /// the next.
    package init(
        me: NodeKeys, mesh: Digest, founding: [Record], stored: [Fact], feed: FeedCertificate, isInvited: Bool,
        random: Random, bug: RegistryBug? = nil, at now: Now
    ) {
        self.bug = bug
        lease = Self.storedLease(stored)
        leaseKnown = now.instant
        nextLease = now.instant + Pace.leaseMissing
        self.me = me
        self.isInvited = isInvited
        self.random = random
        self.feed = OwnFeed(certificate: feed)
        book = RecordBook(mesh: mesh, bug: bug)
        clock = HybridClock(floor: HybridTime(bits: 0))
        nextComparison = now.instant + Pace.comparison
        nextAnswer = now.instant
        rhythm = Pace.rhythm(at: now.instant)
        nextTurn = now.instant + Pace.turn
        nextAsk = now.instant
        judged = now.instant
        time = TimeBracket(storedFloor: Self.storedFloor(stored), at: now)
        nextClocks = now.instant + Pace.clocksMissing
        summary = RegistryMessage.Summary(warnings: Digest(.zero), everything: Digest(.zero))
        let facts = stored.filter { $0.shelf == Shelf.records }.compactMap(\.value)
        book.restore(founding + facts.compactMap { try? Record(decoding: $0.raw) })
        if bug != .restoresUnjudged { judge() }
        // A newcomer lacks everything, and waits for nobody.
        if isMemberMyself { (nextSpread, nextAnswer) = (nextComparison, nextComparison) }
        hurryLease(at: now)
        expectCosigning(at: now)
    }

    package var deadline: Instant? {
        let judging = hasNews ? judged + Pace.judging : nil
        let diary = Instant.earlier(nextKeyTurn, nextCosigning)
        let tended = Instant.earlier(.earlier(.earlier(nextClocks, nextLease), diary), .earlier(nextTurn, judging))
        let said = Instant.earlier(.earlier(nextComparison, nextSpread), asksSponsors ? nextAsk : nil)
        return inquiries.values.reduce(.earlier(said, tended)) { .earlier($0, $1.due) }
    }

    /// Whether a node is a member in good standing, by the records that are here.
    package func isMember(_ node: NodeID) -> Bool { members[node].map { !$0.isRevoked } ?? false }

    /// What the mesh is called; nil as long as nobody has shown its genesis.
    package var meshName: String? { book.law?.root.name }

    /// A grant by which this node may do something now, and the head to do it under.
    package func right(to capability: Capability) -> (grant: Digest, head: Digest)? {
        guard let judgement, let grant = judgement.grant(of: me.signing, for: capability) else { return nil }
        return (grant, judgement.head)
    }

    /// The cuts, as bytes, with which a revocation of a member leaves what it did until now; `others` are those of what
    /// it wrote elsewhere.
    package func cuts(leaving member: Judgement.Member, besides others: [Cut]) -> [UInt8] {
        let cuts = others + (book.law?.cutsThatLeaveAll(of: member.node.signing) ?? [])
        var writer = ByteWriter()
        writer.list(Array(cuts.prefix(Limits.cuts)).risingOnce)
        return writer.bytes
    }

    /// The cuts with which a removal of an operator leaves what was done in office until now. Who did nothing leaves
    /// nothing to name; that this is known is said by naming the genesis.
    package func cuts(leaving leaver: Operator) -> [Cut] {
        let cuts = bug == .dropsCuts ? [] : book.law?.cutsThatLeaveAll(of: leaver.person.keys) ?? []
        return cuts.isEmpty ? [Cut(feed: book.mesh, sequence: 1, entry: book.mesh)] : cuts
    }

    /// The law, to be checked elsewhere; of one act only what the verdict on it rests on.
    package func file(about act: Digest?) -> LawFile {
        guard let act, let law = book.law else { return LawFile(of: book.mesh, book.records) }
        let ids = law.foundation(of: [act])
        return LawFile(of: book.mesh, book.records.filter { $0.id == book.mesh || ids.risingContains($0.id) })
    }

    /// By which redemption a node came in; nil when an operator granted it.
    package func redemption(of node: SignerKey) -> Digest? {
        judgement?.holdings(of: node).first { id in
            if case .redeem? = book.law?.entry(id)?.act { true } else { false }
        }
    }

    package var isMemberMyself: Bool { isMember(me.id) }

    private var hasNews: Bool { judgedRecords < book.records.count }

    // MARK: The three doors

    package mutating func receive(
        _ message: RegistryMessage, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard !barred.risingContains(peer) else { return outbox.put(.note(.ignored(.barred, from: peer))) }
        let contact = Contact(onSessionWith: peer)
        switch message {
        case .summary(let theirs):
            if theirs == summary { inquiries[peer] = nil } else { askAgain(peer, at: now) }
            take(theirs, from: contact, at: now, into: &outbox)
        case .parts(let lane, let range, let digests): take(digests, of: range, lane, from: contact, into: &outbox)
        case .list(let lane, let range, let ids): take(list: ids, of: range, lane, from: contact, into: &outbox)
        case .want(let ids): show(book.inOrder(ids), to: contact, into: &outbox)
        case .records(let records): take(records, from: peer, at: now, into: &outbox)
        case .piece(let piece):
            if let whole = put(piece) { take([whole], from: peer, at: now, into: &outbox) }
        case .redeem(let redemption): take(redemption, from: peer, at: now, into: &outbox)
        case .askClock(let nonce): answerClock(nonce, to: peer, into: &outbox)
        case .clock(let record): hear(clock: record, from: peer)
        case .askLease(let terms): answerLease(terms, to: peer, at: now, into: &outbox)
        case .start(let start, let isTwin): hear(start: start, isTwin: isTwin, from: peer, at: now, into: &outbox)
        case .leased(let record): hear(lease: record, from: peer, at: now, into: &outbox)
        case .declined(let why):
            guard isInvited, !isMemberMyself else { return }
            // What another says who may not vouch at all is no news.
            if why != .noSponsor || lastDecline == nil { lastDecline = why }
            outbox.put(.note(.declined(why, by: peer)))
            if why == .noSponsor { askSponsor(at: now, into: &outbox) }
        }
    }

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .met(let peer, let isMine):
            meet(peer, isMine: isMine, at: now, into: &outbox)
        case .neighbours(let contacts): neighbours = contacts
        case .take(let records): take(records, from: nil, at: now, into: &outbox)
        case .operate(let operation):
            guard let right = right(to: operation.capability) else { return }
            act(.operate(operation), under: right.grant, at: now, into: &outbox)
        case .goOver(let key): goOver(to: key, at: now, into: &outbox)
        case .end: closeDiary(at: now, into: &outbox)
        }
    }

    package mutating func wake(at now: Now, into outbox: inout Outbox<Effect>) {
        defer { neighbours = [] }
        if hasNews, judged + Pace.judging <= now.instant { judgeNews(at: now, into: &outbox) }
        if let due = nextSpread, due <= now.instant { spread(at: now, into: &outbox) }
        inquire(at: now, into: &outbox)
        tendClocks(at: now, into: &outbox)
        tendLease(at: now, into: &outbox)
        tendDiary(at: now, into: &outbox)
        if nextTurn <= now.instant { takeTurn(at: now) }
        if nextAsk <= now.instant { askSponsor(at: now, into: &outbox) }
        guard nextComparison <= now.instant else { return }
        nextComparison = now.instant + random.jittered(rhythm.interval(at: now.instant), percent: 25)
        if let neighbour = random.pick(neighbours) { outbox.put(.send(.summary(summary), to: neighbour)) }
    }

    // MARK: Inside

    private mutating func takeTurn(at now: Now) {
        nextTurn = now.instant + random.jittered(Pace.turn, percent: 25)
        asksLeft = Limits.sponsorsMet
        clockAnswersLeft = Limits.clocksTold
        leasesLeft = Limits.leasesSigned
        againLeft = Limits.askedAgain
        forgetTwins(at: now)
    }

    /// There is something that others may lack, or this node may.
    mutating func quicken(at now: Now) {
        rhythm.notice(at: now.instant)
        nextComparison = min(nextComparison, now.instant + Pace.comparison)
    }

    /// A session begins with the hashes of what each holds. A newcomer shows its invitation.
    private mutating func meet(_ peer: NodeID, isMine: Bool, at now: Now, into outbox: inout Outbox<Effect>) {
        guard !barred.risingContains(peer) else { return }
        tellStart(to: peer, into: &outbox)
        if isMine, !isMember(peer), !strangersShown.contains(peer) {
            if strangersShown.count >= Limits.strangersShown { strangersShown.removeFirst() }
            strangersShown.append(peer)
        }
        if isInvited, !isMemberMyself {
            if !sponsors.contains(peer) {
                if sponsors.count >= Limits.sponsorsMet { sponsors.removeLast() }
                sponsors.insert(peer, at: 0)
            }
            if nextAsk <= now.instant { askSponsor(at: now, into: &outbox) }
            return
        }
        // Of the two that meet one shows what it holds; the other only if it does not hear that they hold the same.
        guard isMine || !isMember(peer) else {
            return inquiries[peer] = Inquiry(due: now.instant + (nextSpread == nil ? Pace.goOn : Pace.comparison))
        }
        outbox.put(.send(.summary(summary), to: Contact(onSessionWith: peer)))
    }

    /// Whether this node waits to be let in and knows somebody who may do so.
    private var asksSponsors: Bool { isInvited && !isMemberMyself && asksLeft > 0 && !sponsors.isEmpty }

    /// A newcomer asks whom it met, one after the other: many of them may be newcomers too, and whoever lets it in says
    /// so for ever.
    private mutating func askSponsor(at now: Now, into outbox: inout Outbox<Effect>) {
        guard asksSponsors else { return }
        nextAsk = now.instant + Pace.ask
        asksLeft -= 1
        let next = sponsors.removeFirst()
        sponsors.append(next)
        outbox.put(.redeem(at: next))
    }

    /// Takes records in, and sees to all that follows from those that are new.
    mutating func take(
        _ records: [Record], from peer: NodeID?, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        var news: [Record] = []
        for record in records {
            switch book.admit(record) {
            case .new(let placed): news += placed
            case .known: if peer != nil { tire(of: record.id) }
            case .early: break
            case .full: outbox.put(.note(.full))
            case .refused(let why): outbox.put(.note(.refused(why, from: peer)))
            case .misplaced: outbox.put(.note(.misplaced(record.id, from: peer)))
            }
        }
        guard !news.isEmpty else { return }
        quicken(at: now)
        for record in news {
            outbox.put(.persist(Fact(shelf: Shelf.records, key: record.id.value.bytes, value: record.encoded)))
        }
        if peer == nil || judged + Pace.judging <= now.instant { judgeNews(at: now, into: &outbox) }
        // Who had something new may have more.
        guard let peer else { return }
        inquiries[peer] = Inquiry(due: now.instant + Pace.goOn, triesLeft: inquiries[peer]?.triesLeft ?? 1)
    }

    /// Sees to all that follows from what came since the last judgement.
    private mutating func judgeNews(at now: Now, into outbox: inout Outbox<Effect>) {
        let (wasMember, former) = (isMemberMyself, barred)
        let news = book.records[judgedRecords...].map(\.id)
        judge()
        judged = now.instant
        startSpreading(news, at: now)
        hurryLease(at: now)
        expectCosigning(at: now)
        if barred != former {
            outbox.put(.bar(barred))
            for node in barred where !former.risingContains(node) { outbox.put(.note(.revoked(node))) }
        }
        if !wasMember, isMemberMyself { outbox.put(.note(.admitted)) }
    }

    /// Works out what the law comes to now.
    mutating func judge() {
        judgedRecords = book.records.count
        guard let law = book.law else { return }
        let judgement = Judgement(of: law)
        self.judgement = judgement
        judgements += 1
        members = SortedMap()
        for member in judgement.members.values { members[member.node.id] = member }
        barred = judgement.thrownOut.map(\.key.nodeID).risingOnce
        warnings = law.warnings
        summary = RegistryMessage.Summary(
            warnings: IDRange.whole.digest(of: warnings), everything: IDRange.whole.digest(of: book.ids))
        strangersShown.removeAll(where: isMember)
    }
}

/// What the registry decided or saw, with its reason.
package enum RegistryNote: Hashable, Sendable {
    /// The law makes this node a member.
    case admitted
    /// The law threw a member out.
    case revoked(NodeID)
    /// A newcomer came in by an invitation, and this node vouched for it.
    case sponsored(NodeID)
    case turnedAway(NodeID, RegistryMessage.Decline)
    case declined(RegistryMessage.Decline, by: NodeID)
    case ignored(Ignored, from: NodeID)
    /// By whom it was sent; nil for our own side.
    case refused(RecordRefusal, from: NodeID?)
    case misplaced(Digest, from: NodeID?)
    /// There is no room for more records.
    case full
    /// This identity runs in two places.
    case twin(NodeID)

    package enum Ignored: UInt8, CaseIterable, Sendable {
        /// The sender was thrown out.
        case barred
        /// Records are shown to members only.
        case stranger
        /// A redemption for another node than the one that sent it.
        case notItsOwn
    }
}

/// How often things are said.
enum Pace {
    /// Between two rounds in which news is spread.
    static let spread = Interval.milliseconds(200)
    /// How many members hear news in one round.
    static let fanOut = 3
    /// In how many rounds it says what warns nobody.
    static let plainRounds = 4
    /// Between two comparisons with somebody, and when nothing was new for so long.
    static let comparison = Interval.seconds(2)
    static let calmComparison = Interval.seconds(8)
    static let calmAfter = Interval.seconds(15)
    /// Between two times at which it is counted anew what peers may ask and are answered.
    static let turn = Interval.seconds(2)
    /// How long a newcomer waits for whom it asked to let it in before it asks somebody else.
    static let ask = Interval.milliseconds(500)

    static func rhythm(at now: Instant) -> Rhythm {
        Rhythm(lively: comparison, calm: calmComparison, patience: calmAfter, at: now)
    }

    /// Between two judgements of what peers said.
    static let judging = Interval.milliseconds(100)
    /// Between two questions for the time, and until it is asked again when too few have answered.
    static let clocks = Interval.minutes(10)
    static let clocksMissing = Interval.seconds(5)
    /// For how long answers to such a question are waited for.
    static let clockAnswers = Interval.seconds(2)
    /// Between two looks at the own lease where no policy asks for one, and where one does.
    static let leaseLeisure = Interval.minutes(10)
    static let leaseMissing = Interval.seconds(10)
    /// How many nodes are asked at a time to sign one, and until the next are.
    static let leaseAsks = 4
    static let leaseStep = Interval.seconds(1)
    /// For how long two that ran under one identity are remembered.
    static let twins = Interval.hours(1)
    /// Until a peer that had news is asked for more.
    static let goOn = Interval.milliseconds(100)
    /// Between two times at which a peer is asked that holds something else, and how often it is.
    static let again = Interval.milliseconds(500)
    static let tries = 4
    /// So many members may tell each other everything at once.
    static let few = 8
    /// After its first act, a key lasts so long.
    static let keyLife = Interval.hours(1)
    /// Until the ends of feeds are cosigned, half as much more or less: what belongs together is done by then.
    static let cosigning = Interval.minutes(10)
}
