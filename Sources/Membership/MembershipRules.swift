package import Base

/// Every number of the protocol, with its reason. A rule is switched off by its number alone: that is how a test plants
/// the bug of having forgotten it.
package struct MembershipRules: Hashable, Sendable {
    /// Shares are counted in 65,536ths: the same on every machine, and exact in a recording.
    package static let whole = 65_536

    /// A mesh up to this size is one in which everybody observes everybody: rings would not save anything.
    package var everybodyUpTo = 9

    /// What a path is believed to lose before anything was learnt of it. Half: a young edge on a clean path is some
    /// seconds too patient for its first half minute, and on a bad one it accuses nobody who lives.
    package var lossAtStart = 32_768
    /// How many beats that belief weighs.
    package var beatsBelieved = 4
    /// Over how many beats loss is averaged: long enough to tell 45 % from 30 %, short enough to follow the weather.
    package var beatsAveraged = 48
    /// So many of the last beats of all neighbours together tell what the weather is: when it turned bad, the averages
    /// needed a minute to know, and each silence of that minute was examined. With 0 they are not asked.
    package var beatsOfWeather = 32
    /// It turns when so many more or fewer are lost than usually: less may be chance, which would keep one of eight
    /// observers from knowing a death in time.
    package var leastWeather = 16_384
    /// And that squared is so many times what chance spreads: where half is lost, chance alone makes a quarter.
    package var spreadsOfWeather = 16
    /// A path is never believed to be better than that: one loss in a hundred needs no reason.
    package var leastLoss = 655
    /// And never worse than that, or else silence would mean nothing any more.
    package var mostLoss = 62_259
    /// A silence is remarkable when losses alone explain it once in so many times. With 20 a path that loses 60 % bears
    /// six missing beats instead of five, and one death in a hundred is known to all too late.
    package var oddsOfSilence = 12
    /// The longest silence ever borne with, times so many hundredths, must pass before anybody is accused. 100 gave
    /// twelve false deaths in a scenario of fades, 150 none.
    package var silencePercent = 150
    /// It is remembered up to this: fades of uplinks last as long. What is longer is an outage, and a mesh that had one
    /// of a minute must not need a minute and a half for every death of the next hour.
    package var longestGap = Interval.seconds(20)
    /// A silence above this says nothing of the path: somebody was away.
    package var absence = Interval.seconds(120)
    /// How much of the memory of the longest silence is lost with each beat, in millionths: half of it in 40 minutes.
    package var gapDecay = 300

    /// Between two pings of a burst.
    package var pingSpacing = Interval.milliseconds(200)
    /// Pings of a burst, at least; fewer would judge a path that was always good by one packet. With 0 there is no
    /// burst.
    package var fewestPings = 3
    /// And at most, where a quorum judges.
    package var mostPings = 25
    /// And at most, where fewer than three observers judge alone: nine orders of magnitude on a path that loses half.
    package var mostPingsAlone = 64

    /// An accusation is repeated to the other observers so often.
    package var accusationSpacing = Interval.milliseconds(250)
    /// And counts this long: twelve tries at the least, of which one in three comes through at 45 % loss.
    package var accusationLife = Interval.seconds(3)
    /// A verdict needs this share of the observers that can be asked.
    package var quorumPercent = 50
    /// And so many of them, as far as there are.
    package var quorumLeast = 3
    /// One in so many silences gets as far as an accusation by accident, where a quorum judges.
    package var oddsOfAccident = 1_000
    /// So many others are asked to ping whom its observers do not hear: a few links may be cut while a way round leads
    /// to it. With 0 nobody is.
    package var scouts = 3
    /// The chance that an observer who answers is taken for one who does not, as 1 in so many.
    package var oddsOfWitness = 10_000
    /// The chance that an observer who hears the accused is judged without, as 1 in so many: each of the others has
    /// answered, or was asked often enough for that.
    package var oddsOfVeto = 10
    /// The chance that a node takes itself for one that nobody hears though only what it said was lost, halved so
    /// often: it asks itself ten times a second, and being wrong costs the mesh a flood. With 0 it never does.
    package var mutenessBits = 30
    /// What its neighbours miss of it is taken for at least as usual as that: weather may have changed just now.
    package var leastLossOfMute = 19_661
    /// So many it tells at once what it says of itself, until one has heard: at a quarter of a second's pause, one of a
    /// hundred mute nodes that one in six hears would wait longer than half a second.
    package var ears = 12
    /// How long after that it speaks up again while it is mute still: a refutation lasts 40 s, but news may be lost.
    package var cryPause = Interval.seconds(10)
    /// A verdict gives way to a later beat of the subject, and to that only; with 0 to any.
    package var comparesPulses = 1

    /// Accusations that make up one verdict lie at most so many beats apart: nobody may put together what was said in
    /// silences that ended. Who waited 40 s for its voucher, and was told of beats twice as fast, is as far behind.
    package var beatsApart = 128
    /// A verdict is believed for what its accusers signed; with 0 for their names.
    package var provesVerdicts = 1

    /// Fewer edges than this cannot tell whether their owner is isolated.
    package var isolationEdges = 4
    /// More than this share of them silent: not they are silent, their owner is deaf.
    package var isolationPercent = 50
    /// How long a deaf node waits before it stops counting on those it does not hear. It tells nobody.
    package var isolationPatience = Interval.seconds(20)
    /// How long nobody accuses a member which others were shown to hear in the midst of its silence: its path to them
    /// is good, so their word is what may be lost. With 20 s two in forty storms at 60 % loss lost it so often.
    package var vouchedPatience = Interval.seconds(40)
    /// How many others must say that they do not hear such a one either, or all that are heard if those are fewer.
    package var denials = 10

    /// News is repeated to a neighbour until acknowledged, no sooner than this.
    package var newsSpacing = Interval.milliseconds(250)
    /// And no longer than this: then the comparison of rosters owns it. With zero it is said once.
    package var newsLife = Interval.seconds(30)
    /// How many who came or came back a node spreads at once, and how many more each second: a flood for a few and
    /// comparison for many, since a flood costs eight copies at every node. Deaths and goodbyes are spread always.
    package var newsBurst = 8
    package var newsPerSecond = 2
    /// News larger than this is offered first and sent to those who ask: more than a verdict with all that signed it.
    package var eagerBytes = 500
    /// Bytes of news to one neighbour in a second.
    package var newsBytesPerSecond = 1_500

    /// Rosters that differ for so long are compared: news that is on its way needs no comparison.
    package var differenceBorne = Interval.seconds(1)
    /// But for so long after a node was hungry they are compared as soon as it may ask again: a newcomer whose first
    /// partners lacked the same as it had to wait for a second.
    package var freshness = Interval.seconds(5)
    /// Between two comparisons that this node begins, while they bring something.
    package var askSpacing = Interval.milliseconds(250)
    /// The same for one that is hungry.
    package var hungrySpacing = Interval.milliseconds(80)
    /// What they may take of the budget, as one part in so many.
    package var questionShare = 10
    /// The same when they bring nothing.
    package var idleAskSpacing = Interval.seconds(2)
    /// How long an answer goes on: then whoever asked has asked somebody else.
    package var answerLife = Interval.seconds(1)
    /// How long after a datagram that others follow nobody else is asked.
    package var followPause = Interval.milliseconds(100)
    /// First words answered in a second, besides other answers: those who know nobody yet come first.
    package var welcomesPerSecond = 60
    /// Whoever knows no more than so many says hello at doors that it is sent on to.
    package var fewMembers = 32
    /// Bytes said in a second, with all that carries them: nobody is special, not even a seed on the morning of a
    /// power-on, when all budgets together are what limits how fast everybody is told of everybody. With what was saved
    /// up, the largest debt (a full datagram and what is more urgent) and a round of beats a second is meant to hold no
    /// more than 25,000; docs/benchmarks.md says how near that storms come, and which go beyond.
    package var bytesPerSecond = 19_800
    /// As many may be saved up: two datagrams of an answer and what is more urgent.
    package var burstBytes = 2_400
    /// So many of them lie between what waits and what is more urgent.
    package var reservedBytes = 500
    /// New claims in an answer that make the next question worth asking at once.
    package var richAnswer = 8
    /// How long after it: the datagrams of an answer may overtake each other.
    package var richPause = Interval.milliseconds(5)

    /// Between two knocks at the doors of those that are unreachable.
    package var knockSpacing = Interval.seconds(15)
    /// The same while nobody is reachable.
    package var lonelySpacing = Interval.milliseconds(200)
    /// The longest pause between two knocks at a former neighbour's door, beginning with one beat and doubling.
    package var longestKnock = Interval.seconds(60)
    /// Of so many knocks one is for the own site: other sites are what a split divides.
    package var knocksPerOwnSite = 4

    /// A life may be so much longer than the one known; more is a lie, for nobody starts so often unseen.
    package var longestLeap: Int = 1 << 16

    /// So long nothing is believed of one who told what its subject never said: a forgery costs as much to find as
    /// twenty datagrams to open, and ten thousand a second must not.
    package var distrust = Interval.seconds(10)

    package init() {}

    static func numbers() -> [WritableKeyPath<MembershipRules, Int>] {
        [
            \.everybodyUpTo, \.lossAtStart, \.beatsBelieved, \.beatsAveraged, \.leastLoss, \.mostLoss,
            \.beatsOfWeather, \.leastWeather, \.spreadsOfWeather, \.oddsOfSilence, \.silencePercent, \.gapDecay,
            \.fewestPings, \.mostPings,
            \.mostPingsAlone,
            \.quorumPercent, \.quorumLeast, \.oddsOfAccident, \.scouts, \.oddsOfWitness, \.oddsOfVeto,
            \.mutenessBits, \.leastLossOfMute, \.ears, \.comparesPulses, \.beatsApart,
            \.provesVerdicts,
            \.isolationEdges, \.isolationPercent, \.newsBurst, \.newsPerSecond, \.eagerBytes, \.newsBytesPerSecond,
            \.bytesPerSecond, \.burstBytes, \.reservedBytes, \.richAnswer, \.questionShare, \.knocksPerOwnSite,
            \.longestLeap, \.welcomesPerSecond, \.denials, \.fewMembers,
        ]
    }

    static func times() -> [WritableKeyPath<MembershipRules, Interval>] {
        [
            \.longestGap, \.absence, \.pingSpacing, \.accusationSpacing, \.accusationLife, \.isolationPatience,
            \.vouchedPatience, \.cryPause,
            \.newsSpacing, \.newsLife, \.differenceBorne, \.freshness, \.askSpacing, \.idleAskSpacing, \.knockSpacing,
            \.lonelySpacing, \.longestKnock, \.distrust, \.richPause, \.hungrySpacing, \.answerLife, \.followPause,
        ]
    }

    /// Whether one can reckon with them: no number is negative or absurd, and nothing is divided by zero.
    var isConsistent: Bool {
        Self.numbers().allSatisfy { (0...1 << 20).contains(self[keyPath: $0]) }
            && Self.times().allSatisfy { (.zero...Limits.patience).contains(self[keyPath: $0]) }
            && beatsAveraged > 0 && beatsOfWeather < UInt64.bitWidth && leastLoss > 0 && leastLoss <= mostLoss
            && mostLoss < Self.whole
            && lossAtStart < Self.whole && knocksPerOwnSite > 0 && oddsOfSilence > 0 && oddsOfWitness > 0
            && questionShare > 0 && scouts <= Limits.observers / 2 && leastLossOfMute > 0
            && leastLossOfMute < Self.whole
            && askSpacing > .zero && hungrySpacing > .zero
            && pingSpacing > .zero && accusationSpacing > .zero && lonelySpacing > .zero
            && knockSpacing > .zero && newsSpacing > .zero && idleAskSpacing > .zero
    }
}

extension MembershipRules: WireValue {
    package func encode(into writer: inout ByteWriter) {
        for number in Self.numbers() { writer.varint(UInt64(self[keyPath: number])) }
        for time in Self.times() { writer.interval(self[keyPath: time]) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        for number in Self.numbers() { self[keyPath: number] = try reader.count(atMost: 1 << 20) }
        for time in Self.times() { self[keyPath: time] = try reader.interval() }
        guard isConsistent else { throw .outOfRange }
    }
}
