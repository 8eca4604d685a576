internal import Base
internal import Glibc

/// A way to move the payload from one program to another. `marram-bench receive MOVER` and `marram-bench send MOVER`
/// are the two ends, on one machine or on two.
struct Mover: Sendable {
    struct Order {
        var address: Address
        /// How much the sender sends.
        var byteCount = 1 << 30
        /// After how long both ends end, whatever has arrived. The receiver's figures are then those of this window.
        var seconds: Double?
        /// TCP's congestion control by its kernel name; nil for the system's own choice.
        var congestion: String?
        /// How fast to send, for a mover that does not find out by itself.
        var megabits = 10.0

        var deadline: UInt64 { seconds.map { nanoseconds() + UInt64($0 * 1e9) } ?? .max }
    }

    let name: String
    let measures: String
    let send: @Sendable (Order) throws(Complaint) -> [Figure]
    /// Calls `listens` as soon as a sender may come.
    let receive: @Sendable (Order, _ listens: (UInt16) -> Void) throws(Complaint) -> [Figure]

    static let all = [tcp, sealedTCP, line, lineOverTCP, echo, greet, blast]
}

extension Mover {
    /// A line for the program that started us, at once.
    static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
