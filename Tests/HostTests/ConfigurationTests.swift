import Base
import Testing
import Text

@testable import Host

private func read(_ texts: String...) -> Result<ConfigurationReading, ConfigurationRefusal> {
    ConfigurationFile.read(
        texts.enumerated().map { index, text in
            SourceText(path: index == 0 ? "/etc/marram/marram.toml" : "/etc/marram/conf.d/\(index)0.toml", text: text)
        })
}

/// What a person sees for a configuration of one file that is refused.
private func refusal(_ text: String) -> String {
    switch read(text) {
    case .success: "accepted"
    case .failure(let refusal): refusal.rendered()
    }
}

/// The complaint about one value: its code, the sentence and the hint.
private func complaint(_ table: String, _ line: String) -> String {
    guard case .failure(let refusal) = read("[\(table)]\n\(line)"), refusal.findings.count == 1 else {
        return "accepted"
    }
    let diagnostic = refusal.findings[0].diagnostic
    return "\(diagnostic.code) \(diagnostic.what) · \(diagnostic.hint ?? "")"
}

@Test func withoutFilesEveryKeyHasItsDefault() throws {
    let reading = try read().get()
    #expect(reading.configuration == Configuration())
    #expect(reading.rows.allSatisfy { $0.origin == "default" })
    #expect(reading.verdict == "ok: no configuration file, 0 of 8 keys set, the others at their defaults")
}

@Test func everyKeyIsRead() throws {
    let reading = try read(
        """
        [node]
        name = "till-01"
        site = "store-0412"
        [listen]
        address = "[fe80::1]:7000"
        beacon = false
        [gossip]
        budget = "480B/s"
        interval = "2s"
        [record]
        bytes = "10MB"
        [log]
        level = "debug"
        """
    ).get()
    var expected = Configuration()
    expected.node = .init(name: "till-01", site: "store-0412")
    expected.listen = .init(address: try #require(Address("[fe80::1]:7000")), beacon: false)
    expected.gossip = .init(budget: 480, interval: .seconds(2))
    expected.record.bytes = 10_000_000
    expected.log.level = .debug
    #expect(reading.configuration == expected)
    #expect(reading.verdict == "ok: 1 file, 8 of 8 keys set, the others at their defaults")
}

@Test func aLaterFileOverridesKeyByKey() throws {
    let reading = try read(
        "[gossip]\ninterval = \"2s\"\nbudget = \"4kB/s\"\n", "gossip.budget = \"5kB/s\"", "[log]\nlevel = \"error\""
    ).get()
    #expect(reading.configuration.gossip.interval == .seconds(2))
    #expect(reading.configuration.gossip.budget == 5_000)
    #expect(
        reading.rows.filter { $0.origin != "default" }.map { "\($0.key) \($0.value ?? "") \($0.origin)" } == [
            "gossip.budget 5kB/s /etc/marram/conf.d/10.toml:1", "gossip.interval 2s /etc/marram/marram.toml:2",
            "log.level error /etc/marram/conf.d/20.toml:2",
        ])
    #expect(reading.verdict == "ok: 3 files, 3 of 8 keys set, the others at their defaults")
}

@Test func aRefusalShowsEveryErrorWithItsLineAndCaret() {
    #expect(
        refusal(
            """
            # Store 0412
            [gossip]
            intervall = "1s"
            interval  = "500"
            budget = "99kB/s"
            budgets = 5
            [gosip]
            x = 1
            [log]
            level = "verbose"
            colour = yes
            """) == """
                /etc/marram/marram.toml:3:1: error M1103: unknown key "intervall" in [gossip]
                    3 | intervall = "1s"
                      | ^^^^^^^^^ did you mean "interval"?
                /etc/marram/marram.toml:4:13: error M1107: "500" needs a unit
                    4 | interval  = "500"
                      |             ^^^^^ try "500ms" or "500s"
                /etc/marram/marram.toml:5:10: error M1105: "99kB/s" is more than is allowed here
                    5 | budget = "99kB/s"
                      |          ^^^^^^^^ at most "9kB/s"
                /etc/marram/marram.toml:6:1: error M1103: unknown key "budgets" in [gossip]
                    6 | budgets = 5
                      | ^^^^^^^ did you mean "budget"?
                /etc/marram/marram.toml:7:2: error M1103: unknown table "gosip"
                    7 | [gosip]
                      |  ^^^^^ did you mean [gossip]?
                /etc/marram/marram.toml:10:9: error M1105: "verbose" is not one of the words allowed here
                   10 | level = "verbose"
                      |         ^^^^^^^^^ write one of "error", "warning", "info", "debug"
                /etc/marram/marram.toml:11:10: error M1101: yes is not a value
                   11 | colour = yes
                      |          ^^^ write true
                7 errors, nothing applied

                """)
}

@Test func theLastLineSaysWhatHoldsInstead() {
    guard case .failure(let one) = read("[node]\nname = \"-\"") else { return #expect(Bool(false), "accepted") }
    #expect(
        one.rendered(standing: "the running daemon keeps the configuration of 09:12:44").hasSuffix(
            "\n1 error, nothing applied; the running daemon keeps the configuration of 09:12:44\n"))
    #expect(one.rows.map { "\($0.path) \($0.line) \($0.column) \($0.code)" } == ["/etc/marram/marram.toml 2 8 M1105"])
}

@Test func errorsOfAllFilesAreReportedInTheirOrder() {
    guard case .failure(let refusal) = read("x = 1\n[node", "[gossip]\nbudget = \"0B/s\"", "[log]\nlevel = 3") else {
        return #expect(Bool(false), "accepted")
    }
    #expect(
        refusal.rows.map { "\($0.path):\($0.line) \($0.code)" } == [
            "/etc/marram/marram.toml:1 M1103", "/etc/marram/marram.toml:2 M1101", "/etc/marram/conf.d/10.toml:2 M1105",
            "/etc/marram/conf.d/20.toml:2 M1104",
        ])
}

private let refusedValues: [(table: String, line: String, complaint: String)] = [
    ("gossip", "interval = \"99ms\"", "M1105 \"99ms\" is less than is allowed here · at least \"100ms\""),
    ("gossip", "interval = \"61s\"", "M1105 \"61s\" is more than is allowed here · at most \"1m\""),
    (
        "gossip", "interval = \"99999999999999d\"",
        "M1105 \"99999999999999d\" is more than is allowed here · at most \"1m\""
    ),
    (
        "gossip", "interval = \"99999999999999999999s\"",
        "M1105 \"99999999999999999999s\" is more than is allowed here · at most \"1m\""
    ),
    ("gossip", "interval = \"1sec\"", "M1107 \"1sec\" has no unit that fits · the units are ms, s, m, h, d"),
    ("gossip", "interval = \"500MS\"", "M1107 \"500MS\" has no unit that fits · did you mean \"500ms\"?"),
    ("gossip", "interval = \"5 s\"", "M1107 \"5 s\" has no unit that fits · did you mean \"5s\"?"),
    ("gossip", "interval = \"1.5s\"", "M1104 \"1.5s\" is not a whole number and a unit · write it like \"100ms\""),
    ("gossip", "interval = \"-1s\"", "M1104 \"-1s\" is not a whole number and a unit · write it like \"100ms\""),
    ("gossip", "interval = \"\"", "M1104 \"\" is not a whole number and a unit · write it like \"100ms\""),
    (
        "gossip", "interval = -5",
        "M1104 a length of time is expected here, not a whole number · write it like \"100ms\""
    ),
    (
        "gossip", "interval = 07:32:00",
        "M1104 a length of time is expected here, not a date or time · write it like \"100ms\""
    ),
    (
        "gossip", "interval = [\"1s\"]",
        "M1104 a length of time is expected here, not an array · write it like \"100ms\""
    ),
    ("gossip", "budget = 900", "M1107 900 needs a unit · try \"900B/s\" or \"900kB/s\""),
    ("gossip", "budget = \"900B\"", "M1107 \"900B\" has no unit that fits · the units are B/s, kB/s, KiB/s"),
    ("gossip", "budget = \"89B/s\"", "M1105 \"89B/s\" is less than is allowed here · at least \"90B/s\""),
    ("record", "bytes = 8388608", "M1107 8388608 needs a unit · try \"8388608KiB\" or \"8388608MiB\""),
    ("record", "bytes = \"64KB\"", "M1107 \"64KB\" has no unit that fits · did you mean \"64kB\"?"),
    ("record", "bytes = \"65535B\"", "M1105 \"65535B\" is less than is allowed here · at least \"64KiB\""),
    ("record", "bytes = \"2GiB\"", "M1105 \"2GiB\" is more than is allowed here · at most \"1GiB\""),
    (
        "listen", "address = \"localhost:7946\"",
        "M1104 \"localhost:7946\" is not an address and port · write it like \"0.0.0.0:7946\""
    ),
    (
        "listen", "address = \"0.0.0.0\"",
        "M1104 \"0.0.0.0\" is not an address and port · write it like \"0.0.0.0:7946\""
    ),
    (
        "listen", "address = 7946",
        "M1104 an address and port is expected here, not a whole number · write it like \"0.0.0.0:7946\""
    ),
    (
        "node", "name = \"till 01\"",
        "M1105 \"till 01\" cannot be a name · 1 to 63 letters, digits, - and _, with a letter or digit at both ends"
    ),
    (
        "listen", "beacon = \"yes\"",
        "M1104 true or false is expected here, not text · write true or false, without quotes"
    ),
    ("node", "site = true", "M1104 a name is expected here, not a truth value · write it like \"till-01\""),
    ("log", "level = \"inof\"", "M1105 \"inof\" is not one of the words allowed here · did you mean \"info\"?"),
    ("log", "level = \"INFO\"", "M1105 \"INFO\" is not one of the words allowed here · did you mean \"info\"?"),
    ("log", "levl = \"info\"", "M1103 unknown key \"levl\" in [log] · did you mean \"level\"?"),
    ("log", "interval = \"1s\"", "M1103 unknown key \"interval\" in [log] · it belongs in [gossip]"),
    ("log", "elephant = 1", "M1103 unknown key \"elephant\" in [log] · "),
    ("log", "level = \"info\"\nlevel = \"info\"", "M1108 key \"level\" is given twice · first given on line 2"),
    (
        "log.level", "",
        "M1104 one of a few words is expected here, not a table · write one of \"error\", \"warning\", \"info\", \"debug\""
    ),
    ("[log]", "", "M1104 [log] is a table, not an array · write [log] on a line of its own, its keys below"),
    ("lgo", "level = 1", "M1103 unknown table \"lgo\" · did you mean [log]?"),
]

@Test(arguments: refusedValues)
func aValueThatDoesNotFitIsRefusedWithAHint(table: String, line: String, complaint expected: String) {
    #expect(complaint(table, line) == expected)
}

@Test func aKeyOutsideOfItsTableIsShownItsPlace() {
    #expect(
        refusal("budget = 3\ngossip = 5") == """
            /etc/marram/marram.toml:1:1: error M1103: unknown key "budget" outside of any table
                1 | budget = 3
                  | ^^^^^^ it belongs in [gossip]
            /etc/marram/marram.toml:2:10: error M1104: [gossip] is a table, not a whole number
                2 | gossip = 5
                  |          ^ write [gossip] on a line of its own, its keys below
            2 errors, nothing applied

            """)
}

@Test func theBudgetDecidesHowOftenThereIsABeat() throws {
    func beat(_ text: String) throws -> Interval { try read(text).get().configuration.gossip.beat }
    #expect(try beat("") == .milliseconds(1_066))
    #expect(try beat("gossip.budget = \"480B/s\"") == .seconds(2))
    #expect(try beat("gossip.budget = \"192B/s\"") == .seconds(5))
    #expect(try beat("gossip.budget = \"90B/s\"") == .milliseconds(10_666))
    #expect(try beat("gossip.budget = \"9kB/s\"") == .milliseconds(106))
    #expect(try beat("gossip.interval = \"500ms\"") == .milliseconds(500), "a default contradicts nobody")
    #expect(try beat("gossip = { budget = \"450B/s\", interval = \"3s\" }") == .seconds(3), "less is allowed")
}

@Test func aBudgetAndAnIntervalThatItDoesNotPayForAreRefusedWhereAPersonWroteThem() {
    #expect(
        refusal("[gossip]\nbudget = \"480B/s\"\ninterval = \"1s\"") == """
            /etc/marram/marram.toml:3:1: error M1106: interval is 1s, and budget pays for 2s
                3 | interval = "1s"
                  | ^^^^^^^^ budget is 480B/s, /etc/marram/marram.toml:2; leave out one of the two
            1 error, nothing applied

            """)
    // A value that is refused anyway is not compared.
    #expect(complaint("gossip", "budget = \"450B/s\"\ninterval = \"x\"").hasPrefix("M1104"))
}

@Test func aKeyOfAnEarlierVersionIsWarnedOfAndReadOver() throws {
    let old = "[gossip]\ninterval = \"2s\"\nfanout = 4\nsuspect_after = \"8s\"\nunreachable_after = 5\n"
    let reading = try read(old).get()
    #expect(reading.configuration.gossip == .init(interval: .seconds(2)))
    #expect(reading.verdict == "ok: 1 file, 1 of 8 keys set, the others at their defaults")
    #expect(reading.warningRows.map(\.code) == [.keyGone, .keyGone, .keyGone])
    #expect(
        reading.warningRows[0].text == """
            /etc/marram/marram.toml:3:1: warning M1112: fanout means nothing any more
                3 | fanout = 4
                  | ^^^^^^ every node has eight neighbours; budget sets how often
            """)
    #expect(complaint("log", "fanout = 4").hasPrefix("M1103"), "it was never a key of that table")
    for key in FormerKey.all { #expect(!ConfigurationKey.all.contains { $0.name == key.name }) }
}

@Test func whatConfigShowPrintsIsAConfigurationThatMeansTheSame() throws {
    let text = "[node]\nname = \"till-01\"\n[gossip]\ninterval = \"250ms\"\n[record]\nbytes = \"1GiB\""
    let reading = try read(text).get()
    for origin in [false, true] {
        let again = try read(reading.shown(origin: origin)).get()
        #expect(again.configuration == reading.configuration)
        #expect(again.shown(origin: false) == reading.shown(origin: false))
    }
    let defaults = try read().get()
    #expect(try read(defaults.shown(origin: true)).get().configuration == Configuration())
}

@Test func aPathCannotSmuggleALineIntoWhatIsShown() throws {
    let source = SourceText(path: "a\nbudget = 9", text: "gossip.budget = \"400B/s\"")
    let shown = try ConfigurationFile.read([source]).get().shown(origin: true)
    #expect(try read(shown).get().configuration.gossip.budget == 400)
}

@Test func configShowNamesTheOriginOfEveryValue() throws {
    let reading = try read(
        "[gossip]\nbudget = \"400B/s\"\n", "[log]\nlevel = \"error\"\n[listen]\naddress = \"10.0.0.1:80\""
    )
    .get()
    #expect(
        reading.shown(origin: true) == """
            [node]
            # name is not set: the machine's host name is taken  # default, restart needed
            site = "main"                                        # default, restart needed

            [listen]
            address = "10.0.0.1:80"                              # /etc/marram/conf.d/10.toml:4, restart needed
            beacon  = true                                       # default, restart needed

            [gossip]
            budget   = "400B/s"                                  # /etc/marram/marram.toml:2, restart needed
            # interval is not set: what budget pays for is taken # default, restart needed

            [record]
            bytes = "8MiB"                                       # default, restart needed

            [log]
            level = "error"                                      # /etc/marram/conf.d/10.toml:2

            """)
    #expect(reading.shown(origin: false).contains("\n[log]\nlevel = \"error\"\n"))
}

@Test func theManualListsEveryKey() {
    for key in ConfigurationKey.all {
        #expect(ConfigurationKey.markdown.contains("| `\(key.name)` | \(key.summary) | \(key.takes) |"))
        #expect(ConfigurationKey.listing.contains("  \(key.name) = "))
        #expect(key.summary.hasSuffix("."))
    }
    #expect(
        ConfigurationKey.markdown.hasSuffix(
            """
            ## [log]

            | key | what it decides | takes | default | restart needed |
            |---|---|---|---|---|
            | `level` | The least important lines that the daemon still logs. | one of "error", "warning", "info", "debug" | `"info"` | no |

            """))
    #expect(
        ConfigurationKey.listing.hasPrefix(
            """
            [node]
              name = the machine's host name
                  What people call this node; no two nodes of a mesh share a name.
                  Takes a name, such as "till-01".
              site = "main"

            """))
}

@Test func everyTypoAtDistanceTwoIsRecognised() {
    var random = Random(seed: 4)
    var wrong: [String] = []
    var tried = 0
    for _ in 0..<40 {
        for key in ConfigurationKey.all where key.name.count > 4 {
            var letters = Array(key.name)
            for _ in 0..<2 {
                let at = random.below(letters.count - 1)
                switch random.below(4) {
                case 0: letters.remove(at: at)
                case 1: letters.insert("x", at: at)
                case 2: letters[at] = "q"
                default: letters.swapAt(at, at + 1)
                }
            }
            let typo = String(letters)
            if ConfigurationKey.all.contains(where: { $0.name == typo }) { continue }
            tried += 1
            if !complaint(key.table, "\(typo) = 1").hasSuffix("did you mean \"\(key.name)\"?") { wrong.append(typo) }
        }
    }
    #expect(wrong.count * 20 <= tried, "\(wrong)")
}

@Test func filesEndAtTheirLimit() throws {
    func sources(_ count: Int) -> [SourceText] { (0..<count).map { SourceText(path: "\($0).toml", text: "") } }
    _ = try ConfigurationFile.read(sources(Limits.configurationFiles)).get()
    guard case .failure(let refusal) = ConfigurationFile.read(sources(Limits.configurationFiles + 1)) else {
        return #expect(Bool(false), "accepted")
    }
    #expect(refusal.rows.map(\.path) == ["64.toml"])
    #expect(refusal.rows.map(\.code.description) == ["M1109"])
}

@Test func errorsEndAtTheirLimit() {
    let lines = (0...Limits.diagnostics).map { "k\($0) = 1" }.joined(separator: "\n")
    #expect(refusal(lines).hasSuffix("\n\(Limits.diagnostics) errors or more, nothing applied\n"))
}
