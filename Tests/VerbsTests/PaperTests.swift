import Base
import Glibc
import Host
import Testing

@testable import Verbs

private func printed(_ line: String) -> String {
    let stage = Stage()
    stage.environment = ["LC_ALL": "C"]
    #expect(stage.run(line) == .done)
    #expect(stage.narration.isEmpty)
    return stage.output
}

@Test func theHelpListsEveryVerb() {
    #expect(
        printed("help") == """
            marram - the tool of a mesh of nodes without a centre

            Usage: marram VERB [options]

            Verbs:
              init        found a mesh: make this data directory its first node
              join        make this data directory a node of an existing mesh
              invite      make a token that lets new nodes into the mesh
              leave       say goodbye to the mesh and stop the daemon
              node        show who belongs to the mesh by its law; admit, confirm, revoke
              operator    show and change who governs the mesh; make keys for it
              policy      show, check and change the mesh's roles, policies and site rules
              role        show the roles of the mesh; give them to nodes and take them back
              auth        explain who may do what, and whether an act counts
              audit       show, save and check who did what by the mesh's law
              epoch       show who belongs, and who holds forgetting up
              status      show on one screen how this node and its mesh are doing
              members     show who is in the mesh and how each is doing
              links       show the ways to the peers and how each is doing
              topology    show who observes whom, and which edges are bad
              ping        ping a member through its session: loss and round trips
              rtt         show how long a round trip takes, to a member or between two
              watch       print the moves of members as they come, with their reasons
              explain     tell why something is as it is, and what to do about it
              get         print what a key holds
              list        show the keys and what they hold
              set         write a value to a key
              del         delete what a key holds
              apply       write all keys of a file at once
              history     show everything that was written to a key
              diff        show which keys hold something else than they did
              conflicts   show the keys that somebody has to decide
              resolve     decide a key that is in conflict
              follow      print every write as it comes to be known here
              wait        wait until a key holds something, or a certain value
              vitals      show what nodes say of themselves for a while; add to it
              config      check the configuration, or show it
              record      save what the node went through, to be replayed elsewhere
              version     show which version this is
              help        explain a verb or an error code
              completion  print the completion script for a shell
              man         print the manual page of the tool or of a verb

            Options of every verb, anywhere on the line:
              --data DIR         the node's data directory (default: $MARRAM_DATA, else
                                 /var/lib/marram)
              --socket FILE      the control socket (default: DIR/marram.sock)
              --json             print JSON; the same as -o json
              -o, --output FORM  the form to print in (default: table): table, wide, json,
                                 csv, name
              --timeout TIME     how long to wait for the daemon (default: 5s)
              --yes              do not ask for confirmation
              --utc              show times in UTC, not in this machine's time zone
              --ascii            print ASCII only
              --no-color         print without colour
              --help             show the help of the verb

            Exit codes:
              0   done, or the answer is yes
              1   the answer is no, or something is wrong with what was asked about
              2   the command line is not right
              3   the daemon cannot be reached
              4   what was asked for does not exist
              5   the system or the mesh does not permit it
              6   the deadline passed
              70  a mistake of Marram itself

            marram help VERB explains a verb, marram help CODE an error.

            """)
    #expect(printed("--help") == printed("help"))
}

@Test func theHelpOfAVerbTellsAllOfIt() {
    #expect(
        printed("help invite") == """
            marram invite - make a token that lets new nodes into the mesh

            Usage: marram invite [--uses N] [--expires TIME]

              The token is all that a new node needs for marram join. It opens nothing by
              itself: whoever has it can come as often and as long as the options say, is
              seen, and can be thrown out again. The mesh's first node invites; any node
              lets in. It admits at most 1000 nodes and lives for at most 30 days.

              A terminal that has room for it, and may show colours, shows the token as a QR
              code too. A pipe gets the token alone.

            Options:
              --uses N        how many nodes it admits (default: 1)
              --expires TIME  how long it is valid: 30m, 24h, 7d (default: 24h)

            Prints as: table, json, name

            Examples:
              marram invite --uses 20 --expires 24h
                  a token for a delivery of twenty nodes
              marram invite -o name
                  the bare token, for a script

            """)
    #expect(printed("invite --help") == printed("help invite"))
    #expect(printed("--help invite --uses 3") == printed("help invite"))
}

@Test(arguments: Verb.all.map(\.name))
func everyPageFitsEightyColumnsOfASCII(_ name: String) {
    for line in (printed("help \(name)") + printed("help")).split(separator: "\n") {
        #expect(line.count <= 80 || !line.contains(" ") || line.hasPrefix("Usage: ") || line.hasPrefix("  marram "))
        #expect(line.utf8.allSatisfy { $0 < 0x80 })
    }
}

/// Three remedies promise it.
@Test func theHelpOfConfigListsEveryKey() {
    let help = printed("help config")
    for key in ConfigurationKey.all {
        #expect(help.contains("  \(key.name) = "))
        #expect(help.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(key.summary), "\(key.path)")
    }
}

@Test func everyCodeIsExplained() {
    for code in Code.all {
        let text = printed("help \(code)")
        #expect(text.hasPrefix("\(code) \(code.title)\n  because  "))
        #expect(text.contains("\n  try      "))
        #expect(printed("help codes").contains("\(code)  \(code.title)\n"))
    }
    #expect(printed("help m1302") == printed("help 1302"))
    #expect(
        printed("help M1302 --json").contains(
            #""data":[{"code":"M1302","title":"there is no such verb","because":"#))
}

/// What an example or a remedy says must be something that the tool understands.
@Test func everyExampleIsALineThatTheToolTakes() throws {
    for verb in Verb.all {
        for example in verb.examples {
            let words = example.command.split(separator: " ").drop { !$0.hasSuffix("marram") }
            try #require(!words.isEmpty, "\(example.command)")
            let own = words.dropFirst().prefix { !["|", ">"].contains($0) }
            let plain = own.map { String($0.hasSuffix(")") ? $0.dropLast() : $0) }
            #expect(throws: Never.self, "\(example.command)") { try Invocation(parsing: plain) }
            #expect(try Invocation(parsing: plain).verb.name == verb.name)
        }
    }
}

@Test func theReferenceIsUpToDate() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try #require(fopen("/\(root)/docs/cli.md", "r"), "docs/cli.md is missing")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    #expect(
        String(decoding: bytes, as: UTF8.self) == Reference.markdown,
        "docs/cli.md is not what the verbs say; bring it up to date: swift run marram man --markdown > docs/cli.md")
    for verb in Verb.all { #expect(Reference.markdown.contains("\n## marram \(verb.name)\n")) }
}

@Test(arguments: ["bash", "zsh", "fish"])
func aShellUnderstandsItsCompletionScript(_ shell: String) throws {
    let script = printed("completion \(shell)")
    for verb in Verb.all { #expect(script.contains(verb.name)) }
    guard Shell.has(shell) else { return }
    try Shell.withFile(script) { path in
        let (status, output) = Shell.run("\(shell) -n \(path)")
        #expect(status == 0 && output.isEmpty, "\(output)")
    }
}

/// What is typed, and what each shell should offer for the last word.
private let completions: [(words: String, offers: String)] = [
    ("mem", "members"), ("co", "completion config conflicts"), ("completion ", "bash fish zsh"), ("config sh", "show"),
    ("--data /tmp comp", "completion"), ("-o w", "wide"), ("members -o n", "name"), ("members --out", "--output"),
    ("invite --us", "--uses"), ("members --us", ""), ("help inv", "invite"), ("record ", "save"),
    ("explain ", "key link peer"), ("lin", "links"),
    ("invite --uses 3 --exp", "--expires"), ("config --origin ch", "check"), ("status x y", ""),
]

@Test(arguments: completions)
func bashOffersWhatCanFollow(_ words: String, _ offers: String) throws {
    guard Shell.has("bash") else { return }
    try Shell.withFile(printed("completion bash")) { path in
        let parts = ("marram " + words).split(separator: " ", omittingEmptySubsequences: false)
        let quoted = parts.map { "'\($0)'" }.joined(separator: " ")
        let script =
            "source \(path); COMP_WORDS=(\(quoted)); COMP_CWORD=\(parts.count - 1); _marram; echo ${COMPREPLY[@]}"
        let (status, output) = try Shell.withFile(script) { Shell.run("bash --norc \($0)") }
        #expect(status == 0)
        #expect(output.split(whereSeparator: \.isWhitespace).sorted().joined(separator: " ") == offers, "\(words)")
    }
}

@Test(arguments: completions)
func fishOffersWhatCanFollow(_ words: String, _ offers: String) throws {
    guard Shell.has("fish") else { return }
    try Shell.withFile(printed("completion fish")) { path in
        let (status, output) = Shell.run("fish --no-config -c 'source \(path); complete -C \"marram \(words)\"'")
        #expect(status == 0)
        // Each line is an offer and, after a tab, what it means.
        let offered = output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
        #expect(offered.sorted().joined(separator: " ") == offers, "\(words)")
    }
}

@Test(arguments: [""] + Verb.all.map(\.name))
func manReadsThePageWithoutAWarning(_ name: String) throws {
    let page = printed("man \(name)")
    #expect(page.hasPrefix(".TH \"MARRAM"))
    let title = name.isEmpty ? "marram" : "marram-\(name)"
    try Shell.withFile(page) { path in
        if Shell.has("groff") {
            let (status, output) = Shell.run("groff -ww -man -Tascii -z \(path)")
            #expect(status == 0 && output.isEmpty, "\(output)")
        }
        guard Shell.has("man") else { return }
        let (status, output) = Shell.run("LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l \(path) | cat")
        #expect(status == 0)
        #expect(!output.contains("warning"))
        #expect(output.contains("\(title) - "))
    }
}

@Test func nothingOfATextIsLostToRoff() throws {
    #expect(ManualPage.escaped(".b 'c' \\d --e ~ ^") == "\\&.b \\(aqc\\(aq \\ed \\-\\-e \\(ti \\(ha")
    guard Shell.has("groff") else { return }
    let text = "--data DIR \\x 'quoted' .dot ~/.zfunc ^ -"
    try Shell.withFile(".TH X 1\n\(ManualPage.escaped(text))\n") { path in
        #expect(Shell.run("groff -man -Tascii -P-cbou \(path)").output.contains(text))
    }
}
