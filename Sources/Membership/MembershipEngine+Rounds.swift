internal import Base

/// A round of gossip: whom to tell, and what fits into a datagram.
extension MembershipEngine {
    mutating func gossip(into outbox: inout Outbox<Effect>) {
        let view = view
        for target in targets() {
            outbox.put(.send(.gossip([me] + nextRecords(), view: view), to: target))
        }
        for seed in unansweredSeeds() {
            outbox.put(.send(.hello(me), to: Contact(nil, at: seed)))
        }
    }

    /// A few members at random among those that may hear; and now and then one of the others, for they may be back.
    private mutating func targets() -> [Contact] {
        var near: [Contact] = []
        var lost: [Contact] = []
        for member in members.values {
            switch member.state {
            case .alive, .suspect: near.append(member.record.contact)
            case .unreachable, .left: lost.append(member.record.contact)
            }
        }
        random.shuffle(&near)
        let fanout = mischief.strikes(.narrowRound, by: &random) ? 1 : settings.fanout
        var targets = Array(near.prefix(fanout))
        let triesLost = near.isEmpty || rounds.isMultiple(of: Limits.roundsPerLostMember)
        if triesLost, let lost = random.pick(lost) { targets.append(lost) }
        return targets
    }

    /// The seeds at which no member is alive: all of them while this node is alone, else one now and then.
    private mutating func unansweredSeeds() -> [Address] {
        let answered = members.values.filter { $0.state == .alive }.map(\.record.address)
        let open = seeds.filter { !answered.contains($0) && $0 != me.address }
        if answered.isEmpty { return open }
        guard rounds.isMultiple(of: Limits.roundsPerLostMember), let seed = random.pick(open) else { return [] }
        return [seed]
    }

    /// All that this node knows, in as many datagrams as one hello may cause.
    mutating func tellEverything(to contact: Contact, into outbox: inout Outbox<Effect>) {
        let view = view
        var told = 0
        for _ in 0..<Limits.datagramsPerHello {
            let records = nextRecords()
            outbox.put(.send(.gossip([me] + records, view: view), to: contact))
            told += records.count
            if records.isEmpty || told >= members.count { return }
        }
    }

    /// The records of the next datagram: news first, but in half of it at the most, then the view in its order from
    /// where the last datagram stopped. An unreachable member is not passed on: only newer life is worth telling.
    private mutating func nextRecords() -> [MemberRecord] {
        var budget = Limits.gossipBytes - me.encodedByteCount
        let most = mischief.strikes(.shortBatch, by: &random) ? 1 : Limits.recordsPerGossip - 1
        var records: [MemberRecord] = []

        func fits(_ record: MemberRecord) -> Bool {
            guard records.count < most, record.encodedByteCount <= budget else { return false }
            budget -= record.encodedByteCount
            records.append(record)
            return true
        }

        for (id, copies) in rumours {
            guard let member = members[id] else { continue }
            guard budget > Limits.gossipBytes / 2, fits(member.record) else { break }
            rumours[id] = copies > 1 ? copies - 1 : nil
        }
        let news = records.map(\.id)
        var index = members.position(of: cursor).index
        for _ in 0..<members.count {
            if index == members.count { index = 0 }
            let member = members.values[index]
            if member.state != .unreachable, !news.contains(member.record.id), !fits(member.record) { break }
            index += 1
            cursor = index < members.count ? members.keys[index] : me.id
        }
        return records
    }

    /// A fingerprint of who this node thinks is here: equal on two nodes that think the same. The beats of a life are
    /// left out, for they differ from moment to moment.
    package var view: UInt64 {
        var hash = TraceHash()
        var isTold = false
        func absorb(_ record: MemberRecord, here: Bool) {
            hash.absorb(record.id)
            hash.absorb(record.life.boot)
            hash.absorb(here ? 1 : 0)
        }
        for (id, member) in members {
            if !isTold, me.id < id {
                absorb(me, here: !me.isLeaving)
                isTold = true
            }
            absorb(member.record, here: member.state == .alive || member.state == .suspect)
        }
        if !isTold { absorb(me, here: !me.isLeaving) }
        return hash.value
    }
}
