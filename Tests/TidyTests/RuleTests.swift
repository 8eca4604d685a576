import Testing

/// A small house in which everything is tidy. The cases below spoil one thing each.
private let tidyHouse: [String: String] = [
    "Package.swift": """
    cellar("CUV", pkgConfig: "libuv", apt: "libuv1-dev"),
    cellar("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    room("Base"),
    room("Gossip", ["Base"]),
    room("Loop", ["Base", "CUV"]),
    room(
        "Host",
        ["Base", "Gossip", "Loop"]),
    tool("marram", ["Base", "Host"]),
    tests("Gossip", ["Base", "Gossip"]),
    """,
    "docs/architecture.md": """
    ### CUV, CZstd (floor 0)
    ### Base (floor 1, pure)
    ### Gossip (floor 4, pure)
    ### Loop (floor 2)
    ### Host (floor 6)
    ### marram (floor 7)
    """,
    "docs/cli.md": "# Verbs\n\n## marram status\n\n## `marram config check` FILE\n",
    "Sources/Base/Limits.swift": "enum Limits {\n    /// Enough for anyone.\n    package static let names = 63\n}\n",
    "Sources/Base/Codes.swift": "    package static let portTaken = Code(\n",
    "Sources/Gossip/Gossip.swift":
        "package import Base\n\n/// try! and print( are only words here.\nlet a = \"as! TO\"\n",
    "Sources/Loop/Loop.swift": "internal import Base\ninternal import CUV\ninternal import Glibc\nlet run = uv_run\n",
    "Sources/Host/Host.swift": "internal import Loop\nlet complaint = Complaint(.portTaken)\n",
    "Tools/marram/Main.swift": "import Base\nlet verbs = [Verb(name: \"status\"), Verb(\"config check\")]\n",
    "Tests/GossipTests/GossipTests.swift": """
    @testable import Gossip
    import Testing

    private func check(_ text: String) { #expect(text.isEmpty) }

    @Test(arguments: [1, 2].map { $0 }) func aPeerIsHeard(_ number: Int) {
        check("")
    }
    """,
    "README.md":
        "Run ./Tools/start, ./Tools/test. See [the house](docs/architecture.md) and [verbs](docs/cli.md#verbs).\n",
    "LICENSE": "", ".gitignore": "", ".swift-format": "", "Tools/start": "#!/bin/sh\n", "Tools/test": "#!/bin/sh\n",
    ".ci/run": "#!/bin/sh\n",
]

private let runnable: Set = ["Tools/start", "Tools/test", ".ci/run"]

/// One thing spoilt, the rule that must see it, and exactly what it must say.
private struct Spoilt: Sendable, CustomTestStringConvertible {
    var rule: Rule
    var testDescription: String
    var findings: [String]
    var tree: Tree

    init(
        _ rule: Rule, _ what: String, _ edits: [String: String?] = [:], idle: Set<String> = [], finds findings: [String]
    ) {
        self.rule = rule
        testDescription = what
        self.findings = findings
        var files = tidyHouse
        for (path, text) in edits { files[path] = text }
        tree = Tree(files: files, executables: runnable.subtracting(idle))
    }
}

@Test(arguments: Rules.all)
func aTidyHouseHasNoFindings(_ rule: Rule) {
    #expect(rule.check(Tree(files: tidyHouse, executables: runnable)) == [])
}

@Test(arguments: spoiltFloors + spoiltStyle + spoiltDocuments)
private func whatIsSpoiltIsFound(_ spoilt: Spoilt) {
    #expect(spoilt.rule.check(spoilt.tree).map(\.description) == spoilt.findings)
}

@Test func noRuleIsWithoutItsProof() {
    let proven = Set((spoiltFloors + spoiltStyle + spoiltDocuments).map(\.rule.name))
    #expect(Rules.all.map(\.name).filter { !proven.contains($0) } == [])
}

private let gossip = "Sources/Gossip/Gossip.swift"
private let host = "Sources/Host/Host.swift"

private let spoiltFloors: [Spoilt] = [
    Spoilt(
        Rules.importsAreDeclared, "an undeclared import",
        [gossip: "import Base\ninternal import Loop\n"],
        finds: ["\(gossip):2: Gossip imports Loop, which Package.swift does not declare"]),
    Spoilt(
        Rules.importsAreDeclared, "an undeclared import of one name in a test",
        ["Tests/GossipTests/A.swift": "@testable import struct Loop.EventLoop\n"],
        finds: ["Tests/GossipTests/A.swift:1: GossipTests imports Loop, which Package.swift does not declare"]),
    Spoilt(
        Rules.importsAreDeclared, "a module that nobody has heard of",
        ["Tools/marram/Main.swift": "\n/* import\n*/ import ArgumentParser\n"],
        finds: ["Tools/marram/Main.swift:3: marram imports ArgumentParser, which Package.swift does not declare"]),
    Spoilt(
        Rules.arrowsGoDown, "an arrow between rooms of one floor",
        [
            "Package.swift":
                "room(\"Loop\", [\"Base\"]), room(\"Base\"),\nroom(\"Gossip\", [\"Host\", \"Base\"]), room(\"Host\")"
        ],
        finds: ["Package.swift:2: Gossip (floor 4) may not stand on Host (floor 6)"]),
    Spoilt(
        Rules.pureRoomsStayPure, "a pure room that imports Glibc",
        [gossip: "internal import Glibc\n"], finds: ["\(gossip):1: Gossip is pure and may not import Glibc"]),
    Spoilt(
        Rules.pureRoomsStayPure, "a pure room that imports a C library and points",
        [gossip: "import Base\nimport CUV\nlet p: UnsafePointer<UInt8>\n"],
        finds: [
            "\(gossip):2: Gossip is pure and may not import CUV",
            "\(gossip):3: Gossip is pure: pointers stay in the driver rooms",
        ]),
    Spoilt(
        Rules.oneLibraryOneRoom, "a library with two rooms",
        [
            "Package.swift": "cellar(\"CUV\", pkgConfig: \"\"),\nroom(\"Loop\", [\"CUV\"]),\nroom(\"Host\", [\"CUV\"])",
            host: "let now = uv_now\n",
        ],
        finds: [
            "Package.swift:3: CUV belongs to Loop alone; Host may not use it",
            "\(host):1: a name of CUV outside Loop",
        ]),
    Spoilt(
        Rules.noFoundation, "Foundation in a tool",
        ["Tools/marram/Main.swift": "import Base\nimport FoundationEssentials\n"],
        finds: ["Tools/marram/Main.swift:2: FoundationEssentials is 50 MB that an edge node does without"]),
    Spoilt(
        Rules.everyFileIsBuilt, "a folder without a target",
        ["Sources/Shed/Shed.swift": "", "Tests/Stray.swift": ""],
        finds: [
            "Sources/Shed/Shed.swift: no target of Package.swift has this file, so it is never built",
            "Tests/Stray.swift: no target of Package.swift has this file, so it is never built",
        ]),
]

private let spoiltStyle: [Spoilt] = [
    Spoilt(
        Rules.filesAreShort, "a file of 501 lines",
        [gossip: String(repeating: "\n", count: 501), host: String(repeating: "\n", count: 500)],
        finds: ["\(gossip): 501 lines; split it (≤ 250 wanted, 500 refused)"]),
    Spoilt(
        Rules.linesAreShort, "lines of 121 characters, of code and in a comment",
        [
            gossip: "\n" + String(repeating: "é", count: 121) + "\n// " + String(repeating: "é", count: 118),
            host: String(repeating: "é", count: 120) + "\n\"" + String(repeating: "é", count: 121) + "\",\n",
        ],
        finds: ["\(gossip):2: 121 characters", "\(gossip):3: 121 characters"]),
    Spoilt(
        Rules.noBannedWords, "words that stop the program or hide an error",
        [
            gossip:
                "let a = try! b\nlet c = \"\\(d as! E)\"\nfatalError()\nfatalError(\"why\")\npreconditionFailure( )\n"
        ],
        finds: [
            "\(gossip):1: `try!`: an error is handled or passed on",
            "\(gossip):2: `as!`: a wrong type is a case to handle",
            "\(gossip):3: `fatalError()`: the message is the proof: write it",
            "\(gossip):5: `preconditionFailure( )`: the message is the proof: write it",
        ]),
    Spoilt(
        Rules.noBannedWords, "words of another world than one thread",
        [
            gossip: "Task { }\nfunc a() async {}\nactor A {}\nDispatchQueue.main\nnonisolated(unsafe) var b = 1\n",
            host: "extension A: @unchecked Sendable {}\n",
            "Sources/Host/Host+Storage.swift": "extension A: @unchecked Sendable {}\n",
        ],
        finds: [
            "\(gossip):5: `nonisolated(unsafe)`: one thread, plain values",
            "\(gossip):1: `Task {`: one thread: no tasks",
            "\(gossip):2: `async`: one thread: nothing is asynchronous",
            "\(gossip):3: `actor A`: one thread: no actors",
            "\(gossip):4: `DispatchQueue`: one thread: no Dispatch",
            "\(host):1: `@unchecked Sendable`: one thread; the one exception is Host+Storage",
        ]),
    Spoilt(
        Rules.noBannedWords, "a room that prints, and something public",
        [gossip: "print(1)\npublic static func a() {}\n", "Tools/marram/Main.swift": "print(1)\n"],
        finds: [
            "\(gossip):1: `print(`: rooms answer and note; only tools print",
            "\(gossip):2: `public static func`: `package` is our `public`",
        ]),
    Spoilt(
        Rules.noBannedWords, "something unfinished",
        [gossip: "// TO" + "DO: later\n", "docs/cli.md": "FIX" + "ME\n", "Tools/test": "swiftc -Oun" + "checked\n"],
        finds: [
            "\(gossip):1: `TO" + "DO`: finish it, or open an issue",
            "Tools/test:1: `-Oun" + "checked`: our own checks stay on at the site",
            "docs/cli.md:1: `FIX" + "ME`: finish it, or open an issue",
        ]),
    Spoilt(
        Rules.noPathsOfAMachine, "a path of somebody's machine",
        ["README.md": "see /var/lib/marram\nand /ho" + "me/ada/marram/x.txt, ~/work/x, a/work\n"],
        finds: ["README.md:2: /ho" + "me/ada/marram/x.txt is somebody's own"]),
    Spoilt(
        Rules.noHashOrder, "a pure room that walks through a Dictionary",
        [
            gossip: """
            var peers: [NodeID: Peer] = [:]
            var seen = Set<NodeID>()
            let a = peers[id]
            for (id, peer) in peers {
            """,
            "Sources/Gossip/More.swift": "let b = seen.sorted()\nlet c = seen.contains(id)\nlet d = names.sorted()\n",
            host: "var peers: [NodeID: Peer] = [:]\nfor (id, peer) in peers {}\n",
        ],
        finds: [
            "\(gossip):4: `peers` has hash order: use a SortedMap",
            "Sources/Gossip/More.swift:1: `seen` has hash order: use a SortedMap",
        ]),
    Spoilt(
        Rules.everyTestCanFail, "a test that expects nothing",
        [
            "Tests/GossipTests/A.swift": """
            @Test func empty() {}
            func help() { check("") }
            @Test(arguments: [1].filter { $0 > 0 }) func idle(_ number: Int) { print("#expect") }
            @Test func indirect() { help() }
            @Test func throwing() throws { try a() }
            @Test func swallowing() { try? a() }
            """
        ],
        finds: [
            "Tests/GossipTests/A.swift:1: empty expects nothing, so it cannot fail",
            "Tests/GossipTests/A.swift:3: idle expects nothing, so it cannot fail",
            "Tests/GossipTests/A.swift:6: swallowing expects nothing, so it cannot fail",
        ]),
    Spoilt(
        Rules.everyLimitHasItsReason, "a limit without its reason",
        [
            "Sources/Base/Limits.swift":
                "    /// A reason.\n    package static let a = 1\n    package static let b = 2\n"
        ],
        finds: ["Sources/Base/Limits.swift:3: a limit without the sentence that gives its reason"]),
]

private let spoiltDocuments: [Spoilt] = [
    Spoilt(
        Rules.theTopLevelIsFixed, "a stray file, and one that is missing",
        ["notes.txt": "", "LICENSE": nil],
        finds: ["notes.txt: does not belong at the top level", "LICENSE: is missing at the top level"]),
    Spoilt(
        Rules.theCodeMapIsComplete, "a room that the code map forgot, and one that it invented",
        ["docs/architecture.md": tidyHouse["docs/architecture.md", default: ""].replacing("Loop", with: "Attic")],
        finds: [
            "docs/architecture.md: the code map has no heading `### Loop (floor N)`",
            "docs/architecture.md:4: there is no room Attic in Package.swift",
        ]),
    Spoilt(
        Rules.linksResolve, "links that lead nowhere",
        [
            "docs/a.md": """
            [there](cli.md) [up](../README.md) [folder](../Sources/) [web](https://example.org/none)
            [gone](gone.md) [no heading](cli.md#nouns) [heading](cli.md#verbs) `[code](none.md)`
            ```
            [fenced](none.md)
            ```
            """
        ],
        finds: [
            "docs/a.md:2: the link gone.md leads nowhere",
            "docs/a.md:2: docs/cli.md has no heading for the link cli.md#nouns",
        ]),
    Spoilt(
        Rules.theCommandsAreThere, "a README without a command, and a command that does not run",
        ["README.md": "./Tools/test"], idle: ["Tools/test"],
        finds: ["README.md: does not name ./Tools/start", "Tools/test: is not there as a file that can be run"]),
    Spoilt(
        Rules.everyVerbIsDocumented, "a verb missing in docs/cli.md, and one that is not there",
        ["docs/cli.md": "## marram config check\n## marram fly\n"],
        finds: [
            "Tools/marram/Main.swift:2: the verb `status` has no heading in docs/cli.md",
            "docs/cli.md:2: there is no verb `fly`",
        ]),
    Spoilt(
        Rules.everyCodeIsUsed, "a code that nobody gives",
        ["Sources/Base/Codes.swift": "static let portTaken = Code(\nstatic let port = Code(\n"],
        finds: ["Sources/Base/Codes.swift:2: port is a code that nobody gives"]),
]
