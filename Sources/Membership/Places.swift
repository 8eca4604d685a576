package import Base

/// A place at which a member was heard, and what its path was like. A member says where it listens; but it moves, has
/// two uplinks, or is reached over a bridge, and when it is silent one day, all the doors at which it ever answered are
/// worth a knock. Decides nothing but where to knock; the wall clock in it is for people.
package struct Place: Hashable, Sendable {
    package var address: Address
    package var heard: WallTime
    package var roundTrip: Interval?
    /// The share of beats that was lost, in 65,536ths; nil where this node was no neighbour.
    package var loss: Int?
}

extension MembershipEngine {
    /// A place is written down anew when it is news, and no member makes this node write more often than that.
    private static let placePause = Interval.minutes(10)
    /// And the place where it always is, so often: what was learnt of its path is worth that.
    private static let usualPlacePause = Interval.hours(24)

    /// What `peer` said came from `source`. A source whose port is not the one it listens at is a hole in somebody's
    /// address translation: tomorrow it leads nowhere.
    package mutating func notice(
        _ peer: NodeID, at source: Address, now: Now, into outbox: inout Outbox<Effect>
    ) {
        let (index, found) = members.position(of: peer)
        guard found, members.values[index].record.address.port == source.port, !source.isUnspecified else { return }
        let member = members.values[index]
        let isUsual = member.places.first?.address == source
        let pause = isUsual ? Self.usualPlacePause : Self.placePause
        if let noted = member.placesNoted, now.instant - noted < pause { return }
        let edge = edges[peer]
        let loss = edge.flatMap { $0.beats >= rules.beatsAveraged ? $0.loss : nil } ?? member.habit?.loss
        let place = Place(address: source, heard: now.wall, roundTrip: edge?.roundTrip, loss: loss)
        let others = member.places.filter { $0.address != source }
        members.update(at: index) { member in
            member.places = [place] + others.prefix(Limits.placesPerMember - 1)
            member.placesNoted = now.instant
        }
        outbox.put(.persist(Self.fact(of: members.values[index])))
    }

    /// The doors of a member, each once: where it says that it listens, and where it was heard.
    func doors(of member: Member) -> [Address] {
        [member.record.address] + member.places.map(\.address).filter { $0 != member.record.address }
    }
}

/// What is stored of a member: its record, and behind it its places. Facts of an earlier version end with the record.
struct StoredMember: WireValue {
    var record: MemberRecord
    var places: [Place]

    init(_ member: Member) {
        record = member.record
        places = member.places
    }

    func encode(into writer: inout ByteWriter) {
        record.encode(into: &writer)
        writer.list(places)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        record = try MemberRecord(from: &reader)
        places = reader.remaining == 0 ? [] : try reader.list(of: Place.self, atMost: Limits.placesPerMember)
    }
}

extension Place: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.address(address)
        writer.u64(UInt64(bitPattern: heard.milliseconds))
        writer.optional(roundTrip) { $0.interval($1) }
        writer.optional(loss) { $0.varint(UInt64($1)) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        address = try reader.address()
        heard = WallTime(milliseconds: Int64(bitPattern: try reader.u64()))
        roundTrip = try reader.bool() ? try reader.interval() : nil
        guard roundTrip.map({ (.zero...(.minutes(1))).contains($0) }) ?? true else { throw .outOfRange }
        loss = try reader.bool() ? try reader.count(atMost: MembershipRules.whole - 1) : nil
    }
}
