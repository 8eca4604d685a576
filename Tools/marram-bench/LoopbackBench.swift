internal import Base
internal import Loop
internal import Text

extension Bench {
    /// How fast bulk goes from one program to another on this machine. Both programs are this one, started with
    /// `receive` and `send`; the payload is the same for all movers, and every receiver checks every byte.
    static let loopback = Bench(
        name: "loopback", measures: "1 GiB from one process to another over loopback, checked, against sealed TCP"
    ) { () throws(Complaint) in try loopbackFigures() }

    static func loopbackFigures() throws(Complaint) -> [Figure] {
        let movers: [Mover] = [.sealedTCP, .line, .lineOverTCP, .tcp]
        var best = [Double](repeating: 0, count: movers.count)
        // Turn by turn, so that a slow minute strikes all of them. The best counts: a busy machine makes a transfer
        // slower, never faster.
        for _ in 0..<3 {
            for (index, mover) in movers.enumerated() {
                best[index] = max(best[index], try LoopbackRun.megabytesPerSecond(mover, 1 << 30))
            }
        }
        return [
            Figure("megabytes_per_second", best[1]),
            Figure("loopback_over_sealed_tcp", best[1] / best[0]),
            Figure("over_tcp_megabytes_per_second", best[2]),
            Figure("over_tcp_over_sealed_tcp", best[2] / best[0]),
            Figure("sealed_tcp_megabytes_per_second", best[0]),
            Figure("plain_tcp_megabytes_per_second", best[3]),
        ]
    }
}

/// One transfer: two children of this program.
enum LoopbackRun {
    static func megabytesPerSecond(_ mover: Mover, _ byteCount: Int) throws(Complaint) -> Double {
        let task = ["--bytes", String(byteCount), "--congestion", "cubic", "--json"]
        let said: String
        do throws(LoopError) {
            said = try Pair(mover.name, task).run()
        } catch {
            throw Complaint(.benchFailed, what: "the two ends cannot be started: \(error)")
        }
        guard let line = said.split(separator: "\n").last, let rate = rate(in: String(line)) else {
            throw Complaint(.benchFailed, what: "the receiver of \(mover.name) says: \(said)")
        }
        return rate
    }

    private static func rate(in line: String) -> Double? {
        let document = try? JSONValue(reading: Array(line.utf8), atMost: 1 << 16)
        switch document?["figures"]?["megabytes_per_second"] {
        case .integer(let value): return Double(value)
        case .number(let value): return value
        case .null, .boolean, .text, .array, .object, nil: return nil
        }
    }

    /// A receiver, and a sender as soon as the receiver listens.
    private final class Pair {
        private let loop: EventLoop
        private let mover: String
        private let task: [String]
        private let receiver: ChildProcess
        private var sender: ChildProcess?
        private var said = ""

        init(_ mover: String, _ task: [String]) throws(LoopError) {
            self.mover = mover
            self.task = task
            loop = try EventLoop()
            receiver = try ChildProcess(
                .init(["/proc/self/exe", "receive", mover, "--at", "127.0.0.1:0"] + task), on: loop)
        }

        func run() throws(LoopError) -> String {
            receiver.onOutput { [unowned self] channel, bytes in heard(bytes, on: channel) }
            receiver.onEnd { [unowned self] _ in loop.stop() }
            loop.run()
            return said
        }

        private func heard(_ bytes: RawSpan, on channel: ChildProcess.Channel) {
            // Safe: every position is inside.
            for at in 0..<bytes.byteCount {
                said.unicodeScalars.append(Unicode.Scalar(unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)))
            }
            guard sender == nil, let line = said.split(separator: "\n").first, said.contains("\n"),
                line.hasPrefix("listening ")
            else { return }
            let address = String(line.dropFirst("listening ".count))
            sender = try? ChildProcess(.init(["/proc/self/exe", "send", mover, "--to", address] + task), on: loop)
        }
    }
}
