package import Base

/// What an entry is worth, by the records alone: no clock, nothing local. The same records give the same verdicts.
package enum Verdict: Hashable, Sendable {
    case valid
    case void(Fault)
}

/// Why an entry counts for nothing.
package enum Fault: Hashable, Sendable {
    /// The head that it was made under is not on the root chain, or not known here.
    case headNotOnChain
    case notAnOperator
    /// Beyond what a revocation, or the removal of an operator, leaves of its feed. By that record's id.
    case cut(by: Digest)
    /// On a branch of a forked feed that too few had seen.
    case forked
    /// The owner has more open feeds than one may have.
    case tooManyFeeds
    /// The grant that it uses is not known here, or is no grant.
    case noSuchGrant
    case grantVoid(Digest)
    /// The grant is somebody else's.
    case notTheHolder
    case exceeds(Grant.Excess)
    case tooManyHands
    case lacks(Capability)
    case outOfScope
    /// Operators are removed by the root, never by one another.
    case operatorsKey
    /// The target was made neither by nor under whoever revokes it.
    case notItsIssuer
    case noSuchTarget
    case otherSubjects
    case notKept

    /// For a person who asks why.
    package var sentence: String {
        switch self {
        case .headNotOnChain: "the root chain does not contain the head under which it was made"
        case .notAnOperator: "its author was no operator under the head that it names"
        case .cut(let id): "it lies beyond what record \(id) leaves of its feed"
        case .forked: "its feed was forked, and too few members had seen this branch"
        case .tooManyFeeds: "its author has more than \(Limits.liveFeeds) open feeds"
        case .noSuchGrant: "the grant that it uses is unknown"
        case .grantVoid(let id): "the grant \(id) that it uses is void"
        case .notTheHolder: "the grant that it uses is somebody else's"
        case .exceeds(.delegation): "the grant before it may not be passed on any further"
        case .exceeds(.site): "it names another site than the grant that it is made from"
        case .exceeds(.groups): "it names a group that the grant before it does not"
        case .exceeds(.capabilities): "it gives more than the grant before it has"
        case .exceeds(.scope): "its scope is wider than that of the grant before it"
        case .tooManyHands: "it went through more than \(Limits.grantDepth) hands"
        case .lacks(let capability): "its author was not granted \(capability)"
        case .outOfScope: "its author's grant does not cover what it is done to"
        case .operatorsKey: "the key is an operator's, and only the root removes operators"
        case .notItsIssuer: "its author neither made the grant nor one that it came from"
        case .noSuchTarget: "what it speaks of is unknown"
        case .otherSubjects: "it approves of something else than what was proposed"
        case .notKept: "an operator decided that another node keeps this invitation"
        }
    }
}
