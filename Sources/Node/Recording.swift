package import Base

/// A recording, read back and lived through.
package enum Recording {
    /// The first bytes of a saved recording; the digit is the format's version.
    package static let magic: [UInt8] = Array("marram recording 2\n".utf8)

    /// What a replay found.
    package struct Report: Hashable, Sendable {
        package var checkpoints = 0
        package var inputs = 0
        /// In how many places the state was compared with the recorded one.
        package var hashesCompared = 0
        /// The state at the last of them.
        package var stateHash: UInt64 = 0
        /// The first input after which the state was not the recorded one, counted from 1.
        package var divergedAt: Int?
        /// The bytes end inside an entry: the daemon stopped while it wrote.
        package var isCutShort = false
    }

    /// The whole entries at the beginning of a piece of a recording, which has no magic in front. What a daemon was
    /// writing when it stopped is left out, so that another piece can follow.
    package static func wholeEntries(of piece: [UInt8]) -> [UInt8] {
        var reader = ByteReader(piece.raw)
        var end = 0
        while let body = try? reader.entryBody() { end += 4 + body.count }
        return Array(piece[..<end])
    }

    /// Lives through `bytes` and compares each state with the recorded one. `step` sees each input as it is taken.
    package static func replay(
        _ bytes: [UInt8], step: (Int, Switchboard.Input, Now, Switchboard) -> Void = { _, _, _, _ in }
    ) throws(DecodeError) -> Report {
        guard bytes.starts(with: magic) else { throw .unknown }
        var report = Report()
        var switchboard: Switchboard?
        var outbox = Outbox<Switchboard.Effect>()
        var reader = ByteReader(bytes.raw)
        _ = try reader.raw(magic.count)
        while reader.remaining > 0 {
            guard let body = try reader.entryBody() else {
                report.isCutShort = true
                return report
            }
            switch try RecordingEntry(decoding: body.raw) {
            case .checkpoint(let recorded, let continues):
                report.checkpoints += 1
                report.stateHash = recorded.stateHash
                if continues, switchboard != nil {
                    report.hashesCompared += 1
                    switchboard?.settle()
                    if switchboard?.stateHash != recorded.stateHash, report.divergedAt == nil {
                        report.divergedAt = report.inputs
                    }
                }
                switchboard = recorded
            case .input(let input, let now, let recordedHash):
                guard switchboard != nil else { throw .outOfRange }
                report.inputs += 1
                switchboard?.take(input, at: now, into: &outbox)
                outbox.removeAll()
                guard let switchboard else { continue }
                step(report.inputs, input, now, switchboard)
                guard let recordedHash else { continue }
                report.hashesCompared += 1
                report.stateHash = switchboard.stateHash
                if report.stateHash != recordedHash, report.divergedAt == nil { report.divergedAt = report.inputs }
            }
        }
        return report
    }
}

extension ByteReader {
    /// The bytes of one entry behind their length; nil when they end before it does.
    fileprivate mutating func entryBody() throws(DecodeError) -> [UInt8]? {
        guard remaining >= 4 else { return nil }
        let count = Int(try u32())
        guard count <= Limits.recordingEntryBytes else { throw .tooLong }
        guard remaining >= count else { return nil }
        return [UInt8](copying: try raw(count))
    }
}
