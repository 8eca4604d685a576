import Base
import Testing

@Test func everyCodeHasANumberOfItsOwn() {
    #expect(Set(Code.all.map(\.number)).count == Code.all.count)
    #expect(Code.all.map(\.number) == Code.all.map(\.number).sorted())
}

@Test(arguments: Code.all)
func aCodeLiesInOneOfTheRanges(_ code: Code) {
    // M1 set-up, M2 membership, M3 network, M4 clock and identity, M5 services, M6 artifacts, M7 storage, M8 uplink,
    // M9 our own mistakes.
    #expect((1_000..<10_000).contains(code.number))
}

@Test(arguments: Code.all)
func aCodeIsWordedForAThreeLineError(_ code: Code) {
    for (part, text) in [("title", code.title), ("because", code.because), ("remedy", code.remedy)] {
        #expect(!text.isEmpty, "\(code) has no \(part)")
        #expect(!text.hasSuffix("."), "\(code)'s \(part) ends with a full stop: it is part of a line")
        #expect(!text.contains("\n"), "\(code)'s \(part) has more than one line")
        #expect(text.first?.isWhitespace == false && text.last?.isWhitespace == false)
    }
    #expect(code.title.count <= 80, "\(code)'s title does not stand on a line of its own")
}

/// The acts that a remedy may begin with, besides a command of our own; "on" names the place of the act. A new one is
/// welcome when it is an act.
private let acts: Set<String> = [
    "add", "allow", "ask", "change", "check", "choose", "compare", "copy", "correct", "create", "delete", "free",
    "give", "hand", "install", "look", "make", "mend", "mount", "move", "on", "open", "pick", "put", "raise", "read",
    "remove", "rename", "repeat", "replace", "report", "restart", "restore", "run", "set", "shorten", "split", "start",
    "stop",
    "try", "type", "update", "upgrade", "use", "wait", "write",
]

@Test(arguments: Code.all)
func aRemedyBeginsWithACommandOrAnAct(_ code: Code) {
    let first = code.remedy.prefix { $0 != " " && $0 != "," && $0 != ":" }
    #expect(
        ["marram", "marramd", "marram-sim"].contains(String(first)) || acts.contains(String(first)),
        "\(code): \(code.remedy)")
}

@Test(arguments: Code.all)
func aCodeIsFoundAsAPersonWritesIt(_ code: Code) {
    #expect(Code.named("\(code)") == code)
    #expect(Code.named("m\(code.number)") == code)
    #expect(Code.named("\(code.number)") == code)
}

@Test(arguments: ["", "M", "M0", "MM1201", "M1201 ", "M+1201", "M01201", "M99999", "1", "twelve"])
func whatIsNoCodeIsNotFound(_ text: String) {
    #expect(Code.named(text) == nil)
}

@Test func aComplaintSaysWhatBecauseTry() {
    let complaint = Complaint(.portInUse, what: "UDP port 7946 is in use by process 4711")
    #expect(
        complaint.lines == """
            ✗ M3101 UDP port 7946 is in use by process 4711
              because  another program is bound to the address that this node is to listen on
              try      stop that program, or choose another port with --listen ADDR:PORT        (marram help M3101)
            """)
    #expect(complaint != Complaint(.portInUse))
}
