package import Base
package import Crypto

/// What nodes say of themselves that is true for a while and lies on no disk: each writes one sheet, and all read all.
///
/// A changed sheet is told to the neighbours at once, and by each of them to its own, until they have acknowledged it.
/// So much a second may be said; where more changes than that, and where datagrams were lost, *rounds* find out who
/// lacks what: two nodes compare fingerprints, then summaries, and tell each other what the other has not.
package struct VitalsEngine: Engine {
    package enum Command: Hashable, Sendable {
        /// Those to tell and to compare with, rising.
        case contacts([NodeID])
        /// Who may have a sheet, rising.
        case members([NodeID])
        /// A value of this node's; nil takes it off the sheet.
        case note([UInt8], [UInt8]?)
        case signed(Sheet.Version, Signature)
        /// Whether the owner has signed what that peer told.
        case verified(AgedSheet, by: NodeID, isTrue: Bool)
    }

    package enum Effect: Hashable, Sendable {
        case send(VitalsMessage, to: NodeID)
        /// Sign this with the node's key, which is not in here.
        case sign(Sheet)
        /// Say whether its owner has signed it.
        case verify(AgedSheet, from: NodeID)
        case note(Note)
    }

    package enum Note: Hashable, Sendable {
        /// A sheet that is news, by whom it was told; nil for one's own.
        case changed(NodeID, by: NodeID?)
        case forged(owner: NodeID, by: NodeID)
        case stranger(owner: NodeID, by: NodeID)
    }

    /// A sheet, and since when it is here.
    struct Known: Hashable, Sendable {
        var aged: AgedSheet
        var since: Instant
        /// Neighbours that have not said that they have it, how often they were told, and when they are told again.
        var waiting: SortedMap<NodeID, Telling> = SortedMap()
        /// Later sheets of the same owner that are taken.
        var changes = Allowance()

        var sheet: Sheet { aged.signed.sheet }

        func age(at now: Instant) -> Int { aged.age + Int(max((now - since).seconds, 0)) }
        func isAlive(at now: Instant) -> Bool { age(at: now) < sheet.lifetime }
        func isTold(at now: Instant) -> Bool {
            age(at: now) < sheet.lifetime - sheet.lifetime / VitalsRules.partsOfLife
        }
    }

    struct Telling: Hashable, Sendable {
        var due: Instant
        var times: Int
    }

    let me: NodeID
    /// Of the newest sheet of this node, or of the one that is being signed.
    var version: Sheet.Version
    /// What stands on the next sheet.
    var own: [Sheet.Entry] = []
    var isChanged = false
    var signing: Sheet?
    var sheets: SortedMap<NodeID, Known> = SortedMap()
    var members: [NodeID] = []
    package internal(set) var contacts: [NodeID] = []
    var changing = Allowance()
    var spending = Allowance()
    /// The last time that there was something to tell.
    var lastNews: Instant
    var nextRound: Instant?
    /// Nobody waits to be told anything before that.
    var nextTelling: Instant?
    var distrusted: SortedMap<NodeID, Instant> = SortedMap()
    var random: Random

    package init(me: NodeID, boot: UInt64, random: Random, at now: Now) {
        self.me = me
        version = Sheet.Version(boot: boot, count: 0)
        lastNews = now.instant
        self.random = random
    }

    package var deadline: Instant? { .earlier(.earlier(nextRound, nextSheet), nextTelling) }

    // MARK: Reading

    package struct Row: Hashable, Sendable {
        package let sheet: Sheet
        /// In seconds.
        package let age: Int
    }

    /// What the sheets say that have not ended, by owner.
    package func rows(at now: Instant) -> [Row] {
        sheets.values.filter { $0.isAlive(at: now) && !$0.sheet.entries.isEmpty }
            .map { Row(sheet: $0.sheet, age: $0.age(at: now)) }
    }

    /// What it says of itself as far as this node has heard.
    package func entries(of owner: NodeID) -> [Sheet.Entry] { sheets[owner]?.sheet.entries ?? [] }

    /// What this node says of itself, whether it was signed yet or not.
    package func value(of key: [UInt8]) -> [UInt8]? { own.first { $0.key == key }?.value }

    /// Whether the sheet has room for that.
    package func hasRoom(for key: [UInt8], _ value: [UInt8]) -> Bool {
        sheet(Sheet.Version(boot: Limits.counted, count: Limits.counted), of: own.with(key, value)).fits
    }

    // MARK: The doors

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .contacts(let nodes):
            let isLarger = nodes.contains { !contacts.contains($0) }
            contacts = nodes
            for index in 0..<sheets.count {
                sheets.update(at: index) { known in
                    for peer in known.waiting.keys where !nodes.contains(peer) { known.waiting[peer] = nil }
                }
            }
            if isLarger { isNews(at: now.instant) }
        case .members(let nodes):
            members = nodes
            for owner in sheets.keys where !members.risingContains(owner) { sheets[owner] = nil }
        case .note(let key, let value):
            guard self.value(of: key) != value else { return }
            own = own.with(key, value)
            isChanged = true
            write(at: now.instant, into: &outbox)
        case .signed(let version, let signature):
            guard let sheet = signing, sheet.version == version else { return }
            signing = nil
            accept(AgedSheet(SignedSheet(sheet, signature), age: 0), by: nil, at: now.instant, into: &outbox)
        case .verified(let aged, let peer, let isTrue):
            guard isTrue else {
                distrusted[peer] = now.instant + VitalsRules.distrust
                return outbox.put(.note(.forged(owner: aged.signed.sheet.owner, by: peer)))
            }
            take(aged, by: peer, at: now.instant, into: &outbox)
        }
    }

    package mutating func receive(
        _ message: VitalsMessage, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        switch message {
        case .root(let theirs):
            guard theirs != root(at: now.instant) else { return }
            if nextRound != nil { beginSoon(VitalsRules.doubt, at: now.instant) }
            guard maySpend(VitalsRules.summaryBytes, at: now.instant) else { return }
            let parts = max((sheets.count + VitalsRules.sheetsPerPart - 1) / VitalsRules.sheetsPerPart, 1)
            let summary = summary(
                salt: random.next(), part: random.below(parts), of: parts, isAnswer: false, at: now.instant)
            say(.summary(summary), to: peer, at: now.instant, into: &outbox)
        case .summary(let theirs): compare(theirs, with: peer, at: now.instant, into: &outbox)
        case .sheets(let told):
            for aged in told { hear(aged, from: peer, at: now.instant, into: &outbox) }
        case .have(let mark):
            for index in 0..<sheets.count where Mark.beginning(of: sheets.keys[index]) == mark.owner {
                guard sheets.values[index].sheet.version <= mark.version else { continue }
                sheets.update(at: index) { $0.waiting[peer] = nil }
            }
        }
    }

    package mutating func wake(at now: Now, into outbox: inout Outbox<Effect>) {
        if let due = nextSheet, due <= now.instant {
            isChanged = true
            write(at: now.instant, into: &outbox)
        }
        tellAgain(at: now.instant, into: &outbox)
        guard let due = nextRound, due <= now.instant else { return }
        sweep(at: now.instant)
        beginRound(at: now.instant, into: &outbox)
    }

    // MARK: One's own sheet

    private func sheet(_ version: Sheet.Version, of entries: [Sheet.Entry]) -> Sheet {
        let turn = turnBytes * owners / (VitalsRules.bytesPerSecond / VitalsRules.newSheetShare)
        let lifetime = min(max(VitalsRules.leastLifetime, turn * VitalsRules.turnsOfLife), Limits.sheetSeconds)
        return Sheet(owner: me, version: version, lifetime: lifetime, entries: entries)
    }

    /// How many have sheets: so many share what all together may say.
    private var owners: Int { max(sheets.count, VitalsRules.fewestOwners) }

    /// What a sheet of this node costs everybody.
    private var turnBytes: Int {
        own.reduce(0) { $0 + $1.key.count + $1.value.count + 2 } + Bytes32.byteCount + Signature.byteCount
            + Limits.membershipOverhead
    }

    /// When the sheet has to be written anew: what has changed as soon as it is this node's turn, else in good time
    /// before it ends.
    private var nextSheet: Instant? {
        guard signing == nil else { return nil }
        if isChanged {
            return changing.opens(
                perSecond: VitalsRules.bytesPerSecond / VitalsRules.newSheetShare,
                burst: turnBytes * owners * VitalsRules.changesSavedUp)
        }
        guard let known = sheets[me], !known.sheet.entries.isEmpty else { return nil }
        return known.since + .seconds(Int64(known.sheet.lifetime / VitalsRules.timesSaid))
    }

    private mutating func write(at now: Instant, into outbox: inout Outbox<Effect>) {
        guard let due = nextSheet, due <= now else { return }
        changing.spend(
            turnBytes * owners, perSecond: VitalsRules.bytesPerSecond / VitalsRules.newSheetShare, at: now)
        version.count += 1
        isChanged = false
        let next = sheet(version, of: own)
        signing = next
        outbox.put(.sign(next))
    }

    // MARK: Taking

    private mutating func hear(
        _ aged: AgedSheet, from peer: NodeID, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        let sheet = aged.signed.sheet
        guard distrusted[peer].map({ $0 <= now }) ?? true else { return }
        guard members.risingContains(sheet.owner) else {
            return outbox.put(.note(.stranger(owner: sheet.owner, by: peer)))
        }
        if let known = sheets[sheet.owner], sheet.version <= known.sheet.version {
            if sheet.version == known.sheet.version { isThere(sheet.owner, at: peer) }
            return acknowledge(known.sheet, to: peer, at: now, into: &outbox)
        }
        // What nobody will take is not worth a look at its signature, however often it is told; nor is what an owner
        // writes faster than anybody may.
        guard Known(aged: aged, since: now).isTold(at: now), mayChange(sheet.owner, at: now) else { return }
        outbox.put(.verify(aged, from: peer))
    }

    private func mayChange(_ owner: NodeID, at now: Instant) -> Bool {
        sheets[owner]?.changes.allows(
            at: now, perSecond: VitalsRules.changesPerSecond, burst: 2 * VitalsRules.changesSavedUp) ?? true
    }

    private mutating func take(
        _ aged: AgedSheet, by peer: NodeID, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        let sheet = aged.signed.sheet
        guard sheet.owner != me else { return outdo(sheet, at: now, into: &outbox) }
        // Two copies in one datagram are both looked at.
        guard sheets[sheet.owner].map({ $0.sheet.version < sheet.version }) ?? true, mayChange(sheet.owner, at: now)
        else { return }
        accept(aged, by: peer, at: now, into: &outbox)
        acknowledge(sheet, to: peer, at: now, into: &outbox)
    }

    /// A sheet of an earlier life of this node is still about, or another machine has its key: a later one takes its
    /// place.
    private mutating func outdo(_ sheet: Sheet, at now: Instant, into outbox: inout Outbox<Effect>) {
        // A count that nobody can have come to leaves none to go on with.
        guard sheet.version.count < Limits.counted / 2 else { return }
        version = max(version, sheet.version)
        signing = nil
        isChanged = true
        write(at: now, into: &outbox)
    }

    private mutating func accept(
        _ aged: AgedSheet, by peer: NodeID?, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        let owner = aged.signed.sheet.owner
        var known = Known(aged: aged, since: now)
        known.changes = sheets[owner]?.changes ?? Allowance()
        known.changes.spend(1, perSecond: VitalsRules.changesPerSecond, at: now)
        for contact in contacts where contact != peer && contact != owner {
            known.waiting[contact] = Telling(due: now, times: 0)
        }
        sheets[owner] = known
        outbox.put(.note(.changed(owner, by: peer)))
        isNews(at: now)
        nextTelling = now
        tellAgain(at: now, into: &outbox)
    }

    // MARK: Telling

    /// Tells the neighbours what they have not acknowledged. What the budget does not allow, or was told often enough,
    /// is left to the rounds.
    private mutating func tellAgain(at now: Instant, into outbox: inout Outbox<Effect>) {
        guard let due = nextTelling, due <= now else { return }
        nextTelling = nil
        for index in 0..<sheets.count where !sheets.values[index].waiting.isEmpty {
            let isOwn = sheets.keys[index] == me
            guard isOwn || maySpend(VitalsRules.pushBytes, at: now), sheets.values[index].isTold(at: now) else {
                sheets.update(at: index) { $0.waiting.removeAll() }
                continue
            }
            for (peer, telling) in sheets.values[index].waiting where telling.due <= now {
                let again = now + random.jittered(VitalsRules.pushSpacing, percent: 20)
                sheets.update(at: index) { known in
                    let times = telling.times + 1
                    known.waiting[peer] = times < VitalsRules.pushes ? Telling(due: again, times: times) : nil
                }
                let known = sheets.values[index]
                say(
                    .sheets([AgedSheet(known.aged.signed, age: known.age(at: now))]), to: peer, at: now,
                    into: &outbox)
            }
            for telling in sheets.values[index].waiting.values { nextTelling = .earlier(nextTelling, telling.due) }
        }
    }

    private mutating func isThere(_ owner: NodeID, at peer: NodeID) {
        let (index, found) = sheets.position(of: owner)
        if found { sheets.update(at: index) { $0.waiting[peer] = nil } }
    }

    private mutating func acknowledge(
        _ sheet: Sheet, to peer: NodeID, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        guard maySpend(VitalsRules.burstBytes, at: now) else { return }
        say(.have(Mark(sheet)), to: peer, at: now, into: &outbox)
    }

    // MARK: Rounds

    private mutating func isNews(at now: Instant) {
        lastNews = now
        beginSoon(VitalsRules.lively, at: now)
    }

    private mutating func beginSoon(_ pause: Interval, at now: Instant) {
        nextRound = .earlier(nextRound, now + random.jittered(pause, percent: 20))
    }

    private mutating func sweep(at now: Instant) {
        for owner in sheets.keys where !(sheets[owner]?.isAlive(at: now) ?? false) { sheets[owner] = nil }
        for (peer, until) in distrusted where until <= now { distrusted[peer] = nil }
    }

    private mutating func beginRound(at now: Instant, into outbox: inout Outbox<Effect>) {
        // Who has nothing asks a few times whether the others have: it may just have started.
        let since = now - lastNews
        guard !sheets.isEmpty || since < VitalsRules.calm else { return nextRound = nil }
        let (part, least) = sheets.isEmpty ? (1, VitalsRules.doubt) : (VitalsRules.slowing, VitalsRules.lively)
        let pause = min(max(since / part, least), VitalsRules.calm)
        nextRound = now + random.jittered(pause, percent: 20)
        guard maySpend(VitalsRules.roundBytes, at: now), let peer = random.pick(contacts) else { return }
        say(.root(root(at: now)), to: peer, at: now, into: &outbox)
    }

    private func root(at now: Instant) -> UInt64 {
        var root: UInt64 = 0
        for known in sheets.values where known.isTold(at: now) {
            var hash = TraceHash(value: known.sheet.version.boot)
            hash.absorb(known.sheet.owner)
            hash.absorb(known.sheet.version.count)
            root ^= hash.value
        }
        return root
    }

    private func summary(
        salt: UInt64, part: Int, of parts: Int, isAnswer: Bool, at now: Instant
    ) -> Summary {
        var summary = Summary(salt: salt, parts: parts, part: part, isAnswer: isAnswer, lines: [])
        var lines = sheets.values.filter { $0.isTold(at: now) }.map {
            Summary.Line(hash: summary.hash(of: $0.sheet.owner), version: $0.sheet.version)
        }.filter { summary.covers($0.hash) }
        lines.sort { $0.hash < $1.hash }
        var bytes = 0
        for line in lines where summary.lines.count < Limits.sheetsPerSummary && summary.lines.last?.hash != line.hash {
            bytes += line.encoded.count
            guard bytes <= Limits.membershipBytes - Signature.byteCount else { break }
            summary.lines.append(line)
        }
        return summary
    }

    /// Tells what they lack, and asks for what this node lacks by saying what it has.
    private mutating func compare(
        _ theirs: Summary, with peer: NodeID, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        var missing: [AgedSheet] = []
        var here: Set<UInt32> = []
        var isBehind = false
        for known in sheets.values where known.isTold(at: now) {
            let hash = theirs.hash(of: known.sheet.owner)
            guard theirs.covers(hash) else { continue }
            here.insert(hash)
            let version = theirs.version(of: hash)
            if version.map({ $0 < known.sheet.version }) ?? true {
                missing.append(AgedSheet(known.aged.signed, age: known.age(at: now)))
            } else if let version, version > known.sheet.version {
                isBehind = true
            }
        }
        isBehind = isBehind || theirs.lines.contains { !here.contains($0.hash) }
        random.shuffle(&missing)
        tell(missing[...], to: peer, at: now, into: &outbox)
        guard isBehind, !theirs.isAnswer, maySpend(VitalsRules.summaryBytes, at: now) else { return }
        let mine = summary(salt: theirs.salt, part: theirs.part, of: theirs.parts, isAnswer: true, at: now)
        say(.summary(mine), to: peer, at: now, into: &outbox)
    }

    private mutating func tell(
        _ missing: ArraySlice<AgedSheet>, to peer: NodeID, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        var left = missing
        for _ in 0..<VitalsRules.datagramsPerAnswer where !left.isEmpty {
            guard maySpend(VitalsRules.burstBytes, at: now) else { return }
            var bytes = 0
            let batch = left.prefix(Limits.sheetsPerMessage).prefix { aged in
                bytes += aged.encoded.count
                return bytes <= Limits.membershipBytes - Signature.byteCount
            }
            left = left.dropFirst(batch.count)
            say(.sheets(Array(batch)), to: peer, at: now, into: &outbox)
        }
    }

    // MARK: The budget

    private func maySpend(_ most: Int, at now: Instant) -> Bool {
        spending.allows(at: now, perSecond: VitalsRules.bytesPerSecond, burst: most)
    }

    private mutating func say(
        _ message: VitalsMessage, to peer: NodeID, at now: Instant, into outbox: inout Outbox<Effect>
    ) {
        spending.spend(
            message.encoded.count + Limits.membershipOverhead, perSecond: VitalsRules.bytesPerSecond, at: now)
        outbox.put(.send(message, to: peer))
    }
}

extension [Sheet.Entry] {
    /// The same with that value under that key, or without the key.
    fileprivate func with(_ key: [UInt8], _ value: [UInt8]?) -> [Sheet.Entry] {
        let others = filter { $0.key != key }
        guard let value else { return others }
        let after = others.firstIndex { key.lexicographicallyPrecedes($0.key) } ?? others.endIndex
        return others[..<after] + [Sheet.Entry(key: key, value: value)] + others[after...]
    }
}
