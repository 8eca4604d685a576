package import Base

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
    }

    package struct Gossip: Hashable, Sendable {
        package var interval = Interval.seconds(1)
        package var fanout = 3
        package var suspectAfter = Interval.seconds(8)
        package var unreachableAfter = Interval.seconds(20)
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
