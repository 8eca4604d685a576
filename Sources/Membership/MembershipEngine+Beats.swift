internal import Base

/// Beats, and what any sign of life does.
extension MembershipEngine {
    mutating func beat(at now: Now, into outbox: inout Outbox<Effect>) {
        pulse += 1
        if pulseTimes.count == Self.pulsesTimed { pulseTimes.removeFirst() }
        pulseTimes.append(now.instant)
        countOwnBeat(at: now)
        for edge in edges.values {
            let age = max((now.instant - edge.pulseAt).milliseconds, 0)
            let beat = Beat(
                life: me.life, pulse: pulse, echo: edge.pulse, echoAge: UInt64(age),
                loss: Beat.byte(ofLoss: edge.loss), root: view,
                interval: settings.interval,
                isDeaf: deafSince != nil, coordinate: tellsPlace ? coordinate : nil)
            send(.beat(beat), to: edge.peer, into: &outbox)
        }
        for _ in 0..<edges.count { spend(Beat.usualBytes, at: now) }
        let shortest = settings.interval - settings.interval / 10
        nextBeat =
            now.instant
            + (mischief.strikes(.earlyTimer, by: &random) ? shortest : random.jittered(settings.interval, percent: 10))
    }

    /// Beats whose echo tells a round trip: what is older is no news about the path.
    static let pulsesTimed = 8

    mutating func takeBeat(_ beat: Beat, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let member = members[peer] else { return outbox.put(.note(.ignored(.stranger))) }
        guard beat.life.boot >= member.record.life.boot else { return outbox.put(.note(.ignored(.stale))) }
        if beat.life > member.record.life {
            // Its news has not come yet: it knows best itself.
            askSoon(peer, at: now)
            guard beat.life.boot == member.record.life.boot else { return }
        }
        hear(peer, pulse: beat.pulse, at: now, into: &outbox)
        let (index, isNeighbour) = edges.position(of: peer)
        guard isNeighbour else {
            if beat.root != view { askSoon(peer, at: now) }
            return
        }
        let rules = rules
        let sent = pulseTimes.indices.last { pulse - UInt64(pulseTimes.count - 1 - $0) == beat.echo }
        let age = Interval.milliseconds(Int64(min(beat.echoAge, 60_000)))
        let sample = sent.map { now.instant - age - pulseTimes[$0] }
        let view = view
        let lossThere = Int(beat.loss) * MembershipRules.whole / 255
        if edges.values[index].isUntaught(rules) {
            // It came back lately itself and says only what everybody begins with: the other paths tell more.
            let saysNothing = beat.loss == Beat.byte(ofLoss: rules.lossAtStart)
            let guess = saysNothing ? usualLoss : lossThere
            edges.update(at: index) { $0.believe(guess, rules, asAfter: 0) }
        }
        edges.update(at: index) { edge in
            edge.learn(boot: beat.life.boot, pulse: beat.pulse, rules, at: now.instant)
            edge.lossThere = lossThere
            edge.isDeaf = beat.isDeaf
            edge.interval = beat.interval
            edge.root = beat.root
            if beat.root == view {
                edge.differsSince = nil
            } else if edge.differsSince == nil {
                edge.differsSince = now.instant
            }
            if let sample { edge.learn(roundTrip: sample) }
        }
        watchWeather()
        takeEcho(beat.echo, from: peer, at: now, into: &outbox)
        scheduleAsk(at: now)
        let (place, _) = members.position(of: peer)
        members.update(at: place) { member in
            member.view = beat.root
            if member.pace?.learn(beat, at: now.instant) == nil { member.pace = Pace(beat, at: now.instant) }
            if let coordinate = beat.coordinate { member.coordinate = coordinate }
        }
        if sample != nil { locate(by: peer) }
    }

    /// Weather changes over many paths at once, and together they know of it after a few beats: then each takes it for
    /// changed as much, and learns anew.
    private mutating func watchWeather() {
        guard !edges.isEmpty, rules.beatsOfWeather >= edges.count else { return }
        let each = rules.beatsOfWeather / edges.count
        let known = edges.values.filter { $0.beats >= each }
        guard known.count * 2 > edges.count else { return }
        let usual = known.reduce(0) { $0 + $1.loss } / known.count
        let change = known.reduce(0) { $0 + $1.lossLately(of: each) } / known.count - usual
        let (rules, whole) = (rules, MembershipRules.whole)
        // Where half is lost anyway, so many beats are a quarter better or worse by chance every other minute.
        let spread = usual * (whole - usual) / (known.count * each)
        guard abs(change) > rules.leastWeather, change * change > rules.spreadsOfWeather * spread else { return }
        for index in 0..<edges.count {
            edges.update(at: index) { $0.believe($0.loss + change, rules, asAfter: min($0.beats, each)) }
        }
    }

    mutating func takePing(
        _ number: UInt64, _ pulse: UInt64, _ held: Held?, from peer: NodeID, at now: Now,
        into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: pulse, at: now, into: &outbox)
        say(.pong(number: number, pulse: self.pulse), .ping, to: peer, at: now, into: &outbox)
        guard let held else { return answerCounts(to: peer, at: now, into: &outbox) }
        // That it ever had a longer life than this is for its own signature to say: the peer has that.
        if held.life > me.life { askSoon(peer, at: now) } else { speakUp(against: held.life, at: now, into: &outbox) }
    }

    mutating func takePong(
        _ number: UInt64, _ pulse: UInt64, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: pulse, at: now, into: &outbox)
        let (index, isNeighbour) = edges.position(of: peer)
        let sample = now.instant - Instant(nanoseconds: number)
        guard isNeighbour, sample >= .zero else { return }
        edges.update(at: index) { $0.learn(roundTrip: sample) }
        prove(saidAt: Instant(nanoseconds: number), into: &outbox)
    }

    /// A ping carries the moment it was sent at, and its answer brings it back.
    @discardableResult
    mutating func ping(_ peer: NodeID, held: Held? = nil, at now: Now, into outbox: inout Outbox<Effect>) -> Bool {
        let word = MembershipMessage.ping(number: now.instant.nanoseconds, pulse: pulse, held: held)
        return say(word, .ping, to: peer, at: now, into: &outbox)
    }

    /// A word of `peer` itself has come, said after its beat number `pulse`: nobody else can show that it lives.
    mutating func hear(_ peer: NodeID, pulse: UInt64, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, found) = members.position(of: peer)
        guard found else { return outbox.put(.note(.ignored(.stranger))) }
        let member = members.values[index]
        if member.standing == .down, pulse <= member.lostPulse, rules.comparesPulses != 0 {
            outbox.put(.note(.ignored(.stale)))
            return remind(peer, at: now, into: &outbox)
        }
        doubts[peer] = nil
        switch (member.standing, member.state) {
        case (.down, _):
            remind(peer, at: now, into: &outbox)
            comeBack(peer, because: .heardDirectly, at: now, into: &outbox)
        case (.unheard, _): comeBack(peer, because: .heardDirectly, at: now, into: &outbox)
        case (.here, .suspect):
            members.update(at: index) { $0.move(to: .alive, because: .heardDirectly, at: now) }
            outbox.put(.note(.moved(peer, from: .suspect, to: .alive, because: .heardDirectly)))
        case (.here, _), (.left, _): break
        }
        let (place, _) = members.position(of: peer)
        members.update(at: place) { $0.heard = now.instant }
        tellAskers(of: peer, pulse: pulse, at: now, into: &outbox)
        let (edge, isNeighbour) = edges.position(of: peer)
        if isNeighbour { edges.update(at: edge) { $0.hear(after: pulse, settings, at: now.instant) } }
    }

    /// Tells a member that it is held for gone, so that it speaks up: at most once a second.
    mutating func remind(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, found) = members.position(of: peer)
        guard found, members.values[index].standing == .down else { return }
        if let last = members.values[index].reminded, now.instant - last < .seconds(1) { return }
        members.update(at: index) { $0.reminded = now.instant }
        let member = members.values[index]
        let held = Held(life: member.record.life, pulse: member.lostPulse)
        ping(peer, held: held, at: now, into: &outbox)
    }

    /// Others hold this node for gone in that life, or speak of a life that it has left behind: a longer one refutes
    /// them all. At most once a second, so that a liar cannot make it shout.
    mutating func speakUp(against life: Life, at now: Now, into outbox: inout Outbox<Effect>) {
        guard life >= me.life else { return }
        guard life.boot - me.life.boot <= UInt64(rules.longestLeap),
            life.boot > me.life.boot || life.beat - me.life.beat <= UInt64(rules.longestLeap)
        else { return outbox.put(.note(.ignored(.impossibleLife))) }
        if let last = spokeUp, now.instant - last < .seconds(1) { return }
        if life > me.life { outbox.put(.note(.ignored(.ownLifeFromElsewhere))) }
        spokeUp = now.instant
        voice.isHeeded = false
        let leap = min(life.beat, Limits.counted - 1)
        changeMe { $0.life = Life(boot: life.boot, beat: leap + 1) }
        outbox.put(.note(.spokeUp(me.life)))
    }
}
