import Base
import Control
import Testing
import Trust

@testable import Verbs

private func look(
    _ environment: [String: String], isTerminal: Bool = true, noColour: Bool = false, ascii: Bool = false
) -> Look {
    Look(isTerminal: isTerminal, environment: { environment[$0] }, noColour: noColour, ascii: ascii)
}

@Test func aTerminalShowsWhatItsLocaleCan() {
    let full = Look(colour: true, signs: true, ascii: false)
    #expect(look(["LANG": "de_DE.UTF-8"]) == full)
    #expect(look(["LANG": "C.utf8"]) == full)
    #expect(look(["LANG": "C"]) == Look(colour: true, signs: false, ascii: true))
    #expect(look([:]) == Look(colour: true, signs: false, ascii: true))
    #expect(look(["LC_ALL": "C", "LANG": "de_DE.UTF-8"]).ascii)
    #expect(look(["LC_ALL": "", "LC_CTYPE": "en_US.UTF-8", "LANG": "C"]) == full)
    #expect(look(["LANG": "en_US.ISO-8859-1"]).ascii)
}

@Test func colourAndSignsCanBeRefused() {
    let utf8 = ["LANG": "C.UTF-8"]
    #expect(look(utf8.merging(["NO_COLOR": "1"]) { $1 }) == Look(colour: false, signs: true, ascii: false))
    #expect(look(utf8.merging(["NO_COLOR": ""]) { $1 }).colour)
    #expect(look(utf8, noColour: true) == Look(colour: false, signs: true, ascii: false))
    #expect(look(utf8, ascii: true) == Look(colour: true, signs: false, ascii: true))
    #expect(look(utf8.merging(["TERM": "dumb"]) { $1 }) == Look(colour: false, signs: false, ascii: false))
    #expect(look(utf8, isTerminal: false) == Look(colour: false, signs: false, ascii: false))
}

/// Every verb in every form: what goes into a pipe cannot drive a terminal, and stays ASCII where the locale says so.
@Test(arguments: Verb.all.map(\.name))
func aPipeGetsPlainText(_ name: String) throws {
    let roles = Samples.chain([.setRole(Role(name: "pricing", can: [], scope: .everything))])
    let replies: [String: Reply] = [
        "status": .status(Samples.degraded), "members": .members(Samples.members),
        "links": .links(LinkSamples.all),
        "explain": .link(
            LinkReply(
                link: LinkSamples.lossy, events: [LinkSamples.event(.zero, "\u{1B}[2Jä")], clues: ["ö\u{9B}2J"],
                problems: [Complaint(.heavyLoss, what: "ü\u{7}")])),
        "ping": .ping(SoundingSamples.ping), "rtt": .roundTrip(SoundingSamples.trip),
        "topology": .topology(SoundingSamples.topology), "vitals": .vitals(VitalSamples.all),
        "watch": .moves(MovesReply(moves: [SoundingSamples.move(1)], cursor: 1, missed: 0)),
        "invite": .invitation(InvitationReply(token: "T", uses: 1, expires: Samples.at)),
        "node": .nodes(
            NodesReply(
                mesh: "", head: "",
                nodes: [
                    NodeRow(name: "\u{1B}[2Jä", id: Samples.id, standing: .revoked, site: "ö\u{9B}", key: "01")
                ])),
        "operator": .operators(
            OperatorsReply(
                head: "", threshold: 1,
                operators: [OperatorRow(name: "\u{1B}[2Jä", standing: .suspended, keys: ["ö\u{9B}"])])),
        "policy": .root(RootReply(chain: roles, cuts: [])), "role": .root(RootReply(chain: roles, cuts: [])),
        "auth": .authority(
            AuthorityReply(question: "\u{1B}[2Jä", isAllowed: true, why: "ö\u{9B}", grounds: ["\u{1B}"])),
        "audit": .acts(
            ActsReply(
                rows: [.init(record: "0a", at: Samples.at, actor: "\u{1B}ä", act: "ö", isValid: false, why: "\u{9B}")],
                total: 1)),
        "epoch": .epoch(
            EpochReply(
                number: 1, issued: Samples.at, keeper: "\u{1B}[2Jä", members: 1, isFrozen: true,
                holdups: [.init(name: "ö\u{9B}2J", id: Samples.id, lacks: nil, since: Samples.at)], omitted: 0,
                waiting: 1, returned: 1)),
        "leave": .left(LeaveReply(mesh: "m\u{1B}[2J", told: 1)),
        "record": .recording(RecordingReply(path: "/ä\u{9B}2J", bytes: 1, inputs: 1)),
    ]
    let arguments = [
        "init": "x", "join": "MARRAM3-x", "config": "check", "record": "save x", "completion": "bash",
        "explain": "link x",
        "ping": "x", "rtt": "x y", "watch": "--since 0 -n 1", "node": "list", "operator": "list",
        "policy": "show", "role": "list",
        "auth": "explain invite.create", "audit": "tail",
    ].merging(StoreSamples.arguments) { $1 }
    let verb = try #require(Verb.named(name))
    for format in verb.formats {
        let stage = Stage(answering: replies[name] ?? StoreSamples.replies[name] ?? .version(.own))
        if name == "resolve" { stage.answer = StoreSamples.resolve }
        stage.files = ["f": Array("a = 1".utf8)]
        let line = "\(name) \(arguments[name] ?? "") --yes -o \(format.rawValue)"
        let code = stage.run(line)
        #expect(code == .done || ["status", "explain", "topology", "conflicts"].contains(name))
        #expect(!stage.output.isEmpty, "\(line)")
        for text in [stage.output, stage.narration] {
            let controls = text.unicodeScalars.filter {
                $0.value < 0x20 && $0 != "\n" && $0 != "\t" || 0x7F...0x9F ~= $0.value
            }
            #expect(controls.isEmpty, "\(line)")
        }
        stage.environment = ["LC_ALL": "C"]
        #expect(stage.run(line) == code)
        #expect(stage.output.utf8.allSatisfy { $0 < 0x80 }, "\(line): \(stage.output)")
        #expect(stage.narration.utf8.allSatisfy { $0 < 0x80 }, "\(line)")
    }
}

@Test(
    arguments: [
        (0, "0s"), (59, "59s"), (60, "1m"), (200, "3m 20s"), (3_600, "1h"), (3_661, "1h 1m"), (86_399, "23h 59m"),
        (86_400, "1d"), (187_200, "2d 4h"), (86_400 * 400, "400d"), (86_405, "1d"), (-5, "0s"),
    ] as [(Int64, String)])
func aDurationIsItsTwoLargestUnits(_ seconds: Int64, _ text: String) {
    #expect(Figures.elapsed(.seconds(seconds)) == text)
}

@Test func figuresAreReadable() {
    #expect(
        [0, 999, 1_000, 1_234_567, -1_000].map { Figures.count($0) } == ["0", "999", "1,000", "1,234,567", "-1,000"])
    #expect(Figures.count(1, "use") == "1 use" && Figures.count(0, "use") == "0 uses")
    #expect(
        [0, 999, 1_000, 1_999, 999_999, 1_000_000].map { Figures.bytes($0) } == [
            "0 B", "999 B", "1.0 kB", "1.9 kB", "999.9 kB", "1.0 MB",
        ])
    #expect(Figures.bytes(.max) == "9223.3 PB")
    #expect(Figures.age(.milliseconds(4_249)) == "4.2 s" && Figures.age(.seconds(60)) == "1m")
    #expect(Figures.age(.milliseconds(-1)) == "0.0 s")
}

@Test func aMomentIsShownInTheZoneOfTheMachine() {
    #expect(Figures.moment(Samples.at, secondsEast: 0) == "2026-11-20 14:02:11 UTC")
    #expect(Figures.moment(Samples.at, secondsEast: 19_800) == "2026-11-20 19:32:11 +05:30")
    #expect(Figures.moment(Samples.at, secondsEast: -12_600) == "2026-11-20 10:32:11 -03:30")
}

@Test func aParagraphBreaksBetweenWords() {
    #expect(wrapped("aa bb cc", indent: 2, width: 7) == "  aa bb\n  cc\n")
    #expect(wrapped("aa bb cc", indent: 2, width: 6) == "  aa\n  bb\n  cc\n")
    #expect(wrapped("unbreakable a", indent: 0, width: 4) == "unbreakable\na\n")
}
