package import Base

/// What somebody may do and where. Made by an operator, or by a holder out of less than the holder has.
package struct Grant: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case person(Person)
        case node(NodeKeys)

        /// The keys that may use the grant.
        package var keys: [SignerKey] {
            switch self {
            case .person(let person): person.keys
            case .node(let node): [node.signing]
            }
        }
    }

    package let subject: Subject
    package let terms: Terms

    package init(_ subject: Subject, _ terms: Terms) {
        self.subject = subject
        self.terms = terms
    }

    /// All of a grant but its subject: what an invitation promises to whoever comes.
    package struct Terms: Hashable, Sendable {
        /// Nil for a subject that belongs to no site.
        package let site: String?
        package let groups: [String]
        package let can: [Capability]
        package let scope: Scope
        /// How many further hands it may go through.
        package let delegate: UInt8

        package init(
            site: String? = nil, groups: [String] = [], can: [Capability], scope: Scope, delegate: UInt8 = 0
        ) {
            self.site = site
            self.groups = groups.risingOnce
            self.can = can.risingOnce
            self.scope = scope
            self.delegate = delegate
        }

        /// In what these terms go beyond those that they are made from; nil when they lie within.
        package func excess(over parent: Terms) -> Excess? {
            if delegate >= parent.delegate { return .delegation }
            if let site = parent.site, self.site != site { return .site }
            if !groups.isSubset(of: parent.groups) { return .groups }
            if !can.isSubset(of: parent.can) { return .capabilities }
            return scope.isWithin(parent.scope) ? nil : .scope
        }
    }

    package enum Excess: Hashable, Sendable {
        case delegation, site, groups, capabilities, scope
    }
}

extension Grant: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch subject {
        case .person(let person):
            writer.u8(1)
            person.encode(into: &writer)
        case .node(let node):
            writer.u8(2)
            node.encode(into: &writer)
        }
        terms.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: subject = .person(try Person(from: &reader))
        case 2: subject = .node(try NodeKeys(from: &reader))
        default: throw .unknown
        }
        terms = try Terms(from: &reader)
    }
}

extension Grant.Terms: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.optional(site.map(ListedName.init))
        writer.list(groups.map(ListedName.init))
        writer.list(can)
        scope.encode(into: &writer)
        writer.u8(delegate)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        site = try reader.optional(ListedName.self)?.text
        groups = try reader.rising(of: ListedName.self, in: 0...Limits.groups).map(\.text)
        can = try reader.rising(of: Capability.self, in: 0...Limits.capabilities)
        scope = try Scope(from: &reader)
        delegate = try reader.u8()
        guard delegate < Limits.grantDepth else { throw .outOfRange }
    }
}

/// Takes back a key or a grant. It is not a date that says what still counts, since whoever is thrown out could write
/// any date; it is a place in each feed. A feed that is not named counts for nothing.
package struct Revocation: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        /// Everything that this key owns, for ever. A node that comes back makes a new key.
        case key(SignerKey)
        /// Every use of a grant and of what was made from it.
        case grant(Digest)
    }

    package enum Reason: UInt8, Sendable {
        case stolen = 1
        case left = 2
        case replaced = 3
        case mistake = 4
    }

    package let target: Target
    package let reason: Reason
    /// By rising feeds.
    package let cuts: [Cut]

    package init(_ target: Target, reason: Reason, cuts: [Cut]) {
        self.target = target
        self.reason = reason
        self.cuts = cuts.risingOnce
    }
}

extension Revocation: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch target {
        case .key(let key):
            writer.u8(1)
            key.encode(into: &writer)
        case .grant(let grant):
            writer.u8(2)
            writer.digest(grant)
        }
        writer.u8(reason.rawValue)
        writer.list(cuts)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: target = .key(try SignerKey(from: &reader))
        case 2: target = .grant(try reader.digest())
        default: throw .unknown
        }
        guard let reason = Reason(rawValue: try reader.u8()) else { throw .unknown }
        self.reason = reason
        cuts = try reader.rising(of: Cut.self, in: 0...Limits.cuts)
    }
}

/// Some use of a capability, on some object, with content that stands elsewhere.
package struct Operation: Hashable, Sendable {
    package let capability: Capability
    package let object: String
    package let content: Digest
    /// What was approved, where the policy asks for approvals.
    package let proposal: Digest?

    package init(_ capability: Capability, on object: String, content: Digest, proposal: Digest? = nil) {
        self.capability = capability
        self.object = object
        self.content = content
        self.proposal = proposal
    }
}

extension Operation: WireValue {
    package func encode(into writer: inout ByteWriter) {
        capability.encode(into: &writer)
        ObjectName(object).encode(into: &writer)
        writer.digest(content)
        writer.optional(proposal)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        capability = try Capability(from: &reader)
        object = try ObjectName(from: &reader).text
        content = try reader.digest()
        proposal = try reader.optional(Digest.self)
    }
}

/// Everything that is decided when something is released: change one of these and it is another proposal.
package struct Subjects: Hashable, Sendable {
    package let object: String
    package let manifest: Digest
    package let targets: Digest
    package let plan: Digest

    package init(object: String, manifest: Digest, targets: Digest, plan: Digest) {
        self.object = object
        self.manifest = manifest
        self.targets = targets
        self.plan = plan
    }
}

extension Subjects: WireValue {
    package func encode(into writer: inout ByteWriter) {
        ObjectName(object).encode(into: &writer)
        writer.digest(manifest)
        writer.digest(targets)
        writer.digest(plan)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        object = try ObjectName(from: &reader).text
        manifest = try reader.digest()
        targets = try reader.digest()
        plan = try reader.digest()
    }
}

package struct Proposal: Hashable, Sendable {
    package let subjects: Subjects

    package init(_ subjects: Subjects) { self.subjects = subjects }
}

extension Proposal: WireValue {
    package func encode(into writer: inout ByteWriter) { subjects.encode(into: &writer) }
    package init(from reader: inout ByteReader) throws(DecodeError) { subjects = try Subjects(from: &reader) }
}

/// One person's yes. It repeats what it says yes to, so that it counts for nothing else.
package struct Approval: Hashable, Sendable {
    /// The proposal's entry.
    package let proposal: Digest
    package let subjects: Subjects
    /// Where the yes is asked for, it may be too old. It stays a yes in the history.
    package let notAfter: WallTime

    package init(of proposal: Digest, _ subjects: Subjects, notAfter: WallTime) {
        self.proposal = proposal
        self.subjects = subjects
        self.notAfter = notAfter
    }
}

extension Approval: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(proposal)
        subjects.encode(into: &writer)
        writer.wallTime(notAfter)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        proposal = try reader.digest()
        subjects = try Subjects(from: &reader)
        notAfter = try reader.wallTime()
    }
}
