package import Base

/// What an office of the mesh may do: a row of the root's table, from which operators make grants.
package struct Role: Hashable, Comparable, Sendable {
    package let name: String
    package let can: [Capability]
    package let scope: Scope
    /// How often a holder may pass it on.
    package let delegate: UInt8

    package init(name: String, can: [Capability], scope: Scope, delegate: UInt8 = 0) {
        precondition(can.count <= Limits.capabilities && delegate < Limits.grantDepth, "a role is within the limits")
        self.name = name
        self.can = can.risingOnce
        self.scope = scope
        self.delegate = delegate
    }

    package static func < (left: Role, right: Role) -> Bool { left.name < right.name }
}

extension Role: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.list(can)
        scope.encode(into: &writer)
        writer.u8(delegate)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        name = try reader.name()
        can = try reader.rising(of: Capability.self, in: 0...Limits.capabilities)
        scope = try Scope(from: &reader)
        delegate = try reader.u8()
        guard delegate < Limits.grantDepth else { throw .outOfRange }
    }
}

/// What must be so before a capability may be used, beyond having it.
package struct Policy: Hashable, Comparable, Sendable {
    package let capability: Capability
    /// How many persons must have approved, who hold `approver`.
    package var approvals: UInt8 = 0
    package var approver: Capability?
    /// Approvals count for so long, seen by the time bracket.
    package var maxAge: Interval?
    /// A stale lease does not do.
    package var needsFreshLease = false
    /// The actor's grant must name this group.
    package var group: String?
    /// The objects that it speaks of: about all others it says nothing.
    package var scope = Scope.everything
    /// Of what had been done when it was made, this is not judged by it.
    package var cuts: [Cut] = []

    package init(_ capability: Capability) { self.capability = capability }

    package static func < (left: Policy, right: Policy) -> Bool { left.capability < right.capability }
}

extension Policy: WireValue {
    package func encode(into writer: inout ByteWriter) {
        capability.encode(into: &writer)
        writer.u8(approvals)
        writer.optional(approver)
        writer.bool(maxAge != nil)
        if let maxAge { writer.interval(maxAge) }
        writer.bool(needsFreshLease)
        writer.optional(group.map(ListedName.init))
        scope.encode(into: &writer)
        writer.list(cuts)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        capability = try Capability(from: &reader)
        approvals = try reader.u8()
        approver = try reader.optional(Capability.self)
        maxAge = try reader.bool() ? try reader.interval() : nil
        needsFreshLease = try reader.bool()
        group = try reader.optional(ListedName.self)?.text
        scope = try Scope(from: &reader)
        cuts = try reader.rising(of: Cut.self, in: 0...Limits.cuts)
        // Approvals by nobody in particular would be approvals by anybody.
        guard (approvals == 0) == (approver == nil), approvals <= Limits.signers else { throw .outOfRange }
        guard maxAge.map({ $0 > .zero && $0 <= Limits.patience }) ?? true else { throw .outOfRange }
    }
}

extension Policy {
    /// For people.
    package var words: String {
        var parts: [String] = []
        if capability == .write { parts.append("takes a grant") }
        if let approver { parts.append("\(approvals) who hold \(approver) must have approved") }
        if let maxAge { parts.append("no longer than \(maxAge.seconds / 3_600) h ago") }
        if needsFreshLease { parts.append("the lease must be fresh") }
        if let group { parts.append("the grant must name the group \(group)") }
        let what = parts.isEmpty ? "asks for nothing but a grant" : parts.joined(separator: ", ")
        let objects = scope.patterns.isEmpty ? "nothing" : scope.patterns.map(\.text).joined(separator: ", ")
        return "the policy for \(capability) on \(objects): \(what)"
    }
}

/// How a site renews its leases, where the usual rule does not fit: small sites say so.
package struct SiteRule: Hashable, Comparable, Sendable {
    package let site: String
    /// How many other nodes sign a lease.
    package let quorum: UInt8
    /// How long a lease lives.
    package let leaseHours: UInt16
    /// Whether nodes of other sites may sign: a site of one node has nobody else.
    package let acrossSites: Bool

    package init(site: String, quorum: UInt8, leaseHours: UInt16, acrossSites: Bool = false) {
        self.site = site
        self.quorum = quorum
        self.leaseHours = leaseHours
        self.acrossSites = acrossSites
    }

    package static func < (left: SiteRule, right: SiteRule) -> Bool { left.site < right.site }
}

extension SiteRule: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.text(site)
        writer.u8(quorum)
        writer.u16(leaseHours)
        writer.bool(acrossSites)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        site = try reader.name()
        quorum = try reader.u8()
        leaseHours = try reader.u16()
        acrossSites = try reader.bool()
        guard (1...Limits.signers).contains(Int(quorum)), (1...Lease.longestHours).contains(leaseHours) else {
            throw .outOfRange
        }
    }
}
