import Base
import Control
import Testing

@testable import Verbs

enum PeerSamples {
    static let dropped = PeerReply(
        member: Samples.members[1], cause: .throughVoucher, confidence: .high,
        what: "till-07 runs, but no way leads there from here: others hear it",
        evidence: [
            "last heard 48.0 s ago over udp",
            "own health: 1 of 11 neighbours are silent; 0 fell silent with it, 10 are still heard",
        ],
        events: [
            LinkReply.Event(
                name: "member.suspect", at: WallTime(milliseconds: Samples.at.milliseconds - 48_000),
                age: .seconds(48), count: 1, firstAge: .seconds(48),
                what: "suspect: silent for 3.2 s, longest before 1.1 s; 4 pings in vain; its path used to lose 2 %; "
                    + "1 of 11 neighbours silent here"),
            LinkReply.Event(
                name: "handshake.silence", at: WallTime(milliseconds: Samples.at.milliseconds - 30_000),
                age: .seconds(30), count: 3, firstAge: .seconds(40), what: "this node began a handshake"),
        ],
        others: ["heard by till-02, till-09"],
        remedies: ["look at the firewalls and routes between here and there", "marram explain link till-07"])

    static func named(_ cause: PeerReply.Cause) -> PeerReply {
        PeerReply(
            member: Samples.members[0], cause: cause, confidence: .low, what: "w", evidence: [], events: [], others: [],
            remedies: [])
    }
}

@Test func aPeerIsExplained() {
    let stage = Stage(answering: .peer(PeerSamples.dropped))
    #expect(stage.run("explain peer till-07") == .no)
    #expect(stage.asked == [.explainPeer(peer: "till-07")])
    #expect(
        stage.output == """
            till-07 is suspect since 2026-11-20 14:01:23 UTC
              most likely: till-07 runs, but no way leads there from here: others hear it
              (confidence high)
            evidence
              - last heard 48.0 s ago over udp
              - own health: 1 of 11 neighbours are silent; 0 fell silent with it, 10 are
                still heard
            events (UTC)
              14:01:23.118  suspect: silent for 3.2 s, longest before 1.1 s; 4 pings in
                            vain; its path used to lose 2 %; 1 of 11 neighbours silent here
              14:01:41.118  this node began a handshake (3 times in 10s)
            what others see
              - heard by till-02, till-09
            try   look at the firewalls and routes between here and there
                  marram explain link till-07
            view: 11/12 peers agree, oldest info 4.2 s

            """)
    #expect(stage.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(stage.run("explain peer till-07 --json") == .no)
    #expect(stage.output == Samples.envelope(.peer(PeerSamples.dropped)).json.description + "\n")
    stage.isTerminal = true
    #expect(stage.run("explain peer till-07 --no-color") == .no)
    #expect(stage.output.contains("◐ suspect") && stage.output.contains("• heard by"))
}

@Test(arguments: PeerReply.Cause.allCases)
func onlyWhoIsWellOrLeftEndsWithZero(_ cause: PeerReply.Cause) {
    let stage = Stage(answering: .peer(PeerSamples.named(cause)))
    let code = stage.run("explain peer till-01")
    #expect(code == (cause == .fine || cause == .left ? .done : .no))
    #expect(stage.output.contains("most likely: ") == (code == .no))
}

@Test func anAnswerAboutSomethingElseIsNotShown() {
    let stage = Stage(answering: .peer(PeerSamples.dropped))
    #expect(stage.run("explain link till-07") == .ourMistake || !stage.narration.isEmpty)
    #expect(stage.output.isEmpty)
    #expect(stage.run("explain peer") == .usage)
    #expect(stage.run(["explain", "peer", String(repeating: "x", count: Limits.peerWordBytes + 1)]) == .usage)
}
