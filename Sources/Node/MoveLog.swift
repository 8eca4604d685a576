internal import Base
internal import Membership

/// The last moves of all members, numbered, for whoever watches: who has seen a number asks for what came after it.
struct MoveLog {
    struct Entry: Sendable {
        var number: UInt64
        var at: Now
        var member: NodeID
        var from: Member.State?
        var to: Member.State
        var reason: Member.Reason
    }

    private var entries = Ring<Entry>(capacity: Limits.movesKept)
    /// How many there were in this life of the node.
    private(set) var newest: UInt64 = 0

    mutating func take(_ note: NodeNote, at now: Now) {
        guard case .membership(.moved(let member, let from, let to, let reason)) = note else { return }
        newest += 1
        entries.put(Entry(number: newest, at: now, member: member, from: from, to: to, reason: reason))
    }

    /// What came after `number`, oldest first, and how many of those are forgotten already.
    func after(_ number: UInt64) -> (entries: [Entry], missed: Int) {
        let oldest = entries.isEmpty ? newest + 1 : entries[0].number
        let missed = oldest > number ? Int(oldest - number - 1) : 0
        return (entries.filter { $0.number > number }, missed)
    }
}
