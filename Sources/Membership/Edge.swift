package import Base

/// What one node has learnt of one neighbour: how much is lost on the way, how long silences use to be, and what is
/// going on because of the present one.
package struct Edge: Hashable, Sendable {
    package let peer: NodeID
    package internal(set) var born: Instant
    /// The last sign of life, or else the birth of the edge.
    package internal(set) var heard: Instant
    package internal(set) var wasHeard: Bool
    /// The newest beat: its number in the boot it belongs to, and when it came.
    package internal(set) var boot: UInt64
    package internal(set) var pulse: UInt64
    package internal(set) var pulseAt: Instant
    /// How often it beats, as it says itself.
    package internal(set) var interval: Interval?
    /// The share of the neighbour's beats that is lost, and what it says of ours.
    package internal(set) var loss: Int
    package internal(set) var lossThere: Int?
    /// How many beats have taught it that, up to the number averaged over.
    package internal(set) var beats: Int
    /// Which of the last beats were lost, the newest in the lowest bit.
    var lately: UInt64 = 0
    /// The longest silence that ended, fading slowly.
    package internal(set) var gap: Interval
    package internal(set) var roundTrip: Interval?
    /// The fingerprint of its roster, and since when it has not been ours.
    package internal(set) var root: UInt64?
    package internal(set) var differsSince: Instant?
    /// A fingerprint whose roster holds nothing that is news here.
    package internal(set) var vainRoot: UInt64?
    package internal(set) var trial: Trial?
    /// The newest beat that any word of it came after, and when such a word came last.
    package internal(set) var latest: UInt64
    package internal(set) var latestAt: Instant
    /// What others said last against this neighbour, and when they answered at all.
    package internal(set) var accusers: SortedMap<NodeID, Accuser>
    package internal(set) var witnesses: SortedMap<NodeID, Instant>
    /// Who of them hears it.
    package internal(set) var vouch: Vouch?
    /// The same, by its own word.
    package internal(set) var refutation: Refutation?
    var newsAllowance: Allowance
    /// It says that it hears hardly anybody.
    package internal(set) var isDeaf: Bool
    var deafness = Deafness()

    init(_ peer: NodeID, habit: Member.Habit, at now: Instant) {
        self.peer = peer
        born = now
        heard = now
        wasHeard = false
        boot = 0
        pulse = 0
        pulseAt = now
        loss = habit.loss
        beats = 0
        gap = habit.gap
        latest = 0
        latestAt = now
        accusers = SortedMap()
        witnesses = SortedMap()
        newsAllowance = Allowance()
        isDeaf = false
    }
}

/// A silence under examination.
package struct Trial: Hashable, Sendable {
    package internal(set) var began: Instant
    /// Pings of the burst sent, all in vain.
    package internal(set) var pings: Int
    package internal(set) var nextPing: Instant
    /// When the burst was over and nothing excused the silence.
    package internal(set) var accusedSince: Instant?
    /// When others are asked again; at the end of time while there is nothing to ask yet.
    package internal(set) var nextQuestion: Instant
    /// Who was asked to ping it for this node, and since when.
    package internal(set) var scouts: [NodeID]
    package internal(set) var scoutsDrawn: Instant
    /// How often others were asked.
    package internal(set) var questions: Int
    /// Who answered since anybody heard it that they do not hear it either: the first of them, as many as matter.
    package internal(set) var deniers: [NodeID]
    /// What this node itself says against it.
    var word: SignedCharge?

    init(at now: Instant) {
        began = now
        pings = 0
        nextPing = now
        accusedSince = nil
        nextQuestion = Instant(nanoseconds: .max)
        scouts = []
        scoutsDrawn = now
        questions = 0
        deniers = []
    }
}

/// An observer that does not hear it either.
package struct Accuser: Hashable, Sendable {
    package internal(set) var at: Instant
    var word: SignedCharge
    /// The signature was looked at, which nobody does before it matters.
    var isProven: Bool
}

/// That somebody else hears it: proven by a beat newer than all that were told of before, and so by nothing that a dead
/// node's observers could tell each other in a circle.
package struct Vouch: Hashable, Sendable {
    /// Nil once that one has taken its word back; the beat that it told of was true all the same.
    package var by: NodeID?
    package var pulse: UInt64
    package var at: Instant
}

/// That the accused itself speaks of a longer life, and who told so: others hear it.
package struct Refutation: Hashable, Sendable {
    package var by: NodeID
    package var at: Instant
}

/// Learning.
extension Edge {
    /// A sign of life: whatever came from the neighbour itself.
    mutating func hear(after pulse: UInt64 = 0, _ settings: MembershipSettings, at now: Instant) {
        let silence = now - heard
        if wasHeard, silence > gap, silence < settings.rules.absence, !isBadLuck(settings) { gap = silence }
        heard = max(heard, now)
        wasHeard = true
        latest = max(latest, pulse)
        latestAt = now
        acquit()
    }

    /// It begins a longer life, or is back. If others have heard so in the midst of a silence here, then the silence is
    /// this path's own.
    mutating func live(on teller: NodeID?, isNewBoot: Bool, _ settings: MembershipSettings, at now: Instant) {
        if let teller, !isNewBoot, now - heard > pause(settings) / 2 * 3 {
            trial = trial ?? Trial(at: now)
            refutation = Refutation(by: teller, at: now)
            return
        }
        heard = now
        acquit()
        if isNewBoot { latest = 0 }
    }

    /// Whatever was held against it is over.
    mutating func acquit() {
        trial = nil
        accusers.removeAll()
        witnesses.removeAll()
        vouch = nil
        refutation = nil
    }

    /// What a witness says that has heard this beat of it last, or with 0 none lately.
    mutating func testify(_ witness: NodeID, _ pulse: UInt64, at now: Instant) {
        witnesses[witness] = now
        if pulse > newestPulse {
            vouch = Vouch(by: witness, pulse: pulse, at: now)
            trial?.deniers = []
        } else {
            if pulse == 0, vouch?.by == witness { vouch?.by = nil }
            guard let deniers = trial?.deniers, deniers.count < Limits.deniers, !deniers.contains(witness) else {
                return
            }
            trial?.deniers.append(witness)
        }
    }

    /// A beat: the numbers that are missing between this one and the last are losses.
    mutating func learn(boot: UInt64, pulse: UInt64, _ rules: MembershipRules, at now: Instant) {
        guard (boot, pulse) > (self.boot, self.pulse) else { return }
        if boot == self.boot, self.pulse > 0 {
            let lost = Int(min(pulse - self.pulse - 1, 40))
            for _ in 0..<lost { average(in: MembershipRules.whole, rules) }
            average(in: 0, rules)
            remember(lost: lost)
        }
        self.boot = boot
        self.pulse = pulse
        pulseAt = now
        gap = Interval(nanoseconds: gap.nanoseconds - gap.nanoseconds / 1_000_000 * Int64(rules.gapDecay))
    }

    /// Nothing is known of the way here: then what the neighbour loses of our beats is a better guess than none, and
    /// who comes back does not have to learn anew what others still know.
    func isUntaught(_ rules: MembershipRules) -> Bool { pulse == 0 && beats == 0 && loss == rules.lossAtStart }

    /// Takes that for what is lost, with the weight of so many beats.
    mutating func believe(_ loss: Int, _ rules: MembershipRules, asAfter beats: Int) {
        self.loss = min(max(loss, rules.leastLoss), rules.mostLoss)
        self.beats = beats
    }

    /// While few beats were seen each of them weighs more, so that a wrong first belief is soon corrected.
    private mutating func average(in sample: Int, _ rules: MembershipRules) {
        let weight = min(rules.beatsAveraged, rules.beatsBelieved + beats + 1)
        loss += (sample - loss) / weight
        loss = min(max(loss, rules.leastLoss), rules.mostLoss)
        beats = min(beats + 1, rules.beatsAveraged)
    }

    /// Keeps in mind which of the last beats were lost. A long row of them was an outage, and says little of the path.
    private mutating func remember(lost: Int) {
        for _ in 0..<min(lost, Self.longestRow) { lately = lately << 1 | 1 }
        lately <<= 1
    }

    private static let longestRow = 4

    /// The share of the last beats that was lost. The very last one never was, and is left out.
    func lossLately(of count: Int) -> Int {
        (lately >> 1 & (1 << UInt64(count) - 1)).nonzeroBitCount * MembershipRules.whole / count
    }

    mutating func learn(roundTrip sample: Interval) {
        guard sample >= .zero, sample < .minutes(1) else { return }
        roundTrip = roundTrip.map { $0 + (sample - $0) / 8 } ?? sample
    }
}

/// Judging.
extension Edge {
    /// It speaks.
    var isHeard: Bool { wasHeard && trial == nil }

    private static func share(_ loss: Int) -> Double { Double(loss) / Double(MembershipRules.whole) }

    /// How many beats in a row must be missing before losses alone are an unlikely reason.
    func beatsMissed(_ rules: MembershipRules) -> Int {
        var chance = Self.share(loss)
        var beats = 1
        while chance * Double(rules.oddsOfSilence) > 1, beats < 60 {
            chance *= Self.share(loss)
            beats += 1
        }
        return beats
    }

    /// The chance that a ping or its answer is lost.
    private var pingLoss: Double { 1 - (1 - Self.share(loss)) * (1 - Self.share(lossThere ?? loss)) }

    /// How many pings must stay unanswered until all of this is an accident once in `odds`. The beats that are missing
    /// meanwhile count as well; they are counted by pings, for a process that stands still misses none.
    private func pings(odds: Double, atMost most: Int, _ settings: MembershipSettings) -> Int {
        let rules = settings.rules
        var chance = odds
        for _ in 0..<beatsMissed(rules) { chance *= Self.share(loss) }
        var pings = 0
        var nextBeat = pause(settings)
        while chance > 1, pings < most {
            chance *= pingLoss
            pings += 1
            guard rules.pingSpacing * Int64(pings) >= nextBeat else { continue }
            chance *= Self.share(loss)
            nextBeat = nextBeat + pause(settings)
        }
        return pings
    }

    /// The same for a burst, which judges no path by one packet.
    func pingsNeeded(odds: Double, atMost most: Int, _ settings: MembershipSettings) -> Int {
        min(max(pings(odds: odds, atMost: most, settings), settings.rules.fewestPings), most)
    }

    /// Whether lost packets explain the silence that ends: the burst bears with those, so they need no memory, and a
    /// bad path would grow patient beyond need.
    private func isBadLuck(_ settings: MembershipSettings) -> Bool {
        guard let trial else { return true }
        let rules = settings.rules
        return trial.pings < pings(odds: Double(rules.oddsOfAccident), atMost: rules.mostPings, settings)
    }

    /// How many questions must stay unanswered until whoever is asked is taken for unreachable.
    func questionsNeeded(_ rules: MembershipRules) -> Int {
        max(questions(odds: rules.oddsOfWitness, rules), 2 * rules.fewestPings)
    }

    /// How many until all being lost is an accident once in so many.
    func questions(odds: Int, _ rules: MembershipRules) -> Int {
        var chance = Double(odds)
        var questions = 0
        while chance > 1, questions < rules.mostPingsAlone {
            chance *= pingLoss
            questions += 1
        }
        return questions
    }

    /// About when it spoke last, as far as others prove by the number of a beat: counted from the last that was heard
    /// here, or where none ever was, from the beginning of the life that it counts in, as this node heard of it.
    func provenAlive(_ settings: MembershipSettings) -> Instant? {
        guard let vouch else { return nil }
        let (pulse, at) = latest > 0 ? (latest, latestAt) : (0, heard)
        guard vouch.pulse > pulse else { return nil }
        return min(at + pause(settings) * Int64(min(vouch.pulse - pulse, 1 << 20)), vouch.at)
    }

    /// The newest of its beats that came here or that others told of.
    var newestPulse: UInt64 { max(latest, vouch?.pulse ?? 0) }

    /// Nobody beats more than twice an interval: who tells of a later beat than that hides the beats of those who tell
    /// the truth. A few are granted, for clocks run differently.
    func isPossible(_ pulse: UInt64, _ settings: MembershipSettings, at now: Now) -> Bool {
        let silence = now.instant - latestAt
        let most = UInt64(max(silence.nanoseconds / (pause(settings).nanoseconds / 2), 0)) + Self.beatsAhead
        return latest == 0 || pulse <= latest + most
    }

    private static let beatsAhead: UInt64 = 8

    /// When so many beats are missing.
    private func due(missing beats: Int, _ settings: MembershipSettings) -> Instant {
        let pause = pause(settings)
        return heard + pause * Int64(beats) + pause / 2
    }

    /// When this silence becomes remarkable.
    func trialDue(_ settings: MembershipSettings) -> Instant {
        due(missing: beatsMissed(settings.rules), settings)
    }

    /// Whether a beat at least is missing, for whatever reason.
    func isLate(_ settings: MembershipSettings, at now: Now) -> Bool { due(missing: 1, settings) <= now.instant }

    /// Between two of its beats: what it says itself, and before it has said so what is usual here.
    func pause(_ settings: MembershipSettings) -> Interval { interval ?? settings.interval }

    /// Silences up to this one have ended before.
    func borneSilence(_ rules: MembershipRules) -> Interval {
        min(gap, rules.longestGap) / 100 * Int64(rules.silencePercent)
    }

    /// How long an answer may take.
    func answerTime(_ rules: MembershipRules) -> Interval {
        max(rules.pingSpacing * 2, (roundTrip ?? .zero) / 2 * 3)
    }

    /// The same for news, which is repeated after it.
    func acknowledgementTime(_ rules: MembershipRules) -> Interval {
        max(rules.newsSpacing, (roundTrip ?? .zero) / 10 * 13)
    }
}
