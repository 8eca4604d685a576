import Base
import Control
import Host
import Testing
import Trust

@testable import Verbs

/// A daemon of the mesh that ada founded, which takes what she has signed.
private final class Mesh {
    var chain = [Samples.genesis]
    var threshold = 1
    var asked: [Request] = []

    func answer(_ request: Request) throws(Complaint) -> Envelope {
        asked.append(request)
        switch request {
        case .root: return Samples.envelope(.root(RootReply(chain: chain, cuts: [])))
        case .submit(let records):
            chain += records
            return Samples.envelope(.submitted(SubmitReply(records: records.count, held: records.count)))
        case .operators:
            let rows = [OperatorRow(name: "ada", standing: .acting, keys: ["01aa"])]
            let head = chain[chain.count - 1].id.description
            return Samples.envelope(.operators(OperatorsReply(head: head, threshold: threshold, operators: rows)))
        default: throw Complaint(.ourMistake)
        }
    }

    /// A change that adds bob, signed by so many of ada and bob.
    func proposal(signedBy people: [Int], askedOf signers: [Int] = [0]) -> RootProposal {
        var proposal = RootProposal(
            after: chain, signers: signers.map { Samples.person($0).keys[0] },
            changes: [.add(Operator(Samples.person(1)))])
        for person in people { proposal.sign(with: Samples.key(person)) }
        return proposal
    }
}

private func stage(_ mesh: Mesh) -> Stage {
    let stage = Stage()
    stage.answer = { request throws(Complaint) in try mesh.answer(request) }
    stage.cards = ["bob.pub": OperatorCard(Samples.person(1))]
    return stage
}

@Test func theOperatorsAreATableWithWhatItTakes() {
    let stage = stage(Mesh())
    #expect(stage.run("operator list") == .done)
    #expect(
        stage.output.hasPrefix("NAME  STANDING  KEY\nada   acting    01aa\nit takes 1 of 1 to change the operators\n"))
    #expect(stage.run("operator list ada") == .usage && stage.run("operator keygen ada") == .usage)
    #expect(stage.run("operator frobnicate") == .usage)
}

@Test func oneOperatorBecomesTwoInOneCommand() {
    let mesh = Mesh()
    let stage = stage(mesh)
    stage.proposing = { _ in mesh.proposal(signedBy: [0]) }
    #expect(stage.run("operator add bob.pub --threshold 2 --operator /k") == .done)
    let order = stage.changes.last
    #expect(order?.changes == [.add(Operator(Samples.person(1))), .setThreshold(2)])
    #expect(order?.keys == ["/k"] && order?.others == [] && order?.chain == [Samples.genesis])
    #expect(stage.output == "ok bob becomes an operator\n" && mesh.chain.count == 2)
    #expect(stage.files.isEmpty, "nothing has to be carried to anybody")

    #expect(stage.run("operator add bob.pub --share") == .done)
    #expect(stage.changes.last?.changes == [.add(Operator(Samples.person(1), .recovery))])
    #expect(stage.run("operator threshold 3") == .done && stage.changes.last?.changes == [.setThreshold(3)])
    #expect(stage.run("operator remove ada --threshold 1") == .done)
    #expect(stage.changes.last?.changes == [.remove(name: "ada", cuts: []), .setThreshold(1)])
    #expect(mesh.asked.contains(.root(leaving: "ada")))
    #expect(stage.run("operator threshold 0") == .usage && stage.run("operator threshold 17") == .usage)
    #expect(stage.run("operator add bob.key") == .no && stage.narration.contains("M1230"), "a key is no card")
    let count = mesh.chain.count
    #expect(stage.run("operator add bob.pub --out /c") == .usage && mesh.chain.count == count)
}

@Test func whatSeveralHaveToSignGoesThroughAFile() throws {
    let mesh = Mesh()
    let stage = stage(mesh)
    let half = mesh.proposal(signedBy: [0], askedOf: [0, 1])
    stage.proposing = { _ in half }
    #expect(stage.run("operator add bob.pub --with bob") == .no && stage.narration.contains("--out FILE"))
    #expect(stage.run("operator add bob.pub --with bob,cy --out /c") == .done)
    #expect(stage.changes.last?.others == ["bob", "cy"] && stage.files["/c"] == half.encoded)
    #expect(mesh.chain.count == 1)
    #expect(stage.run("operator add bob.pub --with bob --out /c") == .no, "nothing is written over a file")

    // The mesh of the sample has bob for no operator: a file that asks strangers to sign is refused before that.
    #expect(stage.run("operator sign /c --yes") == .no && stage.narration.contains("M1225"))
    stage.files["/c"] = mesh.proposal(signedBy: []).encoded
    stage.signingProposal = { proposal, _ in
        var proposal = proposal
        proposal.sign(with: Samples.key(0))
        return proposal
    }
    #expect(stage.run("operator submit /c") == .no && stage.narration.contains("M1228"))
    #expect(stage.run("operator sign /c") == .usage, "nobody is there to say yes")
    stage.isTerminal = true
    stage.typed = "store"
    #expect(stage.run("operator sign /c") == .usage && stage.signers.isEmpty)
    stage.typed = "store-0412"
    #expect(stage.run("operator sign /c --operator /a --ascii") == .done && stage.signers == ["/a"])
    #expect(stage.narration.contains("bob becomes an operator") && stage.narration.contains("it takes 1 of 2"))
    stage.isTerminal = false

    #expect(stage.run("operator submit /c") == .done && mesh.chain.count == 2)
    #expect(stage.run("operator submit /c") == .done && mesh.chain.count == 2, "once is enough")
    let other = Charter.genesis(of: "other", by: Samples.person(0), key: Samples.key(0), nonce: .init(9, 9, 9, 9))
    mesh.chain = [other]
    #expect(stage.run("operator submit /c") == .no && stage.narration.contains("M1233"))
    mesh.chain = [Samples.genesis, other]
    #expect(stage.run("operator submit /c") == .no && stage.narration.contains("M1227"))
    stage.files["/c"] = [1, 2, 3]
    #expect(stage.run("operator submit /c") == .no && stage.narration.contains("M1226"))
}

@Test func aMeshIsFoundedBySeveralOrByOne() {
    let stage = Stage()
    #expect(stage.run("init store --operators a.key,b.key,c.pub --shares s.pub --threshold 2") == .done)
    #expect(stage.founded.last?.operators == ["a.key", "b.key", "c.pub"])
    #expect(stage.founded.last?.shares == ["s.pub"] && stage.founded.last?.threshold == 2)
    #expect(stage.run("init store --operators a.key") == .done && stage.founded.last?.threshold == 1)
    #expect(stage.run("init store") == .done && stage.founded.last?.operators == [])
    for line in ["--threshold 2", "--shares s.pub", "--operators a.key --protect", "--operators a --threshold x"] {
        #expect(stage.run("init store \(line)") == .usage, "\(line)")
    }
}
