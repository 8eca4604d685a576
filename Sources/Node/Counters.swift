package import Base

/// How much came and went, and how much of it was refused for which reason.
package struct Counters: Hashable, Sendable {
    package var packetsSent: UInt64 = 0
    package var bytesSent: UInt64 = 0
    package var packetsReceived: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// By the name of the reason.
    package private(set) var refused: SortedMap<String, UInt64> = SortedMap()

    package init() {}

    package mutating func countRefusal(_ reason: String) {
        refused.update(reason, default: 0) { $0 += 1 }
    }
}
