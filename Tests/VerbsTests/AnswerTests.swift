import Base
import Control
import Host
import Testing
import Trust

@testable import Verbs

private let esc = "\u{1B}["

@Test func membersAreATable() {
    let stage = Stage(answering: .members(Samples.members))
    #expect(stage.run("members") == .done)
    #expect(
        stage.output == """
            NAME     STATE        SINCE   SITE   ADDRESS         WHY
            till-01  alive        2d 4h   front  10.9.0.11:7946  this node
            till-07  suspect      48s     front  10.9.0.17:7946  3 probes lost, 0/3 relays ok
            förk-03  unreachable  3m 20s  -      -               confirmed by "till-02"
            仓库-04  left         6h      yard   [fe80::1]:7946  said goodbye
            view: 11/12 peers agree, oldest info 4.2 s

            """)
    #expect(stage.narration.isEmpty)
}

@Test func aTerminalGetsSignsAndColours() {
    let stage = Stage(answering: .members([Samples.members[1]]))
    stage.isTerminal = true
    #expect(stage.run("members") == .done)
    #expect(
        stage.output == """
            \(esc)2mNAME\(esc)0m     \(esc)2mSTATE\(esc)0m      \(esc)2mSINCE\(esc)0m  \(esc)2mSITE\(esc)0m   \
            \(esc)2mADDRESS\(esc)0m         \(esc)2mWHY\(esc)0m
            till-07  \(esc)33m◐ suspect\(esc)0m  48s    front  10.9.0.17:7946  3 probes lost, 0/3 relays ok
            \(esc)33mview: 11/12 peers agree · oldest info 4.2 s\(esc)0m

            """)
}

@Test func theWideTableHasIdsAndMoments() {
    let stage = Stage(answering: .members([Samples.members[0]]))
    stage.east = 3_600
    let header = "NAME     STATE  SINCE  SITE   ADDRESS         CHANGED                     ID"
    #expect(stage.run("members -o wide") == .done)
    #expect(stage.output.hasPrefix(header))
    #expect(stage.output.contains("  2026-11-18 11:02:11 +01:00  \(Samples.id)  this node\n"))
    #expect(stage.run("members -o wide --utc") == .done)
    #expect(stage.output.contains("  2026-11-18 10:02:11 UTC  "))
}

@Test func membersAsCSVHaveEveryColumnAndNothingElse() {
    let stage = Stage(answering: .members(Samples.members))
    #expect(stage.run("members -o csv") == .done)
    let lines = stage.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 6)
    #expect(lines[0] == "name,state,since,site,address,changed,id,why")
    #expect(
        lines[2] == "till-07,suspect,48,front,10.9.0.17:7946,2026-11-20T14:01:23.118Z,\(Samples.id),"
            + "\"3 probes lost, 0/3 relays ok\"")
    #expect(lines[3].hasPrefix("förk-03,unreachable,200,,,"))
    #expect(lines[3].hasSuffix(#","confirmed by ""till-02""""#))
    #expect(lines[5].isEmpty)
}

@Test func membersAsNamesAreOneALine() {
    let stage = Stage(answering: .members(Samples.members))
    #expect(stage.run("members -o name") == .done)
    #expect(stage.output == "till-01\ntill-07\nförk-03\n仓库-04\n")
}

@Test func jsonIsTheEnvelopeAsItCame() {
    for reply in [Reply.members(Samples.members), .status(Samples.degraded)] {
        let stage = Stage(answering: reply)
        let verb = if case .members = reply { "members" } else { "status" }
        _ = stage.run("\(verb) --json")
        #expect(stage.output == Samples.envelope(reply).json.description + "\n")
        #expect(stage.narration.isEmpty)
    }
}

@Test func theStatusIsOneScreen() {
    let stage = Stage(answering: .status(Samples.degraded))
    #expect(stage.run("status") == .no)
    #expect(
        stage.output == """
            store-0412, this node till-01, DEGRADED
            members   12: 10 alive, 1 suspect, 1 unreachable
            node      up 2d 4h, listens on 10.9.0.11:7946, site front, version 0.1.0, protocol 1
            traffic   sent 1,204 packets (96.3 kB), received 1 packet (812 B)
            counters  duplicate 12 replayed 1,003
            problems (1)
              - M3101 10.9.0.11:7946 is taken
                  try  stop it
            view: 11/12 peers agree, oldest info 4.2 s

            """)
    #expect(stage.run("status -o wide") == .no)
    #expect(stage.output.contains("counters  duplicate 12 bad_seal 0 replayed 1,003\n"))
    #expect(stage.output.contains("id \(Samples.id)"))
}

@Test func aHealthyStatusOnATerminal() {
    let stage = Stage(answering: .status(Samples.healthy))
    stage.isTerminal = true
    #expect(stage.run("status --no-color") == .done)
    #expect(
        stage.output == """
            store-0412 · this node till-01 · healthy
            members   3: ● 3 alive
            node      up 2d 4h · listens on 10.9.0.11:7946 · site front · version 0.1.0, protocol 1
            traffic   sent 1,204 packets (96.3 kB) · received 1 packet (812 B)
            view: 11/12 peers agree · oldest info 4.2 s

            """)
}

@Test func anInvitationIsATokenAndWhatItAllows() {
    let reply = Reply.invitation(InvitationReply(token: "MARRAM3-AH7K", uses: 20, expires: Samples.at))
    let stage = Stage(answering: reply)
    #expect(stage.run("invite --uses 20 --expires 24h") == .done)
    #expect(stage.asked == [.invite(uses: 20, lifetime: .hours(24))])
    #expect(stage.output == "MARRAM3-AH7K\n", "a pipe gets the token alone")
    #expect(stage.narration == "20 uses, until 2026-11-20 14:02:11 UTC\n")
    #expect(stage.run("invite -o name") == .done)
    #expect(stage.output == "MARRAM3-AH7K\n")
    #expect(stage.asked.last == .invite(uses: 1, lifetime: .hours(24)))
    #expect(stage.run("invite --uses 1001") == .usage)
    #expect(stage.run("invite --expires 31d") == .usage)
    #expect(stage.asked.count == 2)
}

@Test func warningsAreNarratedBesideAnyTable() {
    let stage = Stage()
    stage.answer = { _ in
        var envelope = Samples.envelope(.members(Samples.members))
        envelope.warnings = [.init(.diskFull, remedy: "free some space")]
        return envelope
    }
    for form in ["table", "csv", "name"] {
        #expect(stage.run("members -o \(form)") == .done)
        #expect(stage.narration == "warning M7102 free some space\n")
        #expect(!stage.output.contains("M7102"))
    }
}

@Test func initAndJoinSettleANodeAndSayWhatIsNext() {
    let stage = Stage()
    #expect(stage.run("init store-0412 --data /tmp/d --name till-09 --site yard --listen 127.0.0.1:7946") == .done)
    #expect(
        stage.founded == [
            NewNode(
                directory: "/tmp/d", key: "store-0412", name: "till-09", site: "yard",
                listen: Address("127.0.0.1:7946"))
        ])
    #expect(stage.output == "ok node    till-09  01020304  /tmp/d\nok mesh    store-0412\n")
    #expect(stage.narration.contains("marramd --data /tmp/d"))
    #expect(stage.narration.contains("marram invite --data /tmp/d"))
    #expect(stage.run("join MARRAM3-X --json") == .done)
    #expect(stage.founded.last?.key == "MARRAM3-X")
    #expect(
        stage.output == #"{"schema":"marram.node/1","node":"till-01","at":"2026-11-20T14:02:11.118Z","view":null,"#
            + #""data":{"mesh":"store-0412","name":"till-01","id":"\#(Samples.id)","path":"/var/lib/marram"},"#
            + #""warnings":[]}"# + "\n")
    #expect(stage.narration.isEmpty)
}

@Test func leavingMustBeConfirmed() {
    let stage = Stage()
    stage.answer = { request in
        Samples.envelope(request == .leave ? .left(LeaveReply(mesh: "store-0412", told: 2)) : .version(.own))
    }
    #expect(stage.run("leave") == .usage)
    #expect(stage.narration.hasPrefix("error M1313 "))
    stage.isTerminal = true
    stage.typed = "till-02"
    #expect(stage.run("leave") == .usage)
    #expect(!stage.asked.contains(.leave))
    stage.typed = nil
    #expect(stage.run("leave") == .usage)
    #expect(!stage.asked.contains(.leave))
    stage.typed = "till-01"
    #expect(stage.run("leave --ascii") == .done)
    #expect(stage.narration == "till-01 will leave its mesh and stop. Type its name to confirm: ")
    #expect(stage.asked.last == .leave)
    stage.isTerminal = false
    #expect(stage.run("leave --yes") == .done)
    #expect(stage.output == "ok left store-0412, 2 members told\n")
}

@Test func aRecordingGoesWhereThePersonStands() {
    let stage = Stage(answering: .recording(RecordingReply(path: "/tmp/here/a.rec", bytes: 12_345, inputs: 1)))
    #expect(stage.run("record save a.rec") == .done)
    #expect(stage.asked == [.saveRecording(path: "/tmp/here/a.rec")])
    #expect(stage.output == "ok /tmp/here/a.rec    1 input, 12.3 kB\n")
    #expect(stage.run("record save /srv/b") == .done)
    #expect(stage.asked.last == .saveRecording(path: "/srv/b"))
}

@Test func theConfigurationIsCheckedAndShown() {
    let stage = Stage()
    stage.report.settings = [
        .init(name: "gossip.interval", value: "1s", origin: "/etc/marram/marram.toml:14", needsRestart: false)
    ]
    stage.report.text = "[gossip]\ninterval = \"1s\"\n"
    stage.report.annotatedText = "[gossip]\ninterval = \"1s\"  # /etc/marram/marram.toml:14\n"
    #expect(stage.run("config check") == .done)
    #expect(stage.output == "ok no file, only defaults\n")
    #expect(stage.run("config show") == .done)
    #expect(stage.output == stage.report.text)
    #expect(stage.run("config show --origin") == .done)
    #expect(stage.output == stage.report.annotatedText)
    #expect(stage.run("config show --json") == .done)
    #expect(stage.output.contains(#""origin":"/etc/marram/marram.toml:14","restart_needed":false"#))
    stage.report.files = ["a.toml"]
    stage.report.faults = [
        .init(
            code: .badArgument, file: "a.toml", line: 14, column: 1, what: "unknown key", hint: nil,
            text: "a.toml:14:1: error\n   14 | x\n      | ^")
    ]
    #expect(stage.run("config check a.toml") == .no)
    #expect(stage.sources.last == ConfigurationSource(directory: "/var/lib/marram", file: "a.toml"))
    #expect(stage.output == "a.toml:14:1: error\n   14 | x\n      | ^\n1 error, nothing applied\n")
    #expect(stage.run("config check --json") == .no)
    #expect(
        stage.output.contains(
            #""data":{"files":["a.toml"],"errors":[{"code":"M1303","file":"a.toml","line":14,"column":1,"#
                + #""what":"unknown key","hint":null}],"warnings":[]}"#))
    #expect(stage.run("config show") == .no)
    #expect(stage.narration.hasPrefix("a.toml:14:1"))
    stage.report.warnings = stage.report.faults
    stage.report.faults = []
    #expect(stage.run("config check a.toml") == .done, "a warning is no error")
    #expect(stage.output == "a.toml:14:1: error\n   14 | x\n      | ^\nok a.toml\n")
}

@Test func theVersionNeedsNoDaemonUnlessAsked() {
    let stage = Stage()
    #expect(stage.run("version") == .done)
    #expect(stage.output == "marram \(Release.version)\n")
    #expect(stage.asked.isEmpty)
    #expect(stage.run("version --daemon") == .unreachable)
    stage.answer = { _ in Samples.envelope(.version(VersionReply(version: "0.0.9", controlProtocol: 1))) }
    #expect(stage.run("version --daemon") == .done)
    #expect(stage.output == "marram \(Release.version)\nmarramd 0.0.9\n")
    #expect(stage.run("version --daemon --json") == .done)
    #expect(
        stage.output.contains(
            #""data":{"version":"\#(Release.version)","protocol":1,"daemon":{"version":"0.0.9","protocol":1}}"#))
}

private let rows = [
    NodeRow(name: "till-01", id: Samples.id, standing: .full, site: "", key: "01aa"),
    NodeRow(name: "till-07", id: NodeID(Bytes32(7, 7, 7, 7)), standing: .probation, site: "front", key: "01bb"),
]

/// What a node answers about one of `rows`, by its name or id.
private func node(_ word: String, in rows: [NodeRow]) -> Reply {
    guard let row = rows.first(where: { $0.name == word || $0.id.description == word }) else {
        return .failure(Complaint(.unknownNode))
    }
    let redemption = row.name == "till-07" ? "0a" : ""
    return .node(NodeReply(mesh: "aa", head: "bb", node: row, cuts: "00", redemption: redemption))
}

private func nodes(_ rows: [NodeRow]) -> Reply { .nodes(NodesReply(mesh: "aa", head: "bb", nodes: rows)) }

@Test func nodesAreATableWithTheirStanding() {
    let stage = Stage(answering: nodes(rows))
    #expect(stage.run("node list") == .done)
    #expect(
        stage.output.hasPrefix(
            """
            NAME     STANDING   SITE   ID
            till-01  full       -      \(Samples.id)
            till-07  probation  front  0000000000000007
            """))
    stage.answer = { request in
        guard case .node(let word) = request else { return Samples.envelope(nodes(rows)) }
        return Samples.envelope(node(word, in: rows))
    }
    #expect(stage.run("node show till-07 -o name") == .done)
    #expect(stage.output == "till-07\n" && stage.asked.last == .node("till-07"))
    #expect(stage.run("node show till-09") == .notFound)
    #expect(stage.run("node revoke") == .usage && stage.run("node list till-01") == .usage)
}

@Test func aRevocationIsSignedHereHandedInAndSeenToCount() {
    let stage = Stage()
    var isRevoked = false
    stage.answer = { request throws(Complaint) in
        switch request {
        case .submit(let records):
            isRevoked = true
            return Samples.envelope(.submitted(SubmitReply(records: records.count, held: records.count)))
        case .node(let word):
            var rows = rows
            if isRevoked { rows[1].standing = .revoked }
            return Samples.envelope(node(word, in: rows))
        default: throw Complaint(.ourMistake)
        }
    }
    stage.signing = { _ in [] }
    #expect(stage.run("node revoke till-07 --yes --stolen") == .usage, "nothing was signed")
    stage.signing = { passphrase throws(Complaint) in
        guard passphrase() == "secret" else { throw Complaint(.operatorKeyUnreadable) }
        return [Samples.record]
    }
    stage.secrets = ["wrong"]
    #expect(stage.run("node revoke till-07 --yes") == .no)
    stage.secrets = ["secret"]
    #expect(stage.run("node revoke till-07 --yes --stolen --operator /k --data /d") == .done)
    #expect(stage.output == "ok revoked till-07  00000000\n")
    #expect(stage.orders.last?.1 == "/k" && stage.orders.first?.1 == "/var/lib/marram/operator")
    #expect(stage.orders.last?.0.deed == .revoke(key: "01bb", cuts: "00", reason: .stolen))
    #expect(stage.narration.contains("Passphrase of /k: "))
    #expect(stage.run("node revoke till-07 --yes") == .no, "once is for ever")
    stage.secrets = ["secret"]
    #expect(stage.run("node revoke till-01") == .usage, "nobody confirmed it")
}

@Test func anOperatorsKeyIsSealedWhenAskedForAndItsPassphraseTypedTwice() {
    let stage = Stage()
    #expect(stage.run("operator keygen ada /k") == .done)
    #expect(stage.output == "ok \(Samples.card.text)\n" && stage.keys.last?.2 == nil)
    stage.secrets = ["one", "two"]
    #expect(stage.run("operator keygen ada /k --protect") == .usage && stage.keys.count == 1)
    stage.secrets = ["one", "one"]
    #expect(stage.run("operator keygen ada /k --protect") == .done && stage.keys.last?.2 == "one")
    stage.secrets = ["one", "one"]
    #expect(stage.run("init store --protect") == .done && stage.founded.last?.passphrase == "one")
}

@Test func aTokenIsLookedAtAndNothingIsWritten() {
    let stage = Stage()
    stage.tokenReport = { _ in
        TokenReport(mesh: "0102030405", uses: 3, expires: Samples.at, addresses: [Address(v4: 0x0A09_000B, port: 7946)])
    }
    #expect(stage.run("join MARRAM3-X --check") == .done)
    #expect(stage.output == "ok mesh 01020304, 3 uses, until 2026-11-20 14:02:11 UTC\n   10.9.0.11:7946\n")
    #expect(stage.founded.isEmpty)
    #expect(stage.run("join MARRAM3-X --check --json") == .done && stage.output.contains(#""uses":3"#))
}

@Test func anOperatorsWordEndsAProbation() {
    let stage = Stage()
    var isConfirmed = false
    stage.answer = { request throws(Complaint) in
        switch request {
        case .submit(let records):
            isConfirmed = true
            return Samples.envelope(.submitted(SubmitReply(records: records.count, held: records.count)))
        case .node(let word):
            var rows = rows
            if isConfirmed { rows[1].standing = .full }
            return Samples.envelope(node(word, in: rows))
        default: throw Complaint(.ourMistake)
        }
    }
    stage.signing = { _ in [Samples.record] }
    #expect(stage.run("node confirm till-01") == .no && stage.orders.isEmpty, "it needs no confirmation")
    #expect(stage.run("node confirm till-07") == .done && stage.output == "ok confirmed till-07  00000000\n")
    #expect(stage.orders.map(\.0.deed) == [.confirm(redemption: "0a")])
    #expect(stage.run("node confirm till-07") == .no && stage.orders.count == 1)
}
