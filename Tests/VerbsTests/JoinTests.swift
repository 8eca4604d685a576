import Base
import Control
import Host
import Testing
import Trust

@testable import Verbs

@Test func aRequestIsWrittenToANewFileAndItsAnswerTakesThePlaceOfAToken() {
    let stage = Stage()
    #expect(stage.run("join --request /stick/r --name till-09 --data /d") == .done)
    #expect(stage.output == "ok till-09 asks to be let in  \(Samples.request.keys.id.short)\n")
    #expect(stage.files["/stick/r"] == Samples.request.encoded)
    #expect(stage.founded.last?.name == "till-09" && stage.founded.last?.directory == "/d")
    #expect(stage.narration.contains("marram join ANSWER --data /d"))
    #expect(stage.run("join --request /stick/r") == .no && stage.narration.contains("M1234"))

    stage.files["/stick/a"] = [7]
    #expect(stage.run("join /stick/a --data /d") == .done && stage.founded.last?.directory == "/d")
    stage.files["/stick/a"] = [8]
    #expect(stage.run("join /stick/a") == .no && stage.narration.contains("M1236"))
    let count = stage.founded.count
    for line in ["join", "join MARRAM3-X --request /r", "join --check --request /r", "join /stick/a --check"] {
        #expect(stage.run(line) == .usage, "\(line)")
    }
    #expect(stage.run("join marram2-damaged") == .done, "whatever begins like a token is no file")
    #expect(stage.founded.count == count + 1 && stage.founded.last?.key == "marram2-damaged")
}

@Test func whoAskedIsAdmittedOnceAndTheAnswerIsWrittenAsOftenAsItIsWanted() {
    let stage = Stage()
    let id = Samples.request.keys.id
    var standing: NodeRow.Standing?
    stage.answer = { request throws(Complaint) in
        switch request {
        case .node(let word):
            guard let standing, word == id.description else { throw Complaint(.unknownNode) }
            let row = NodeRow(name: id.short, id: id, standing: standing, site: "", key: "01")
            return Samples.envelope(.node(NodeReply(mesh: "aa", head: "bb", node: row, cuts: "00")))
        case .root: return Samples.envelope(.root(RootReply(chain: [Samples.genesis], cuts: [])))
        case .submit(let records):
            standing = .full
            return Samples.envelope(.submitted(SubmitReply(records: records.count, held: records.count)))
        case .writeAnswer(let path, let node):
            #expect(path == "/tmp/here/a" && node == id.description)
            return Samples.envelope(.lawFile(LawFileReply(path: path, records: 4, bytes: 900)))
        default: throw Complaint(.ourMistake)
        }
    }
    stage.signing = { _ in [Samples.record] }
    stage.files["r"] = Samples.request.encoded
    #expect(stage.run("node admit r") == .usage && stage.orders.isEmpty, "the answer has to go somewhere")
    #expect(stage.run("node admit r --out a --operator /k") == .done)
    #expect(stage.output == "ok admitted till-09  \(id.short)  /tmp/here/a\n")
    #expect(stage.orders.map(\.0.deed) == [.admit(Samples.request.keys)] && stage.orders.last?.1 == "/k")
    #expect(stage.orders.last?.0.mesh == Samples.genesis.id.description)
    #expect(stage.run("node admit r --out a") == .done && stage.orders.count == 1)
    standing = .revoked
    #expect(stage.run("node admit r --out a") == .no && stage.orders.count == 1)

    standing = nil
    let good = Samples.request.encoded
    for bad in [[], Array(good.dropLast()), good + [0], good.map { $0 ^ 1 }, [UInt8](repeating: 0, count: 900)] {
        stage.files["r"] = bad
        #expect(stage.run("node admit r --out a") == .no && stage.narration.contains("M1235"))
    }
    #expect(stage.orders.count == 1)
}
