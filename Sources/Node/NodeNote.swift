package import Base
package import Membership
package import Registry
package import Replication
package import Session
package import Vitals

/// Something that a node decided or saw, with its reason: for counters, evidence and the log. Not a sentence: whoever
/// shows it finds the words.
package enum NodeNote: Hashable, Sendable {
    case membership(MembershipEngine.Note)
    case registry(RegistryNote)
    case session(SessionNote)
    /// Somebody of whom the law does not say that it is a member spoke of something else than the law.
    case stranger(NodeID)
    case replication(ReplicationEngine.Note)
    case vitals(VitalsEngine.Note)
    /// So many own transactions were made void by an eviction or a fork: whoever wrote them has to decide anew.
    case madeVoid(Int)
    /// A datagram that opened and then did not decode: a member with a fault, or of a later version.
    case undecoded(DecodeError, from: NodeID)
}
