import Base
import Control
import Testing

@testable import Verbs

private let row = KeyRow(
    key: "till/tax", kind: .register, value: ValueBytes("7.5"), elements: [], isInConflict: false, isStored: true,
    version: "00000000000000ff", writer: "till-01", at: Samples.at, clock: .floor)
private let conflict = KeyRow(
    key: "rollout/pos", kind: .guarded, value: nil, elements: [], isInConflict: true, isStored: true,
    version: "00000000000000aa", writer: "till-02", at: Samples.at, clock: .floor)

private func write(_ writer: String, _ value: String, _ state: WriteRow.State) -> WriteRow {
    WriteRow(
        isRemoval: false, element: nil, value: ValueBytes(value), writer: writer, node: Samples.id, sequence: 4,
        at: Samples.at, clock: .floor, state: state, why: "nothing has taken its place")
}

private func key(_ row: KeyRow, _ writes: WriteRow...) -> Reply {
    .key(KeyReply(row: row, kind: row.kind, rule: "the rule", writes: writes, omitted: 0))
}

private func wrote(_ rows: WriteReply.Row..., isTrial: Bool = false) -> Reply {
    .wrote(WriteReply(rows: rows, isTrial: isTrial, sequence: isTrial ? nil : 9))
}

private let changed = WriteReply.Row(key: "till/tax", kind: .register, before: "7", after: "7.5", isChanged: true)

@Test func aValueIsPrintedAlone() {
    let stage = Stage(answering: key(row, write("till-01", "7.5", .live)))
    #expect(stage.run("get till/tax") == .done)
    #expect(stage.output == "7.5\n")
    #expect(stage.asked == [.store(.get(key: "till/tax", kind: nil, at: nil))])
    #expect(stage.run("get till/tax --at 2h --kind register") == .done)
    let then = WallTime(milliseconds: Samples.at.milliseconds - 7_200_000)
    #expect(stage.asked.last == .store(.get(key: "till/tax", kind: .register, at: then)))
    #expect(stage.run("get till/tax --at 2026-11-20T14:02:11Z") == .done)
    #expect(
        stage.asked.last
            == .store(.get(key: "till/tax", kind: nil, at: WallTime(rfc3339: "2026-11-20T14:02:11.000Z"))))
    #expect(stage.run("get till/tax --at yesterday") == .usage)
    #expect(stage.run("get till/tax -o wide") == .done)
    #expect(stage.output.contains("till-01") && stage.output.contains("WHY"))
}

@Test func aGuardedKeyInConflictHasNoValue() {
    let stage = Stage(
        answering: key(conflict, write("till-01", "1.4.2", .conflicting), write("till-02", "1.4.3", .conflicting)))
    #expect(stage.run("get rollout/pos") == .no)
    #expect(stage.output.isEmpty)
    #expect(stage.narration.contains("2 writes did not know of each other"))
}

@Test func listsComeInAsManyAnswersAsItTakes() {
    let stage = Stage()
    stage.answer = { request in
        guard case .store(.list(_, let from, _, _)) = request else { return Samples.envelope(.members([])) }
        let reply = from.isEmpty ? KeysReply(rows: [row], next: "u") : KeysReply(rows: [conflict], next: nil)
        return Samples.envelope(.keys(reply))
    }
    #expect(stage.run("list -o name") == .done)
    #expect(stage.output == "till/tax\nrollout/pos\n")
    #expect(stage.asked.count == 2)
    #expect(stage.run("conflicts") == .no)
    #expect(stage.output.contains("conflict"))
    let none = Stage(answering: .keys(KeysReply(rows: [], next: nil)))
    #expect(none.run("conflicts") == .done && none.output == "ok no conflicts\n")
}

@Test func aValueComesFromTheLineAFileOrStandardInput() {
    let stage = Stage(answering: wrote(changed))
    stage.files = ["v": [0xFF], "-": Array("in".utf8)]
    let words = [("7.5", Array("7.5".utf8)), ("@v", [0xFF]), ("-", Array("in".utf8)), ("@@v", Array("@v".utf8))]
    for (word, bytes) in words {
        #expect(stage.run(["set", "till/tax", word, "--if", "00ff"]) == .done)
        let assignment = Assignment(key: "till/tax", .put(ValueBytes(bytes)), version: "00ff")
        #expect(stage.asked.last == .store(.write([assignment], isTrial: false)))
    }
    #expect(stage.output == "ok till/tax = 7.5    (was 7)\n")
    #expect(stage.run("set stock/apples -3 --kind counter") == .done, "a negative number is no option")
    #expect(
        stage.asked.last
            == .store(
                .write([Assignment(key: "stock/apples", kind: .counter, .put(ValueBytes("-3")))], isTrial: false)))
    #expect(stage.run("del tills/closed till-07 --dry-run") == .done)
    #expect(
        stage.asked.last
            == .store(.write([Assignment(key: "tills/closed", .remove(ValueBytes("till-07")))], isTrial: true)))
    #expect(stage.run(["set", "a//b", "1"]) == .usage)
    #expect(stage.narration.contains("M7204"))
    #expect(stage.run(["set", "a", "1", "--kind", "sett"]) == .usage)
}

@Test func aConflictIsDecidedAsItWasSeen() {
    let stage = Stage()
    stage.answer = { request in
        if case .store(.get) = request {
            return Samples.envelope(
                key(conflict, write("till-01", "1.4.2", .conflicting), write("till-02", "1.4.3", .conflicting)))
        }
        return Samples.envelope(wrote(changed))
    }
    #expect(stage.run("resolve rollout/pos --take till-02") == .done)
    #expect(
        stage.asked.last
            == .store(
                .write(
                    [
                        Assignment(
                            key: "rollout/pos", kind: .guarded, .put(ValueBytes("1.4.3")), version: conflict.version,
                            resolves: true)
                    ], isTrial: false)))
    #expect(stage.run("resolve rollout/pos --take till-09") == .notFound)
    #expect(stage.run("resolve rollout/pos") == .usage)
    #expect(stage.run("resolve rollout/pos 1 --take till-01") == .usage)
}

@Test func aFileIsAppliedAsAWhole() {
    let stage = Stage(answering: wrote(changed, isTrial: true))
    stage.files["site.toml"] = Array(
        """
        name = "store"
        [till]
        tax = 7.50
        open = true
        "names/all" = ["a", "b"]
        """.utf8)
    #expect(stage.run("apply site.toml --dry-run") == .done)
    #expect(
        stage.asked == [
            .store(
                .write(
                    [
                        Assignment(key: "name", .put(ValueBytes("store"))),
                        Assignment(key: "till/tax", .put(ValueBytes("7.50"))),
                        Assignment(key: "till/open", .put(ValueBytes("true"))),
                        Assignment(key: "till/names/all", .become([ValueBytes("a"), ValueBytes("b")])),
                    ], isTrial: true))
        ])
    #expect(stage.output == "ok would be written: till/tax = 7.5    (was 7)\n")
}

@Test func aFileWithAMistakeShowsEachAndWritesNothing() {
    let stage = Stage()
    stage.files["bad.toml"] = Array("a = 1\nb = [[1]]\n\"c//d\" = 2\ne = \n".utf8)
    #expect(stage.run("apply bad.toml") == .no)
    #expect(stage.asked.isEmpty)
    #expect(stage.narration.contains("bad.toml:2:6: error M1104"))
    #expect(stage.narration.contains("bad.toml:3:1: error M7204"))
    #expect(stage.narration.contains("bad.toml:4:") && stage.narration.contains("error M1101"))
    #expect(stage.narration.contains("M7211 bad.toml has 3 errors; nothing was written"))
    stage.files["empty.toml"] = []
    #expect(stage.run("apply empty.toml") == .no)
    stage.files["large.toml"] = (0...Limits.operations).flatMap { Array("k\($0) = 1\n".utf8) }
    #expect(stage.run("apply large.toml") == .no && stage.asked.isEmpty)
}

@Test func whoFollowsGoesOnBehindTheLastCursor() {
    let stage = Stage()
    var cursors = ["c1", "c2", "c3"]
    stage.answer = { request in
        let change = ChangesReply.Row(
            key: "till/tax", kind: .register, isRemoval: false, element: nil, value: ValueBytes("7.5"),
            writer: "till-01", sequence: 4, at: Samples.at)
        let cursor = cursors.removeFirst()
        let reply = ChangesReply(rows: cursor == "c1" ? [] : [change], cursor: cursor, hasGap: false)
        return Samples.envelope(.changes(reply))
    }
    #expect(stage.run("follow till/ --count 2") == .done)
    let since = stage.asked.map { request -> String? in
        guard case .store(.changes(_, let since, _)) = request else { return "?" }
        return since
    }
    #expect(since == [nil, "c1", "c2"])
    #expect(stage.output.split(separator: "\n").count == 2)
    #expect(stage.output.hasSuffix("till-01  till/tax  = 7.5\n"))
}

@Test func whoWaitsAsksAgainUntilItsTimeIsUp() {
    let stage = Stage()
    var refusals = 2
    stage.answer = { _ throws(Complaint) in
        refusals -= 1
        if refusals >= 0 { throw Complaint(.notYet) }
        return Samples.envelope(key(row))
    }
    #expect(stage.run("wait till/tax=7.5 --timeout 65s") == .done)
    #expect(stage.output == "ok till/tax = 7.5\n")
    let waits = stage.asked.map { request -> Int64 in
        guard case .store(.expect(let key, let value, let patience)) = request else { return -1 }
        #expect(key == "till/tax" && value == ValueBytes("7.5"))
        return patience.seconds
    }
    #expect(waits == [30, 30, 5])
    refusals = 9
    #expect(stage.run("wait till/tax=7.5 --timeout 1s") == .deadlinePassed)
}

@Test func aDifferenceIsShownWithBothSides() {
    let stage = Stage()
    var old = row
    old.value = ValueBytes("7")
    old.version = "01"
    var gone = row
    gone.key = "a"
    var lists = [[gone, old], [row]]
    stage.answer = { _ in Samples.envelope(.keys(KeysReply(rows: lists.removeFirst(), next: nil))) }
    #expect(stage.run("diff till/ --at 1h") == .no)
    let lines = stage.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[1].hasPrefix("a ") && lines[2].contains("7.5"))
    #expect(stage.run("diff") == .usage)
}

@Test func whyAKeyHoldsWhatItHoldsIsExplained() {
    let stage = Stage(answering: key(row, write("till-01", "7.5", .live)))
    #expect(stage.run("explain key till/tax") == .done)
    #expect(stage.output.contains("till/tax is a register: the rule"))
    #expect(stage.asked == [.store(.history(key: "till/tax", kind: nil))])
    #expect(stage.run("history till/tax --json") == .done)
    #expect(stage.output.contains(#""schema":"marram.key/1""#))
    let split = Stage(answering: key(conflict, write("till-01", "1", .conflicting)))
    #expect(split.run("explain key rollout/pos") == .no)
}

/// Answers about keys that would drive a terminal if they were let, and what to ask for them.
enum StoreSamples {
    private static let hostile = "\u{1B}[2J\u{E4}\u{9B}2J\u{7}"

    private static let wild = KeyRow(
        key: "k\(hostile)", kind: .register, value: ValueBytes("v\(hostile)\nw\r"), elements: [], isInConflict: true,
        isStored: false, version: "v\(hostile)", writer: "w\(hostile)", at: Samples.at, clock: .unknown)
    private static let reply = KeyReply(
        row: wild, kind: .register, rule: "r\(hostile)",
        writes: [
            WriteRow(
                isRemoval: true, element: ValueBytes("e\(hostile)"), value: nil, writer: "w\(hostile)",
                node: Samples.id, sequence: 1, at: Samples.at, clock: .floor, state: .void, why: "y\(hostile)")
        ], omitted: 3)
    private static let written = Reply.wrote(
        WriteReply(
            rows: [.init(key: "k\(hostile)", kind: .set, before: "b\(hostile)", after: hostile, isChanged: true)],
            isTrial: false, sequence: 1))
    private static let change = ChangesReply.Row(
        key: "k\(hostile)", kind: .flag, isRemoval: false, element: nil, value: ValueBytes(hostile),
        writer: "w\(hostile)", sequence: 1, at: Samples.at)

    private static var settled: KeyReply {
        var settled = reply
        settled.row?.isInConflict = false
        return settled
    }

    static let arguments = [
        "get": "k", "set": "k v", "del": "k", "apply": "f", "history": "k", "diff": "--at 1h", "resolve": "k v",
        "follow": "--count 1", "wait": "k",
    ]

    static let replies: [String: Reply] = [
        "get": .key(settled), "list": .keys(KeysReply(rows: [wild], next: nil)), "set": written, "del": written,
        "apply": written, "history": .key(reply), "diff": .keys(KeysReply(rows: [wild], next: nil)),
        "conflicts": .keys(KeysReply(rows: [wild], next: nil)),
        "follow": .changes(ChangesReply(rows: [change], cursor: "00", hasGap: true)), "wait": .key(reply),
    ]

    static func resolve(_ request: Request) -> Envelope {
        if case .store(.get) = request { return Samples.envelope(.key(reply)) }
        return Samples.envelope(written)
    }
}
