package import Base

/// What the nodes of a site say together about one of them: "it was in good standing when we last looked". It makes a
/// session whole; it never makes history, and who has none may still come and renew.
package struct LeaseTerms: Hashable, Sendable {
    package let node: SignerKey
    package let serial: UInt64
    /// The revocations that the signers knew: who leases a revoked node in ignorance can be told by it.
    package let revocations: Digest
    /// The floor of the signers' time bracket.
    package let issued: WallTime
    package let hours: UInt16

    package init(node: SignerKey, serial: UInt64, revocations: Digest, issued: WallTime, hours: UInt16) {
        self.node = node
        self.serial = serial
        self.revocations = revocations
        self.issued = issued
        self.hours = hours
    }

    package var lifetime: Interval { .hours(Int64(hours)) }
}

extension LeaseTerms: WireValue {
    package func encode(into writer: inout ByteWriter) {
        node.encode(into: &writer)
        writer.varint(serial)
        writer.digest(revocations)
        writer.wallTime(issued)
        writer.u16(hours)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        node = try SignerKey(from: &reader)
        serial = try reader.ordinal()
        revocations = try reader.digest()
        issued = try reader.wallTime()
        hours = try reader.u16()
        guard (1...Lease.longestHours).contains(hours) else { throw .outOfRange }
    }
}

/// The rules of leases.
package enum Lease {
    package static let usualHours: UInt16 = 24
    /// Ninety days, for a site of one node.
    package static let longestHours: UInt16 = 90 * 24

    /// What a session with the node may carry. There is no third case: a node in good standing is never locked out.
    package enum Standing: Hashable, Sendable {
        case fresh
        /// Revocations, the root chain and a request for a lease; nothing else.
        case renewOnly(Shortage)
    }

    package enum Shortage: Hashable, Sendable {
        case none
        case otherNode
        /// So many of the signatures count, and so many must.
        case tooFewSigners(Int, of: Int)
        case tooLong
        case expired
        /// By its own uptime this node has known the lease for too long.
        case outlived
    }

    /// How many other nodes must sign for a node of a site with so many that renew: more than half, and two at least.
    package static func quorum(renewing count: Int) -> Int { max(2, count / 2 + 1) }

    /// Judges a lease that a node shows. `knownFor` is how long this node has known it, by a clock that cannot be set;
    /// it ends a lease whatever the wall clock says, so that a date of years to come gains nothing.
    package static func standing(
        _ lease: Verified?, of node: SignerKey, under judgement: Judgement, time: TimeBracket, knownFor: Interval,
        at now: Now
    ) -> Standing {
        guard let lease, case .lease(let terms) = lease.statement else { return .renewOnly(.none) }
        guard terms.node == node else { return .renewOnly(.otherNode) }
        let site = judgement.site(of: node)
        let rule = site.flatMap { judgement.root.rule(for: $0) }
        guard terms.hours <= rule?.leaseHours ?? usualHours else { return .renewOnly(.tooLong) }
        let renewers = judgement.renewers(at: rule?.acrossSites == true ? nil : site)
        let counted = lease.record.seals.count { $0.key != node && renewers.risingContains($0.key) }
        // A record bears no more seals than that; of a larger site so many are enough.
        let needed = rule.map { Int($0.quorum) } ?? min(quorum(renewing: renewers.count), Limits.signers)
        guard counted >= needed else { return .renewOnly(.tooFewSigners(counted, of: needed)) }
        switch time.hasPassed(terms.issued + terms.lifetime, at: now) {
        case true?: return .renewOnly(.expired)
        case false?, nil: return knownFor > terms.lifetime ? .renewOnly(.outlived) : .fresh
        }
    }
}
