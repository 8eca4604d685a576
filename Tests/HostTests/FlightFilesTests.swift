import Base
import Crypto
import Foundation
import Membership
import Node
import Session
import Testing
import Trust

@testable import Host

/// A node alone, whose rounds are what there is to record.
private final class Hermit {
    private var node: MarramNode
    private var outbox = NodeOutbox()
    private var clock = Instant.zero
    private(set) var flight: FlightFiles

    init(_ directory: DataDirectory, bytes: Int) {
        var entropy = Entropy.seeded(1)
        let identity = NodeIdentity(of: Digest(Bytes32(1, 1, 1, 1)), from: &entropy)
        let configuration = NodeConfiguration(
            name: "till-01", site: "front", id: identity.id, boot: 1, listen: Address(v4: 1, port: 1), reachable: [],
            seeds: [Address(v4: 2, port: 2)], gossip: MembershipSettings(interval: .seconds(1)), records: true)
        let sessions = Sessions(
            identity, boot: 1, settings: SessionSettings(), entropy: entropy.split(), random: Random(seed: 1),
            at: clock)
        node = MarramNode(
            configuration, signatory: Signatory(identity, from: &entropy), sessions: sessions, stored: [],
            entropy: entropy, random: Random(seed: 1), mischief: .none,
            at: Now(instant: clock, wall: WallTime(milliseconds: 0)))
        flight = FlightFiles(directory, bytes: bytes)
    }

    /// One turn of a daemon's loop: a round of gossip, then what `Host.record` does.
    func turn() throws {
        clock = clock + .seconds(2)
        node.wake(at: Now(instant: clock, wall: WallTime(milliseconds: 0)), into: &outbox)
        outbox.removeAll()
        let isFull = try flight.append(node.recorder.untaken.bytes)
        node.recordingTaken()
        guard isFull else { return }
        try flight.turn()
        node.startRecording(continues: true)
    }
}

private let ring = 8_192

@Test func theRingStaysWithinItsBoundAndAlwaysReplays() throws {
    let scratch = Scratch()
    let hermit = Hermit(scratch.directory, bytes: ring)
    var mostInputs = 0
    // What one turn adds to a file that is not full yet.
    let turn = 512
    for _ in 0..<1_000 {
        try hermit.turn()
        #expect(scratch.size("flight-1") <= ring / 2 + turn && scratch.size("flight-2") <= ring / 2 + turn)
        let report = try Recording.replay(try hermit.flight.joined())
        #expect(report.divergedAt == nil && !report.isCutShort)
        mostInputs = max(mostInputs, report.inputs)
        if mostInputs > report.inputs { #expect(report.checkpoints >= 1 && report.inputs * 3 > mostInputs) }
    }
    #expect(mostInputs < 1_000, "the oldest inputs made room")
}

@Test func theLifeBeforeIsKeptAndReplaysThoughItEndedInsideAnEntry() throws {
    let scratch = Scratch()
    let before = Hermit(scratch.directory, bytes: ring)
    for _ in 0..<10 { try before.turn() }
    let path = scratch.path + "/flight-1"
    let whole = try #require(FileManager.default.contents(atPath: path))
    for cut in [1, 4, 20, 60] {
        // The file system's clock is too coarse to tell which of two files of one moment is the older.
        try? FileManager.default.removeItem(atPath: scratch.path + "/flight-2")
        try whole.dropLast(cut).write(to: URL(fileURLWithPath: path))
        let after = Hermit(scratch.directory, bytes: ring)
        for _ in 0..<3 { try after.turn() }
        let report = try Recording.replay(try after.flight.joined())
        #expect(report.checkpoints == 2, "one life and then another")
        #expect((11...12).contains(report.inputs) && report.divergedAt == nil && !report.isCutShort)
    }
}
