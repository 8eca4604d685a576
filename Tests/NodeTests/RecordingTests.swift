import Base
import Crypto
import Membership
import Testing

@testable import Node

/// The recording of one of three nodes that talk for a while.
private func recorded(milliseconds: Int64) -> (bytes: [UInt8], inputs: Int) {
    let village = Village(3, records: true)
    village.run(milliseconds: milliseconds)
    let bytes = village[1].recording
    return (bytes, entries(bytes).count - 1)
}

/// Where the entries of a recording lie, their lengths left out.
private func entries(_ bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = Recording.magic.count
    while start < bytes.count {
        let length = bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        ranges.append(start + 4..<start + 4 + length)
        start += 4 + length
    }
    return ranges
}

private func isFound(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0...].starts(with: needle) }
}

@Test func aRecordingIsLivedThroughWithoutDivergence() throws {
    let (bytes, inputs) = recorded(milliseconds: 80_000)
    #expect(inputs > 200)
    var steps = 0
    let report = try Recording.replay(bytes) { number, _, _, _ in
        steps += 1
        #expect(number == steps)
    }
    #expect(report.inputs == inputs && steps == inputs)
    #expect(report.hashesCompared == inputs, "a small state is hashed after every input")
    #expect(report.checkpoints == 1 && report.divergedAt == nil && !report.isCutShort)
}

@Test func aChangedInputDivergesOrIsRefused() throws {
    let (bytes, _) = recorded(milliseconds: 3_000)
    // The first word of a newcomer: the state depends on all of it, but for the address that it came from.
    let entry = try #require(
        entries(bytes).first {
            let body = Array(bytes[$0])
            guard case .input(.received(.membership, _, _), _, _)? = try? RecordingEntry(decoding: body.raw) else {
                return false
            }
            return true
        })
    // Tag, time, hash, tag of the input, sender.
    let source = entry.lowerBound + 1 + 16 + 9 + 1 + Bytes32.byteCount
    for index in entry.lowerBound - 4..<entry.upperBound where !(source..<source + Address.byteCount).contains(index) {
        for bit in [UInt8(0x01), 0x80] {
            var changed = bytes
            changed[index] ^= bit
            guard let report = try? Recording.replay(changed) else { continue }
            #expect(report.divergedAt != nil || report.isCutShort, "byte \(index - entry.lowerBound) of the entry")
        }
    }
}

@Test func aRecordingCutAnywhereIsReadUpToThere() throws {
    let (bytes, _) = recorded(milliseconds: 1_500)
    let ends = entries(bytes).map(\.upperBound)
    for length in 0..<bytes.count {
        let cut = Array(bytes[..<length])
        guard length >= Recording.magic.count else {
            #expect(throws: DecodeError.unknown) { try Recording.replay(cut) }
            continue
        }
        let report = try Recording.replay(cut)
        let whole = ends.count { $0 <= length }
        #expect(report.checkpoints + report.inputs == whole)
        #expect(report.divergedAt == nil)
        let isAtAnEnd = length == Recording.magic.count || ends.contains(length)
        #expect(report.isCutShort == !isAtAnEnd)
        let piece = Array(cut.dropFirst(Recording.magic.count))
        #expect(
            Recording.wholeEntries(of: piece).count
                == (ends.last { $0 <= length }.map { $0 - Recording.magic.count } ?? 0))
    }
}

@Test func anEntryAboveItsLimitIsRefusedAndNotTakenForACut() {
    var writer = ByteWriter()
    writer.raw(Recording.magic)
    writer.u32(UInt32(Limits.recordingEntryBytes))
    #expect((try? Recording.replay(writer.bytes))?.isCutShort == true)
    writer.truncate(to: Recording.magic.count)
    writer.u32(UInt32(Limits.recordingEntryBytes + 1))
    let bytes = writer.bytes
    #expect(throws: DecodeError.tooLong) { try Recording.replay(bytes) }
}

@Test func aCheckpointThatContinuesMustBeTheStateBeforeIt() throws {
    let village = Village(2, records: true)
    village.run(milliseconds: 3_000)
    village[1].startRecording(continues: true)
    let sound = try Recording.replay(village[1].recording)
    #expect(sound.checkpoints == 2 && sound.divergedAt == nil)
    #expect(sound.stateHash == village[1].node.stateHash)

    let strange = Village(2, records: true)
    strange[2].startRecording(continues: true)
    let other = try #require(entries(strange[2].recording).last)
    let spliced = village[1].recording + strange[2].recording[(other.lowerBound - 4)...]
    #expect(try Recording.replay(spliced).divergedAt == sound.inputs)
}

@Test func anotherLifeMayFollowInOneRecording() throws {
    let (before, after) = (recorded(milliseconds: 2_000), recorded(milliseconds: 3_000))
    let joined = before.bytes + after.bytes.dropFirst(Recording.magic.count)
    let report = try Recording.replay(joined)
    #expect(report.checkpoints == 2 && report.inputs == before.inputs + after.inputs)
    #expect(report.divergedAt == nil)
}

@Test func anInputWithoutACheckpointIsRefused() throws {
    let (bytes, _) = recorded(milliseconds: 1_000)
    let first = try #require(entries(bytes).first)
    let headless = Recording.magic + bytes[first.upperBound...]
    #expect(throws: DecodeError.outOfRange) { try Recording.replay(headless) }
}

@Test func aRecordingHoldsNoKey() {
    let village = Village(3, records: true)
    village.run(milliseconds: 10_000)
    _ = village.ask(1, .invite(uses: 1, lifetime: .hours(1)))
    village.run(milliseconds: 1_000)
    let seed = identity(1, mesh: 7).signing.withSeed { [UInt8](copying: $0) }
    #expect(!isFound(seed, in: village[1].recording))
    #expect(!isFound(Array(seed[8..<16]), in: village[1].recording))
    #expect(isFound(id(2).value.bytes, in: village[1].recording), "the search finds what is there")
}

@Test func aStateOutOfItsRangeIsRefused() throws {
    let village = Village(2)
    village.run(milliseconds: 2_000)
    let state = village[1].node.switchboard.encoded
    #expect(try Switchboard(decoding: state.raw).encoded == state)
    for length in 0..<state.count {
        #expect(throws: DecodeError.self, "cut at \(length)") { try Switchboard(decoding: Array(state[..<length]).raw) }
    }
    // The last batch's number and the count of unstored ones are the end of the state.
    func lastBatch(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(Array(state.dropLast(9)))
        writer.u64(number)
        writer.u8(0)
        return writer.bytes
    }
    #expect(throws: Never.self) { try Switchboard(decoding: lastBatch(Limits.counted).raw) }
    #expect(throws: DecodeError.outOfRange) { try Switchboard(decoding: lastBatch(Limits.counted + 1).raw) }
}
