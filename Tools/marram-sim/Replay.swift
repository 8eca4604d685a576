internal import Base
internal import Node

/// Lives through a flight recording and tells whether every state was the recorded one. With `--trace`, every input and
/// the state after it are told on standard error, so that the step at which a node went wrong can be looked at.
extension Main {
    static func relive(_ path: String, _ options: Options) throws(Complaint) -> Int32 {
        let bytes = try read(path, atMost: Limits.recordingBytes)
        let report: Recording.Report
        do throws(DecodeError) {
            report = try Recording.replay(bytes) { step, input, now, switchboard in
                guard options.traces else { return }
                complain("\(step) \(now.wall.rfc3339) \(input) leads to \(switchboard.stateHash)")
            }
        } catch {
            throw Complaint(
                .recordingRefused, what: "\(path) is not a recording that this version reads: \(error)")
        }
        tell(report, of: path, options)
        return report.divergedAt == nil ? 0 : 1
    }

    private static func tell(_ report: Recording.Report, of path: String, _ options: Options) {
        let hash = hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: report.stateHash >> UInt64(56 - 8 * $0)) })
        if options.isJSON {
            let figures =
                "\"inputs\":\(report.inputs),\"checkpoints\":\(report.checkpoints),"
                + "\"states_compared\":\(report.hashesCompared),\"violations\":\(report.divergedAt == nil ? 0 : 1)"
            print(#"{"schema":"marram.sim/1","scenario":"replay","figures":{\#(figures)},"trace_hash":"\#(hash)"}"#)
            return
        }
        print("\(path): \(report.inputs) inputs, \(report.hashesCompared) states compared, the last \(hash)")
        if let step = report.divergedAt { print("the state after input \(step) is not the recorded one") }
        if report.isCutShort { print("the recording ends in the middle of an entry: the daemon was stopped there") }
    }
}
