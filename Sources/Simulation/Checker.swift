package import Base

/// An oracle: looks on while a world runs and says when something is wrong. A scenario makes its checkers anew for each
/// run, so a checker may keep in its closures whatever it must remember. Every closure answers nil when all is well.
package struct Checker<Member: Inhabitant & ~Copyable> {
    package typealias Look = (borrowing World<Member>) -> Finding?

    /// How violations name it: `acked-durability`.
    package let name: String
    /// Hears what nodes answer and note, and when they are born and die. At most one node is looked at.
    package var hear: ((Happening<Member.Reply, Member.Note>, borrowing World<Member>) -> Finding?)?
    /// Looks at one node after each of its steps.
    package var afterStep: ((Int, borrowing World<Member>) -> Finding?)?
    /// Looks at all nodes now and then.
    package var atCheckpoint: Look?
    /// Looks at all nodes when the faults are long over.
    package var atEnd: Look?

    package init(_ name: String) { self.name = name }
}

extension Checker where Member: ~Copyable {
    /// No node sends more than so many packets from one checkpoint, a second, to the next.
    static func boundedPackets(_ script: Script, most: UInt64) -> Checker {
        var before = [UInt64](repeating: 0, count: script.nodes)
        var checker = Checker("bounded-packets")
        checker.atCheckpoint = { world in
            for node in world.nodes {
                let sent = world.sentPackets(node) - before[node]
                before[node] = world.sentPackets(node)
                if sent > most { return Finding("sent \(sent) packets in a second; \(most) are allowed", at: node) }
            }
            return nil
        }
        return checker
    }
}

/// What a checker hears.
package enum Happening<Reply, Note> {
    case born(Int)
    /// The process ended. `forgetful`: its disk lost something that it had said to be stored.
    case died(Int, forgetful: Bool)
    case replied(Int, RequestID, Reply)
    case noted(Int, Note)
}

/// What a checker found: at which node, and what, in words.
package struct Finding: Hashable, Sendable {
    package var node: Int?
    package var what: String

    package init(_ what: String, at node: Int? = nil) {
        self.node = node
        self.what = what
    }
}

/// An oracle was violated: which, where, when.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package var oracle: String
    package var node: Int?
    /// Since the world began.
    package var time: Interval
    /// How many events had happened.
    package var event: UInt64
    package var what: String

    package var description: String {
        let place = node.map { " at node \($0)" } ?? ""
        return "\(oracle)\(place), \(time.text) into the run, event \(event): \(what)"
    }
}
