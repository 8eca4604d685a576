import Base
import Control
import Host
import Testing
import Trust

@testable import Verbs

private let sample = """
    [roles.pricing]
    can = ["key.write"]
    scope = ["key:offers/*", "key:prices/*"]
    delegate = 1

    [roles.approver]
    can = "release.approve"

    [policy."key.write"]
    on = "key:prices/*"
    needs = { lease = "fresh" }

    [policy."rollout.start"]
    needs = { approvals = 2, of = "approver", max_age = "72h", group = "pos" }

    [sites.kiosk]
    quorum = 1
    lease = "90d"
    across_sites = true
    """

private func read(_ text: String, known: [Role] = []) -> PolicyFile { PolicyFile(Array(text.utf8), known: known) }

private func state(_ changes: [RootChange]) throws -> RootState {
    try RootProposal.root(of: Samples.chain(changes)).head.state
}

@Test func aPolicyFileSaysWhatItSaysAndIsShownAsItIsWritten() throws {
    let file = read(sample)
    #expect(file.problems.isEmpty && file.roles.count == 2 && file.policies.count == 2)
    let start = try #require(file.policies.last)
    #expect(start.approvals == 2 && start.approver?.name == "release.approve" && start.maxAge == .hours(72))
    #expect(
        start.group == "pos" && file.sites == [SiteRule(site: "kiosk", quorum: 1, leaseHours: 2_160, acrossSites: true)]
    )
    let before = try state([])
    let changes = file.changes(of: before, written: [])
    #expect(changes.count == 5)
    let after = try state(changes)
    #expect(file.changes(of: after, written: []).isEmpty, "applied twice is applied once")
    #expect(read(after.policyText).problems.isEmpty)
    #expect(
        read(after.policyText).changes(of: after, written: []).isEmpty,
        "what is shown says the same:\n\(after.policyText)")
}

@Test(arguments: [
    ("[roles.a", Code.tomlSyntax), ("[roles.a]\ncan = 1", .wrongKind), ("[roles.a]", .wrongKind),
    ("[roles.a]\ncan = \"Nope\"", .outOfRange), ("[roles.\"a b\"]\ncan = \"x\"", .badName),
    ("[roles.a]\ncan = \"x\"\ndelegate = 9", .outOfRange), ("[roles.a]\ncan = \"x\"\nscope = \"a*b\"", .outOfRange),
    ("[roles.a]\ncan = \"x\"\nscop = \"*\"", .unknownKey), ("[other]\n", .unknownKey), ("x = 1", .unknownKey),
    ("roles = 1", .wrongKind), ("[policy.\"x\"]\nneeds = 1", .wrongKind),
    ("[policy.\"x\"]\nneeds = { approvals = 1 }", .settingsContradict),
    ("[policy.\"x\"]\nneeds = { approvals = 99, of = \"a.approve\" }", .outOfRange),
    ("[policy.\"x\"]\nneeds = { approvals = 1, of = \"nobody\" }", .unknownRole),
    ("[policy.\"x\"]\nneeds = { lease = \"old\" }", .outOfRange),
    ("[policy.\"x\"]\nneeds = { approvals = 1, of = \"a.b\", max_age = 3 }", .wrongKind),
    ("[policy.\"x\"]\nneeds = { approvals = 1, of = \"a.b\", max_age = \"3 weeks\" }", .needsUnit),
    ("[policy.\"key.write\"]\nneeds = { approvals = 1, of = \"a.b\" }", .ruleRequired),
    ("[policy.\"lease.renew\"]\nneeds = { lease = \"fresh\" }", .ruleRequired),
    ("[policy.\"invite.sponsor\"]\nneeds = { group = \"pos\" }", .ruleRequired),
    ("[sites.s]\nquorum = 0", .outOfRange), ("[sites.s]\nlease = \"1h\"", .wrongKind),
    ("[sites.s]\nquorum = 1\nlease = \"91d\"", .outOfRange), ("[sites.s]\nquorum = 1\nacross_sites = 1", .wrongKind),
]) func whatIsWrongWithAPolicyFileIsNamed(text: String, code: Code) {
    let problems = read(text).problems
    #expect(problems.map(\.code).contains(code), "\(text.prefix(80)): \(problems.map(\.what))")
}

@Test func aPolicyFileThatIsTooLargeIsNotRead() {
    let problems = read(String(repeating: "#", count: Limits.configurationBytes + 1)).problems
    #expect(problems.map(\.code) == [.documentTooLarge])
}

@Test func anUnknownRoleIsToldWithTheNearestOne() {
    let known = Role(name: "approver", can: ["release.approve"].compactMap { Capability($0) }, scope: .everything)
    let text = "[policy.\"x\"]\nneeds = { approvals = 1, of = \"aprover\" }"
    #expect(read(text, known: [known]).problems.first?.hint == "did you mean \"approver\"?")
    #expect(read(text.replacing("aprover", with: "approver"), known: [known]).problems.isEmpty)
}

/// A daemon that takes what was signed, as the one of the operators does.
private func stage(_ changes: [RootChange], grants: [GrantRow] = [], written: [Cut] = []) -> Stage {
    let stage = Stage()
    let chain = Samples.chain(changes)
    var held = grants
    var heads = chain
    stage.answer = { request throws(Complaint) in
        switch request {
        case .root: return Samples.envelope(.root(RootReply(chain: chain, cuts: [], written: written)))
        case .node:
            let row = NodeRow(name: "till-02", id: Samples.id, standing: .full, site: "", key: "01aa")
            return Samples.envelope(
                .node(NodeReply(mesh: "aa", head: "bb", node: row, cuts: "00", keys: "cc", grants: held)))
        case .submit(let records):
            heads += records
            if let order = stage.orders.last?.0, case .grant(_, let terms) = order.deed {
                held.append(GrantRow(id: "dd", terms: terms))
            } else if stage.orders.last != nil {
                held = []
            }
            return Samples.envelope(.submitted(SubmitReply(records: records.count, held: records.count)))
        case .operators:
            let rows = [OperatorRow(name: "ada", standing: .acting, keys: ["01aa"])]
            let head = heads[heads.count - 1].id.description
            return Samples.envelope(.operators(OperatorsReply(head: head, threshold: 1, operators: rows)))
        default: throw Complaint(.ourMistake)
        }
    }
    stage.signing = { _ in [Samples.genesis] }
    stage.proposing = { _ throws(Complaint) in
        guard let order = stage.changes.last else { throw Complaint(.ourMistake) }
        var proposal = RootProposal(
            after: order.chain, signers: [Samples.person(0).keys[0]], changes: order.changes)
        proposal.sign(with: Samples.key(0))
        return proposal
    }
    stage.files["p"] = Array(sample.utf8)
    return stage
}

@Test func aPolicyIsCheckedTriedAppliedAndShown() {
    let cut = Cut(feed: Digest(.zero), sequence: 1, entry: Digest(.zero))
    let fresh = stage([], written: [cut])
    #expect(fresh.run("policy check p") == .done && fresh.output == "ok p: 5 rows\n" && fresh.asked.isEmpty)
    #expect(fresh.run("policy show") == .done && fresh.output.hasPrefix("# no roles"))
    #expect(fresh.run("policy apply p --dry-run") == .done && fresh.changes.isEmpty)
    #expect(fresh.output.contains("would change") && fresh.output.contains("the role pricing is set"))
    #expect(fresh.run("policy apply p") == .done, "\(fresh.narration)")
    guard
        case .setPolicy(let write)? = fresh.changes.last?.changes.first(where: { change in
            if case .setPolicy(let policy) = change { policy.capability == .write } else { false }
        })
    else { return #expect(Bool(false)) }
    #expect(write.cuts == [cut], "what was written before stands")
    fresh.files["bad"] = Array("[roles.a]\ncan = \"x\"\n[policy.\"x\"]\nneeds = { approvals = 1, of = \"b\" }".utf8)
    #expect(fresh.run("policy apply bad") == .no && fresh.changes.count == 1)
    #expect(fresh.narration.contains("M1240") && fresh.narration.contains("bad:4:31"), "\(fresh.narration)")
    #expect(fresh.run("policy apply none") == .usage && fresh.run("policy show p") == .usage)
    #expect(fresh.run("policy check") == .usage)
}

@Test func aFileThatLoosensARuleNeedsToSaySo() throws {
    let rows = read(sample).changes(of: try state([]), written: [])
    for (text, words) in [
        (
            "[policy.\"rollout.start\"]\n"
                + "needs = { approvals = 1, of = \"approver\", max_age = \"72h\", group = \"pos\" }",
            "1 approvals"
        ),
        ("[policy.\"rollout.start\"]\nneeds = { approvals = 2, of = \"approver\", group = \"pos\" }", "older"),
        (
            "[policy.\"rollout.start\"]\nneeds = { approvals = 2, of = \"approver\", max_age = \"72h\" }",
            "the group pos"
        ),
        (
            "[policy.\"rollout.start\"]\nneeds = { approvals = 2, of = \"a.b\", max_age = \"72h\", group = \"pos\" }",
            "others"
        ),
        ("[policy.\"key.write\"]\non = \"key:prices/*\"", "lease"),
        ("[policy.\"key.write\"]\non = \"key:prices/milk\"\nneeds = { lease = \"fresh\" }", "no longer speaks"),
    ] {
        let mesh = stage(rows)
        mesh.files["w"] = Array(text.utf8)
        #expect(mesh.run("policy apply w") == .no && mesh.changes.isEmpty)
        #expect(mesh.narration.contains("M1242") && mesh.narration.contains(words), "\(words): \(mesh.narration)")
        #expect(mesh.run("policy apply w --weaken") == .done && mesh.changes.count == 1, "\(mesh.narration)")
    }
    let mesh = stage(rows)
    mesh.files["w"] = Array(
        "[policy.\"rollout.start\"]\nneeds = { approvals = 3, of = \"approver\", max_age = \"1h\", group = \"pos\" }"
            .utf8)
    #expect(mesh.run("policy apply w") == .done, "a stricter one does not")
}

@Test func aRoleIsGivenOnceAndTakenBack() throws {
    let rows = read(sample).changes(of: try state([]), written: [])
    let mesh = stage(rows)
    #expect(mesh.run("role list") == .done && mesh.output.contains("key:offers/*, key:prices/*"))
    #expect(mesh.run("role grant till-02 pricng") == .no && mesh.narration.contains("did you mean pricing?"))
    #expect(mesh.run("role revoke till-02 pricing") == .no && mesh.narration.contains("M1243"))
    #expect(mesh.run("role grant till-02 pricing") == .done && mesh.orders.count == 1, "\(mesh.narration)")
    #expect(mesh.run("role grant till-02 pricing") == .done && mesh.orders.count == 1, "once is enough")
    #expect(mesh.run("node show till-02") == .done && mesh.output.contains("holds dd: key.write"))
    #expect(mesh.run("role revoke till-02 pricing") == .done && mesh.orders.count == 2, "\(mesh.narration)")
    #expect(mesh.run("role grant till-02") == .usage && mesh.run("role list x") == .usage)
}
