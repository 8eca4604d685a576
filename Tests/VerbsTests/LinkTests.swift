import Base
import Control
import Testing

@testable import Verbs

enum LinkSamples {
    private static func session(_ carrier: Carrier, loss: Int = 4_000) -> LinkRow.Session {
        LinkRow.Session(
            carrier: carrier, age: .seconds(7_440), isMine: true, heard: .milliseconds(400),
            roundTrip: .microseconds(1_100), shortestRoundTrip: .microseconds(900), queueing: .microseconds(2_100),
            loss: loss, ownLoss: 1_000, rate: 1_200_000, packetBytes: 1_452, keysAge: .minutes(12), keyPhase: 2,
            mode: carrier == .tcp ? "carried" : "steady", reason: "saturated", packetsSent: 1_204, packetsLost: 5)
    }

    static let udp = LinkRow(
        name: "till-02", id: Samples.id, state: .up, address: Address("10.9.0.12:7946"), session: session(.udp),
        attempt: nil, why: "steady: a queue shows")
    static let tcp = LinkRow(
        name: "till-07", id: Samples.id, state: .up, address: Address("10.9.0.17:7946"), session: session(.tcp),
        attempt: nil, why: "TCP paces: the path is new")
    static let lossy = LinkRow(
        name: "f\u{F6}rk-03", id: Samples.id, state: .silent, address: Address("10.9.0.43:7946"),
        session: session(.udp, loss: 184_000), attempt: nil, why: "spoken to and not heard for 17 s")
    static let nobody = LinkRow(
        name: nil, id: nil, state: .handshaking, address: Address("10.9.0.99:7946"), session: nil,
        attempt: .init(tries: 7, age: .seconds(12), triesTCP: true), why: "no answer, 7 tries since 12 s")
    static let gone = LinkRow(
        name: "scan-02", id: Samples.id, state: .none, address: nil, session: nil, attempt: nil,
        why: "nobody used it for hours")

    static func event(_ age: Interval, _ what: String, count: Int = 1, first: Interval? = nil) -> LinkReply.Event {
        LinkReply.Event(
            name: "link.up", at: WallTime(milliseconds: Samples.at.milliseconds - age.milliseconds), age: age,
            count: count, firstAge: first ?? age, what: what)
    }

    static let all = [udp, tcp, lossy, nobody, gone]
}

@Test func linksAreATable() {
    let stage = Stage(answering: .links(LinkSamples.all))
    #expect(stage.run("links") == .done)
    #expect(
        stage.output == """
            NAME            STATE        CARRIER            ADDRESS         RTT     LOSS  RATE      QUEUE   PACKET  HEARD  WHY
            till-02         up           udp                10.9.0.12:7946  1.1 ms  0.4%  1.2 MB/s  2.1 ms  1452    0.4 s  steady: a queue shows
            till-07         up           tcp (udp blocked)  10.9.0.17:7946  1.1 ms  0.4%  1.2 MB/s  2.1 ms  1452    0.4 s  TCP paces: the path is new
            förk-03         silent       udp                10.9.0.43:7946  1.1 ms  18%   1.2 MB/s  2.1 ms  1452    0.4 s  spoken to and not heard for 17 s
            10.9.0.99:7946  handshaking  -                  10.9.0.99:7946  -       -     -         -       -       -      no answer, 7 tries since 12 s
            scan-02         none         -                  -               -       -     -         -       -       -      nobody used it for hours
            view: 11/12 peers agree, oldest info 4.2 s

            """)
}

@Test func linksHaveTheirOtherForms() {
    let stage = Stage(answering: .links([LinkSamples.tcp, LinkSamples.nobody]))
    #expect(stage.run("links -o wide") == .done)
    #expect(stage.output.contains("  LOSS  OWN-LOSS  RATE "))
    #expect(
        stage.output.contains("  0.4%  0.1%      1.2 MB/s  2.1 ms  1452    12m, phase 2  0.4 s  \(Samples.id)  TCP"))
    #expect(stage.run("links -o name") == .done)
    #expect(stage.output == "till-07\n10.9.0.99:7946\n")
    #expect(stage.run("links -o csv") == .done)
    #expect(
        stage.output == """
            name,state,carrier,address,rtt,loss,own-loss,rate,queue,packet,keys,heard,id,why
            till-07,up,tcp,10.9.0.17:7946,0.001100,0.4,0.1,1200000,0.002100,1452,720,0.400000,\(Samples.id),\
            TCP paces: the path is new
            10.9.0.99:7946,handshaking,,10.9.0.99:7946,,,,,,,,,,"no answer, 7 tries since 12 s"

            """)
    #expect(stage.run("links --json") == .done)
    #expect(stage.output == Samples.envelope(.links([LinkSamples.tcp, LinkSamples.nobody])).json.description + "\n")
    #expect(stage.asked == Array(repeating: .links, count: 4))
    stage.isTerminal = true
    #expect(stage.run("links --no-color") == .done)
    #expect(stage.output.contains("● up") && stage.output.contains("◐ handshaking"))
}

@Test func aLinkThatIsUpIsExplained() {
    let reply = LinkReply(
        link: LinkSamples.udp,
        events: [
            LinkSamples.event(.hours(30), "the session ended: nobody used it for hours"),
            LinkSamples.event(.seconds(7_440), "a session is there, over udp 10.9.0.12:7946; this node began it"),
            LinkSamples.event(.milliseconds(2_118), "the path carries packets of 1452 bytes"),
        ], clues: [], problems: [])
    let stage = Stage(answering: .link(reply))
    #expect(stage.run("explain link till-02") == .done)
    #expect(stage.asked == [.explainLink(peer: "till-02")])
    #expect(
        stage.output == """
            till-02, up, steady: a queue shows
            path      udp, 10.9.0.12:7946
            quality   RTT 1.1 ms (shortest 0.9 ms), queue 2.1 ms
            loss      0.4% lately, 0.1% the path's own, 5 of 1,204 packets since the session began
            rate      1.2 MB/s in packets of 1,452 B
            session   2h 4m old, begun by this node, heard 0.4 s ago, keys 12m old, phase 2
            events (UTC)
              2026-11-19 08:02:11  the session ended: nobody used it for hours
              11:58:11.118         a session is there, over udp 10.9.0.12:7946; this node
                                   began it
              14:02:09.000         the path carries packets of 1452 bytes

            """)
    #expect(stage.run("explain link till-02 --json") == .done)
    #expect(stage.output == Samples.envelope(.link(reply)).json.description + "\n")
    stage.east = 3_600
    #expect(stage.run("explain link till-02") == .done)
    #expect(stage.output.contains("events (+01:00)\n") && stage.output.contains("  15:02:09.000  "))
}

@Test func aLinkOverTCPIsExplained() {
    let reply = LinkReply(
        link: LinkSamples.tcp,
        events: [
            LinkSamples.event(.minutes(2), "UDP was silent for 3 tries and TCP answered: the session runs over TCP")
        ],
        clues: [],
        problems: [
            Complaint(.udpBlocked, what: "UDP between this node and till-07 is blocked: the session runs over TCP")
        ])
    let stage = Stage(answering: .link(reply))
    #expect(stage.run("explain link till-07") == .no)
    #expect(
        stage.output == """
            till-07, up, TCP paces: the path is new
            path      tcp (udp blocked), 10.9.0.17:7946
            quality   RTT 1.1 ms (shortest 0.9 ms), queue 2.1 ms
            loss      0.4% lately, 0.1% the path's own, 5 of 1,204 packets since the session began
            rate      1.2 MB/s in packets of 1,452 B
            session   2h 4m old, begun by this node, heard 0.4 s ago, keys 12m old, phase 2
            events (UTC)
              14:00:11.118  UDP was silent for 3 tries and TCP answered: the session runs
                            over TCP
            error M3103 UDP between this node and till-07 is blocked: the session runs over TCP
              because  handshakes over UDP stayed silent and TCP was answered: something on the way drops UDP
              try      allow UDP on the node's port at both ends and between, as in: ufw allow 7946/udp        \
            (marram help M3103)

            """)
}

@Test func aLinkOnWhichNobodyAnswersIsExplained() {
    let reply = LinkReply(
        link: LinkSamples.nobody,
        events: [
            LinkSamples.event(
                .seconds(12), "this node began a handshake at 10.9.0.99:7946: there was something to say", count: 27,
                first: .seconds(4_812))
        ],
        clues: ["not one packet came from there in the 4812 s since the first try", "TCP is tried beside UDP"],
        problems: [Complaint(.nobodyAnswers, what: "nobody answers at 10.9.0.99:7946", remedy: "look there")])
    let stage = Stage(answering: .link(reply))
    #expect(stage.run("explain link 10.9.0.99:7946") == .no)
    #expect(
        stage.output == """
            10.9.0.99:7946, handshaking, no answer, 7 tries since 12 s
            path      10.9.0.99:7946
            attempt   7 tries in 12s over UDP and TCP
            events (UTC)
              14:01:59.118  this node began a handshake at 10.9.0.99:7946: there was
                            something to say (27 times in 1h 20m)
            clues
              - not one packet came from there in the 4812 s since the first try
              - TCP is tried beside UDP
            error M3104 nobody answers at 10.9.0.99:7946
              because  a firewall, a node that is down and a node of another mesh are equally silent
              try      look there        (marram help M3104)

            """)
}

@Test func aLossyLinkIsExplained() {
    let reply = LinkReply(
        link: LinkSamples.lossy, events: [],
        clues: ["others heard of it 2 s ago: it runs, and the way from here is broken"],
        problems: [
            Complaint(.linkSilent, what: "w1", because: "b1", remedy: "t1"),
            Complaint(.heavyLoss, what: "w2", because: "b2", remedy: "t2"),
        ])
    let stage = Stage(answering: .link(reply))
    stage.isTerminal = true
    #expect(stage.run("explain link förk-03 --no-color") == .no)
    #expect(
        stage.output == """
            förk-03 · ✗ silent · spoken to and not heard for 17 s
            path      udp · 10.9.0.43:7946
            quality   RTT 1.1 ms (shortest 0.9 ms) · queue 2.1 ms
            loss      18% lately · 0.1% the path's own · 5 of 1,204 packets since the session began
            rate      1.2 MB/s in packets of 1,452 B
            session   2h 4m old · begun by this node · heard 0.4 s ago · keys 12m old, phase 2
            events    none lately
            clues
              • others heard of it 2 s ago: it runs, and the way from here is broken
            ✗ M3111 w1
              because  b1
              try      t1        (marram help M3111)
            ✗ M3110 w2
              because  b2
              try      t2        (marram help M3110)

            """)
}

@Test func whatAPersonGetsWrongFirstHasItsOwnAnswer() {
    for (code, exit) in [
        (Code.unknownPeer, ExitCode.notFound), (.linkWithItself, .usage), (.ambiguousPeer, .usage),
        (.daemonNotRunning, .unreachable),
    ] {
        let stage = Stage()
        stage.answer = { _ throws(Complaint) in throw Complaint(code) }
        #expect(stage.run("explain link till-07") == exit)
        #expect(stage.narration.hasPrefix("error \(code) \(code.title)\n"))
        #expect(stage.output.isEmpty)
        #expect(code == .daemonNotRunning || stage.run("explain link till-07 --json") == exit)
    }
    let stage = Stage()
    #expect(stage.run("explain link") == .usage)
    #expect(stage.run("explain lnk till-07") == .usage)
    #expect(stage.narration.contains("did you mean link?"))
    #expect(stage.run(["explain", "link", ""]) == .usage)
    #expect(stage.run(["explain", "link", String(repeating: "x", count: Limits.peerWordBytes + 1)]) == .usage)
    #expect(stage.asked.isEmpty)
}

@Test func aDaemonsWordsCannotDriveTheTerminal() {
    var row = LinkSamples.nobody
    row.name = "a\u{1B}[2J"
    row.why = "b\u{7}"
    let reply = LinkReply(
        link: row, events: [LinkSamples.event(.zero, "c\u{1B}c\nd")], clues: ["e\u{9B}"],
        problems: [
            Complaint(.heavyLoss, what: "f\u{1B}", because: "g\u{1B}", remedy: "h\u{1B}")
        ])
    let stage = Stage(answering: .link(reply))
    #expect(stage.run("explain link a") == .no)
    #expect(
        !stage.output.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || (0x7F..<0xA0).contains($0.value) })
}
