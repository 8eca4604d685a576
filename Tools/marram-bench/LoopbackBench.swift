internal import Base
internal import Loop
internal import Text

extension Bench {
    /// How fast bulk goes from one program to another on this machine. Both programs are this one, started with
    /// `receive` and `send`; the payload is the same for all movers, and every receiver checks every byte.
    static let stream = Bench(
        name: "stream", measures: "1 GiB from one process to another over loopback, checked, against sealed TCP"
    ) { () throws(Complaint) in
        let sealed = try LoopbackRun.best(of: .sealedTCP)
        let plain = try LoopbackRun.best(of: .tcp)
        return [
            Figure("sealed_tcp_megabytes_per_second", sealed),
            Figure("tcp_megabytes_per_second", plain),
            Figure("sealed_tcp_over_tcp", sealed / plain),
        ]
    }
}

/// One transfer: two children of this program.
enum LoopbackRun {
    /// The best of several, because a busy machine only ever makes a transfer slower.
    static func best(of mover: Mover, runs: Int = 3, byteCount: Int = 1 << 30) throws(Complaint) -> Double {
        var best = 0.0
        for _ in 0..<runs { best = max(best, try megabytesPerSecond(mover, byteCount)) }
        return best
    }

    private static func megabytesPerSecond(_ mover: Mover, _ byteCount: Int) throws(Complaint) -> Double {
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
