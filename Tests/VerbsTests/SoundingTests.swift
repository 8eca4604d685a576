import Base
import Control
import Testing

@testable import Verbs

enum SoundingSamples {
    static let ping = PingReply(
        name: "till-07", id: Samples.id, address: Address("10.9.0.17:7946"), carrier: .udp, sent: 5,
        trips: [.microseconds(4_100), .microseconds(1_200), .microseconds(1_100), .milliseconds(31)])
    static let trip = RoundTripReply(
        from: "till-07", to: "scan-02", measured: nil, estimated: .microseconds(4_300), errorPercent: 12, silent: [])
    static func edge(_ name: String, _ state: TopologyReply.Edge.State, isDeaf: Bool = false) -> TopologyReply.Edge {
        TopologyReply.Edge(
            name: name, id: Samples.id, state: state, roundTrip: state == .new ? nil : .microseconds(1_100),
            lossHere: 12_000, lossThere: state == .new ? nil : 4_000, heard: .milliseconds(400),
            longestSilence: .milliseconds(2_100), agrees: state == .heard, isDeaf: isDeaf)
    }
    static let topology = TopologyReply(
        edges: [edge("scan-02", .new), edge("till-02", .heard), edge("till-07", .silent)],
        seats: [
            .init(name: "f\u{F6}rk-03", id: Samples.id, state: .unreachable, observers: []),
            .init(name: "till-01", id: Samples.id, state: .alive, observers: ["till-02", "till-07"]),
            .init(name: "till-02", id: Samples.id, state: .alive, observers: ["till-01", "till-07"]),
            .init(name: "till-07", id: Samples.id, state: .suspect, observers: ["till-01", "till-02"]),
        ])
    static func move(_ number: Int) -> MovesReply.Move {
        MovesReply.Move(
            number: number, at: Samples.at, name: "till-07", id: Samples.id, from: .alive, to: .suspect,
            why: "silent for 3.2 s, longest before 1.1 s; 4 pings in vain; its path used to lose 2 %")
    }
}

@Test func pingsAreCountedAndSorted() {
    let stage = Stage(answering: .ping(SoundingSamples.ping))
    #expect(stage.run("ping till-07") == .done)
    #expect(stage.asked == [.ping(peer: "till-07", count: 5)] && stage.timeout == .seconds(5))
    #expect(
        stage.output == """
            till-07, udp 10.9.0.17:7946
              answer 1  4.1 ms
              answer 2  1.2 ms
              answer 3  1.1 ms
              answer 4  31 ms
            4 of 5 answered, loss 20%, min 1.1 ms, median 1.2 ms, p99 31 ms

            """)
    #expect(stage.run("ping till-07 -n 100 --json") == .done)
    #expect(stage.timeout == .seconds(24), "the tool waits as long as a hundred pings take")
    #expect(stage.output == Samples.envelope(.ping(SoundingSamples.ping)).json.description + "\n")
    for line in ["ping", "ping till-07 -n 0", "ping till-07 -n 101", "ping till-07 -n x"] {
        #expect(stage.run(line) == .usage, "\(line)")
    }
    var silent = SoundingSamples.ping
    silent.trips = []
    silent.carrier = nil
    let quiet = Stage(answering: .ping(silent))
    #expect(quiet.run("ping till-07") == .no)
    #expect(quiet.output == "till-07, no session\n0 of 5 answered, loss 100%\n")
}

@Test func aRoundTripIsMeasuredOrEstimated() {
    let stage = Stage(answering: .roundTrip(SoundingSamples.trip))
    #expect(stage.run("rtt till-07 scan-02") == .done)
    #expect(stage.asked == [.roundTrip(one: "till-07", other: "scan-02")])
    #expect(stage.output == "till-07 - scan-02, 4.3 ms estimated, error about 12%\n")
    #expect(stage.run("rtt till-07 --json") == .done)
    #expect(stage.asked.last == .roundTrip(one: "till-07", other: nil))
    #expect(stage.output == Samples.envelope(.roundTrip(SoundingSamples.trip)).json.description + "\n")
    var nothing = SoundingSamples.trip
    nothing.estimated = nil
    nothing.errorPercent = nil
    nothing.silent = ["scan-02"]
    let quiet = Stage(answering: .roundTrip(nothing))
    #expect(quiet.run("rtt scan-02") == .no)
    #expect(quiet.output == "till-07 - scan-02\nscan-02 did not answer\n")
    #expect(quiet.run("rtt") == .usage)
}

@Test func theTopologyHasAllItsForms() {
    let stage = Stage(answering: .topology(SoundingSamples.topology))
    #expect(stage.run("topology") == .no, "an edge is bad")
    #expect(
        stage.output == """
            NEIGHBOUR  STATE   RTT     LOSS  THERE  HEARD  LONGEST  ROSTER
            scan-02    new     -       1.2%  -      0.4 s  2.1 s    other
            till-02    heard   1.1 ms  1.2%  0.4%   0.4 s  2.1 s    same
            till-07    silent  1.1 ms  1.2%  0.4%   0.4 s  2.1 s    other
            view: 11/12 peers agree, oldest info 4.2 s

            """)
    #expect(stage.run("topology -o wide") == .no)
    #expect(stage.output.contains("observed by\n  förk-03  nobody: unreachable\n  till-01  till-02 till-07\n"))
    #expect(stage.run("topology -o name") == .no && stage.output == "scan-02\ntill-02\ntill-07\n")
    #expect(stage.run("topology -o csv") == .no)
    let head = "neighbour,state,rtt,loss,there,heard,longest,roster,id\n"
    #expect(stage.output.hasPrefix(head + "scan-02,new,,1.2,,0.400000,"))
    #expect(stage.run("topology --json") == .no)
    #expect(stage.output == Samples.envelope(.topology(SoundingSamples.topology)).json.description + "\n")
    var well = SoundingSamples.topology
    well.edges.removeLast()
    #expect(Stage(answering: .topology(well)).run("topology") == .done)
    well.edges[0].isDeaf = true
    #expect(Stage(answering: .topology(well)).run("topology") == .no)
}

@Test func theGraphIsOneForGraphviz() {
    var topology = SoundingSamples.topology
    topology.seats[0].name = "a\"b"
    let stage = Stage(answering: .topology(topology))
    #expect(stage.run("topology --dot") == .no)
    #expect(
        stage.output == """
            graph mesh {
              "a\\"b" [color=red];
              "till-01" [color=black];
              "till-02" [color=black];
              "till-07" [color=orange];
              "till-01" -- "till-02";
              "till-01" -- "till-07" [color=red];
              "till-02" -- "till-07";
            }

            """)
}

@Test func movesArePrintedAsTheyCome() {
    let stage = Stage()
    var newest = 41
    stage.answer = { request throws(Complaint) in
        guard case .moves(let since) = request else { throw Complaint(.ourMistake) }
        // Another move comes before every look.
        defer { newest += 1 }
        let moves = since >= newest ? [] : (since + 1...newest).map(SoundingSamples.move)
        return Samples.envelope(.moves(MovesReply(moves: moves, cursor: newest, missed: since == 7 ? 3 : 0)))
    }
    #expect(stage.run("watch -n 2") == .done)
    #expect(stage.asked.count == 3, "the first look only tells where to begin")
    #expect(stage.asked.dropFirst().first == .moves(since: 41))
    #expect(stage.paused == [.milliseconds(500), .milliseconds(500)])
    let lines = stage.output.split(separator: "\n")
    #expect(lines.count == 4 && lines.allSatisfy { $0.count <= 80 })
    #expect(lines[0] == "14:02:11.118  till-07 is suspect: silent for 3.2 s, longest before 1.1 s; 4")
    #expect(stage.run("watch --since 7 --for 500ms --json") == .done)
    #expect(stage.narration == "3 moves after 7 are no longer kept\n")
    let objects = stage.output.split(separator: "\n")
    #expect(objects.count == newest - 8)
    #expect(objects.first?.hasPrefix("{\"schema\":\"marram.move/1\",\"node\":\"till-01\"") == true)
    #expect(objects.first?.contains("\"number\":8,") == true)
}

@Test func aDaemonThatWasStartedAgainIsNoticed() {
    let stage = Stage()
    stage.answer = { _ in Samples.envelope(.moves(MovesReply(moves: [], cursor: 2, missed: 0))) }
    #expect(stage.run("watch --since 40 --for 1s") == .done)
    #expect(stage.asked == [.moves(since: 40), .moves(since: 0), .moves(since: 2)])
    #expect(stage.narration.contains("started again"))
}
