package import Base
internal import Membership

/// What a node's configuration says, complete: every key has a value, from a file or its default. The initial values
/// below are those defaults. How each is written, checked and explained stands in `ConfigurationKey.all`.
package struct Configuration: Hashable, Sendable {
    package struct Node: Hashable, Sendable {
        /// Nil when no file names the node.
        package var name: String?
        package var site = "main"
    }

    package struct Listen: Hashable, Sendable {
        package var address = Address(v4: 0, port: 7946)
        package var beacon = true
    }

    package struct Gossip: Hashable, Sendable {
        /// Bytes a second that this node sends to keep the mesh together, while nothing happens.
        package var budget: Int?
        /// Nil: as often as the budget pays for.
        package var interval: Interval?

        static let usualBudget = 900
        /// The time between two beats.
        package var beat: Interval { interval ?? paidFor }
        var paidFor: Interval { MembershipSettings.interval(spending: budget ?? Self.usualBudget) }
    }

    package struct Record: Hashable, Sendable {
        package var bytes = 8 << 20
    }

    package struct Log: Hashable, Sendable {
        package enum Level: String, CaseIterable, Sendable {
            case error
            case warning
            case info
            case debug
        }

        package var level = Level.info
    }

    package var node = Node()
    package var listen = Listen()
    package var gossip = Gossip()
    package var record = Record()
    package var log = Log()

    package init() {}
}
