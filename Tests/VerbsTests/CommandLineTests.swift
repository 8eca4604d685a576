import Base
import Control
import Testing

@testable import Verbs

@Test(arguments: [
    "members --data /tmp/x --timeout 250ms", "--data /tmp/x members --timeout 250ms",
    "--data=/tmp/x --timeout=250ms members", "--timeout 250ms members --data /tmp/x",
])
func optionsMayStandAnywhere(_ line: String) {
    let stage = Stage(answering: .members([]))
    #expect(stage.run(line) == .done)
    #expect(stage.socket == "/tmp/x/marram.sock")
    #expect(stage.timeout == .milliseconds(250))
}

@Test func theDataDirectoryComesFromTheLineThenTheEnvironmentThenTheDefault() {
    let stage = Stage(answering: .members([]))
    _ = stage.run("members")
    #expect(stage.socket == "/var/lib/marram/marram.sock")
    #expect(stage.timeout == .seconds(5))
    stage.environment["MARRAM_DATA"] = "/srv/m"
    _ = stage.run("members")
    #expect(stage.socket == "/srv/m/marram.sock")
    _ = stage.run("members --data b")
    #expect(stage.socket == "b/marram.sock")
    _ = stage.run("members --data b --socket /run/s")
    #expect(stage.socket == "/run/s")
    stage.environment["MARRAM_DATA"] = ""
    _ = stage.run("members")
    #expect(stage.socket == "/var/lib/marram/marram.sock")
}

@Test func twoDashesEndTheOptions() {
    let stage = Stage()
    #expect(stage.run("init --name a -- --odd") == .done)
    #expect(stage.founded.first?.key == "--odd")
    #expect(stage.run("init -") == .done)
    #expect(stage.founded.last?.key == "-")
}

/// What is wrong with a line, word for word: code, sentence and remedy.
@Test(
    arguments: [
        ("", "M1302 no verb is given", "marram help lists them"),
        ("--json", "M1302 no verb is given", "marram help lists them"),
        ("statis", "M1302 there is no verb \"statis\"", "marram status"),
        ("memebrs --json", "M1302 there is no verb \"memebrs\"", "marram members"),
        ("dance", "M1302 there is no verb \"dance\"", "marram help"),
        ("members --jsn", "M1304 members has no option \"--jsn\"", "did you mean --json? see marram help members"),
        ("--jsn", "M1304 marram has no option \"--jsn\"", "did you mean --json? see marram help"),
        ("members --expires 1h", "M1304 members has no option \"--expires\"", "marram help members"),
        ("invite --use 3", "M1304 invite has no option \"--use\"", "did you mean --uses? see marram help invite"),
        ("members -x", "M1304 members has no option \"-x\"", "marram help members"),
        ("members -h", "M1304 members has no option \"-h\"", "did you mean --help? see marram help members"),
        ("--version", "M1304 marram has no option \"--version\"", "marram version"),
        ("members --json=yes", "M1303 --json takes no value", "marram help members"),
        ("members --data", "M1303 --data needs a value, DIR", "marram help members"),
        ("members --data a --data b", "M1303 --data is given twice", "marram help members"),
        (
            "members -o jsno",
            "M1303 --output takes one of table, wide, json, csv, name, not \"jsno\"; did you mean json?",
            "marram help members"
        ),
        ("members --json -o csv", "M1303 --json and -o csv contradict each other", "give one of the two"),
        ("status -o csv", "M1303 status does not print as csv, only as table, wide, json", "marram help status"),
        (
            "members now", "M1303 members does not know what to do with \"now\"; usage: marram members",
            "marram help members"
        ),
        (
            "init",
            "M1303 init needs NAME; usage: marram init NAME [--name NODE] [--site SITE] [--listen ADDR:PORT] "
                + "[--protect] [--operators FILES] [--shares FILES] [--threshold N]",
            "marram help init"
        ),
        (
            "config", "M1303 config needs ACTION; usage: marram config check|show [FILE] [--origin]",
            "marram help config"
        ),
        (
            "config chek", "M1303 config takes one of check, show, not \"chek\"; did you mean check?",
            "marram help config"
        ),
        (
            "members --timeout 5", "M1303 --timeout takes a time with its unit, not \"5\"",
            "write it like 500ms, 30s, 15m, 24h or 7d"
        ),
        ("invite --uses many", "M1303 --uses takes a number, not \"many\"", "marram help invite"),
        (
            "init x --listen 7946", "M1303 --listen takes an address and a port, not \"7946\"",
            "write it like 0.0.0.0:7946 or [::]:7946"
        ),
        ("help M9998", "M1314 there is no error code \"M9998\"", "marram help codes"),
        ("help membrs", "M1302 there is no verb \"membrs\"", "marram help members"),
    ] as [(String, String, String)])
func aWrongLineIsRefusedWithWhatWouldBeRight(_ line: String, _ what: String, _ remedy: String) throws {
    let stage = Stage(answering: .members([]))
    let code = stage.run(line)
    #expect(code == (what.hasPrefix("M1314") ? .notFound : .usage))
    let lines = stage.narration.split(separator: "\n")
    try #require(lines.count == 3, "\(stage.narration)")
    #expect(lines[0] == "error \(what)")
    #expect(lines[1].hasPrefix("  because  "))
    #expect(lines[2] == "  try      \(remedy)        (marram help \(what.prefix(5)))")
    #expect(stage.asked.isEmpty)
}

@Test(
    arguments: [
        ("500ms", 500), ("1s", 1_000), ("30s", 30_000), ("15m", 900_000), ("24h", 86_400_000), ("7d", 604_800_000),
    ] as [(String, Int64)])
func aTimeIsANumberAndAUnit(_ text: String, _ milliseconds: Int64) {
    let stage = Stage(answering: .members([]))
    #expect(stage.run("members --timeout \(text)") == .done)
    #expect(stage.timeout == .milliseconds(milliseconds))
}

@Test(arguments: ["", "5", "s", "-5s", "0s", "5 s", "5sec", "1.5s", "9999999s", "5S", "1h30m"])
func whatIsNotATimeIsRefused(_ text: String) {
    let stage = Stage(answering: .members([]))
    #expect(stage.run(["members", "--timeout", text]) == .usage)
}

@Test func aScriptThatAskedForJSONGetsJSONWhateverIsWrong() {
    let error =
        #"{"schema":"marram.error/1","node":null,"at":"2026-11-20T14:02:11.118Z","view":null,"error":"#
        + #"{"code":"M1304","what":"members has no option \"--x\"","because":"options are written out, such as "#
        + #"--data DIR; only a few belong to every verb","try":"marram help members"},"warnings":[]}"# + "\n"
    for line in ["members --json --x", "members -o json --x", "members -ojson --x", "members --x --output=json"] {
        let stage = Stage()
        #expect(stage.run(line) == .usage)
        #expect(stage.output == error)
        #expect(stage.narration.hasPrefix("error M1304 "))
    }
    let stage = Stage()
    #expect(stage.run("members --x") == .usage)
    #expect(stage.output.isEmpty)
}

@Test func anOptionMeansTheSameInEveryVerb() {
    let options = Verb.all.flatMap(\.options)
    for option in options {
        #expect(options.allSatisfy { $0.name != option.name || $0.value == option.value }, "--\(option.name)")
    }
}

/// Every exit code there is, and the situation that gives it.
@Test func theExitCodeSaysWhatHappened() {
    func code(_ verb: String, _ complaint: Complaint) -> ExitCode {
        let stage = Stage()
        stage.answer = { _ throws(Complaint) in throw complaint }
        return stage.run("\(verb) --yes")
    }
    for verb in ["status", "members", "invite", "leave", "record save /tmp/x", "version --daemon"] {
        #expect(code(verb, Complaint(.daemonNotRunning)) == .unreachable)
        #expect(code(verb, Complaint(.noDataDirectory)) == .unreachable)
        #expect(code(verb, Complaint(.daemonGone)) == .unreachable)
        #expect(code(verb, Complaint(.connectionLost)) == .unreachable)
        #expect(code(verb, Complaint(.socketRefused)) == .notPermitted)
        #expect(code(verb, Complaint(.deadlinePassed)) == .deadlinePassed)
        #expect(code(verb, Complaint(.ourMistake)) == .ourMistake)
        #expect(code(verb, Complaint(.requestRefused)) == .no)
    }
    #expect(Stage(answering: .status(Samples.healthy)).run("status") == .done)
    #expect(Stage(answering: .status(Samples.degraded)).run("status") == .no)
}

@Test func aRefusalByTheDaemonReachesThePersonAsItWasSaid() {
    let stage = Stage(
        answering: .failure(Complaint(.diskFull, what: "no room for\u{1B}[2J it", because: "b", remedy: "t")))
    #expect(stage.run("record save /tmp/x --json") == .no)
    #expect(
        stage.narration
            == "error M7102 no room for\u{FFFD}[2J it\n  because  b\n  try      t        (marram help M7102)\n")
    #expect(stage.output.contains(#""node":"till-01""#))
    #expect(stage.output.contains(#""what":"no room for\u001b[2J it""#))
}

@Test func anAnswerToAnotherQuestionIsAnError() {
    for verb in ["status", "members", "invite", "leave --yes", "record save x", "version --daemon"] {
        let stage = Stage(answering: .members([]))
        if verb == "members" { stage.answer = { _ in Samples.envelope(.version(.own)) } }
        #expect(stage.run(verb) == .no)
        #expect(stage.narration.hasPrefix("error M1311 marramd answered another question than "))
    }
}

@Test func outputThatCannotBeWrittenIsAnError() {
    let stage = Stage(answering: .members([]))
    stage.outputFails = true
    #expect(stage.run("members") == .no)
    #expect(stage.narration.hasPrefix("error M1315 "))
    #expect(stage.run("members --json") == .no)
}
