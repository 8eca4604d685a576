internal import Base
internal import Text

/// The table of configuration keys. From a row follow how the key is read and checked, its default, what
/// `marram config show` prints, and its line in the manual; a new key is a property of `Configuration` and a row here.
package struct ConfigurationKey: Sendable {
    package let table: String
    package let name: String
    /// What the key decides, in a sentence.
    package let summary: String
    /// What values it takes, such as "a length of time from 100ms to 1m".
    package let takes: String
    /// Whether a running daemon takes a new value only when it is started again.
    package let needsRestart: Bool
    /// What holds when no file sets the key and it has no default of its own.
    package let otherwise: String?
    let isQuoted: Bool
    let set: @Sendable (TOMLValue, inout Configuration) throws(ConfigurationFault) -> Void
    /// The value as it is written, without quotes; nil when there is none.
    let value: @Sendable (Configuration) -> String?

    init<Value>(
        _ table: String, _ name: String, _ field: any WritableKeyPath<Configuration, Value> & Sendable,
        _ kind: ConfigurationKind<Value>, restart: Bool, otherwise: String? = nil, _ summary: String
    ) {
        self.table = table
        self.name = name
        self.summary = summary
        self.otherwise = otherwise
        takes = kind.takes
        needsRestart = restart
        isQuoted = kind.isQuoted
        set = { value, configuration throws(ConfigurationFault) in
            configuration[keyPath: field] = try kind.read(value)
        }
        value = { kind.show($0[keyPath: field]) }
    }

    package var path: String { "\(table).\(name)" }

    package static let all: [ConfigurationKey] = [
        ConfigurationKey(
            "node", "name", \.node.name, .optional(.name), restart: true, otherwise: "the machine's host name",
            "What people call this node; no two nodes of a mesh share a name."),
        ConfigurationKey(
            "node", "site", \.node.site, .name, restart: true,
            "The place where this node stands; nodes of one site share a fast network."),
        ConfigurationKey(
            "listen", "address", \.listen.address, .address, restart: true,
            "The UDP address and port at which peers reach this node; 0.0.0.0 is every address of the machine."),
        ConfigurationKey(
            "listen", "beacon", \.listen.beacon, .truth, restart: true,
            "Whether to call and to answer on the local net, so that nodes meet there though no seed is reached."),
        ConfigurationKey(
            "gossip", "budget", \.gossip.budget, .optional(.rate(90...9_000)), restart: true,
            otherwise: "\(Units.rate.text(of: Int64(Configuration.Gossip.usualBudget)))",
            "What this node sends to keep the mesh together while nothing happens; deaths are found later for less."),
        ConfigurationKey(
            "gossip", "interval", \.gossip.interval, .optional(.duration(.milliseconds(100)...(.seconds(60)))),
            restart: true, otherwise: "what budget pays for",
            "The time between two beats, for whom the budget's is not right."),
        ConfigurationKey(
            "record", "bytes", \.record.bytes, .bytes((64 << 10)...(1 << 30)), restart: true,
            "How much of the disk the flight recorder may use; the oldest inputs make room."),
        ConfigurationKey(
            "log", "level", \.log.level, .choice, restart: false,
            "The least important lines that the daemon still logs."),
    ]
}

/// A key that an earlier version had. A file that sets it is taken all the same, with a warning: nobody who looks after
/// a hundred nodes should find those down, after an upgrade, whose file still has it.
struct FormerKey: Sendable {
    let table: String
    let name: String
    /// What decides in its place.
    let instead: String

    static let all: [FormerKey] = [
        FormerKey(table: "gossip", name: "fanout", instead: "every node has eight neighbours; budget sets how often"),
        FormerKey(
            table: "gossip", name: "suspect_after", instead: "what each path loses decides how long silence is borne"),
        FormerKey(
            table: "gossip", name: "unreachable_after", instead: "a quorum of the member's observers decides"),
    ]
}
