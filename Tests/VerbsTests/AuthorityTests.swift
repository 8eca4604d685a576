import Base
import Control
import Host
import Testing

@testable import Verbs

@Test func aQuestionOfAuthorityIsAnsweredWithItsReason() {
    let stage = Stage(
        answering: .authority(
            AuthorityReply(
                question: "may till-02 do invite.create on mesh", isAllowed: false, why: "no", grounds: ["g"])))
    #expect(stage.run("auth explain invite.create --by till-02") == .no)
    #expect(stage.asked == [.explainAuthority(word: "invite.create", by: "till-02", on: nil)])
    #expect(stage.output == "no may till-02 do invite.create on mesh: no\n   g\n")
    #expect(stage.run("auth explain") == .usage)
    stage.answer = { _ in
        Samples.envelope(.authority(AuthorityReply(question: "q", isAllowed: true, why: "w", grounds: [])))
    }
    #expect(stage.run("auth explain 0a0a0a0a") == .done && stage.output == "yes q: w\n")
}

@Test func actsAreATableOfWhoDidWhat() {
    let row = ActsReply.Row(
        record: String(repeating: "0a", count: 32), at: Samples.at, actor: "ada", act: "ends its feed", isValid: true,
        why: "")
    let stage = Stage(answering: .acts(ActsReply(rows: [row], total: 1)))
    #expect(stage.run("audit tail -n 5") == .done && stage.asked == [.acts(count: 5)])
    #expect(stage.output.contains("0a0a0a0a0a0a  2026-11-20 14:02:11 UTC  ada    ends its feed  counts\n"))
    #expect(stage.run("audit tail x") == .usage && stage.run("audit tail -n 0") == .usage)
    #expect(stage.run("audit proof x") == .usage && stage.run("audit verify") == .usage)
}

@Test func aLawIsWrittenByTheDaemonAndCheckedWithoutOne() {
    let stage = Stage(answering: .lawFile(LawFileReply(path: "/tmp/here/a.law", records: 3, bytes: 1_234)))
    #expect(stage.run("audit export a.law") == .done)
    #expect(stage.asked == [.writeLaw(path: "/tmp/here/a.law", record: nil)])
    #expect(stage.run("audit proof 0a0a0a0a /b.law") == .done)
    #expect(stage.asked.last == .writeLaw(path: "/b.law", record: "0a0a0a0a"))
    stage.files = ["a.law": [1]]
    #expect(stage.run("audit verify a.law") == .no && stage.asked.count == 2)
    stage.lawReport = { _ in
        LawReport(
            mesh: "0102030405", name: "store", records: 9, acts: 5, voids: ["x y: z"], forked: ["ada"], waiting: 1)
    }
    #expect(stage.run("audit verify a.law") == .done)
    #expect(
        stage.output == """
            ok store  mesh 01020304: every signature of 9 records is true
               5 acts, 1 void
               void: x y: z
               a feed of ada is forked
               1 act waiting for one that is not here

            """)
}
