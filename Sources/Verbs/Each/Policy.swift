internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let policy = Verb(
        name: "policy",
        summary: "show, check and change the mesh's roles, policies and site rules",
        about: [
            """
            show prints the tables of the mesh as a file that apply takes. check FILE names everything that is wrong \
            with a file, with its line and column, and asks no node. apply FILE makes the tables what the file says; \
            rows that it does not name stay. With --dry-run it says what would change.
            """,
            """
            [roles.NAME] can = [...], scope = [...], delegate = N: what an office may do, on what, and through how \
            many further hands; marram role grant gives it to a node. [policy."CAPABILITY"] on = [...], needs = {...}: \
            what must be so besides. [sites.NAME] quorum, lease, across_sites: how a small site renews its leases.
            """,
            """
            Every member writes every key of the store until [policy."key.write"] names some with \
            on = ["key:prices/*"]: from then on those take a role that can key.write in a scope that covers them. What was written before \
            still counts, and what is written by whoever has no such role counts on no node.
            """,
            """
            A change takes as many operators as a change of the operators does: with --with and --out it goes the same \
            way, and operator sign and operator submit see it through. A file that loosens a rule needs --weaken.
            """,
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["show", "check", "apply"])),
            Argument(
                name: "FILE", summary: "roles and policies in TOML, - for standard input", expects: .file,
                isOptional: true),
        ],
        options: [
            Option(name: "dry-run", summary: "say what would change, and change nothing"),
            Option(name: "weaken", summary: "loosen rules that are in force"),
            .operatorKey, .with, .out,
        ],
        examples: [
            Example(command: "marram policy show > policy.toml", what: "the tables, to be edited"),
            Example(command: "marram policy apply policy.toml --dry-run", what: "what an edited file would change"),
        ],
        run: { errand throws(Complaint) in
            switch (errand.argument(0), errand.argument(1)) {
            case ("show", nil): try showPolicy(&errand)
            case ("check", let file?):
                let policy = try readPolicy(&errand, file, known: [])
                let rows = policy.roles.count + policy.policies.count + policy.sites.count
                tellPolicy(&errand, "\(file): \(Figures.count(rows, "row"))", [])
            case ("apply", let file?): try applyPolicy(&errand, file)
            case (let action, let file):
                throw Complaint(
                    .badArgument,
                    what: file == nil ? "\(action ?? "this") takes a FILE" : "show takes no FILE",
                    remedy: "marram help policy")
            }
            return .done
        })

    /// What the mesh's tables say, by the daemon's words about the root.
    static func state(of root: RootReply) throws(Complaint) -> RootState {
        do throws(RootProposal.Flaw) {
            return try RootProposal.root(of: root.chain).head.state
        } catch {
            throw Complaint(.replyNotUnderstood, what: "the daemon's words about the root are not understood")
        }
    }

    private static func showPolicy(_ errand: inout Errand) throws(Complaint) {
        let text = try state(of: try root(&errand, without: nil).1).policyText
        errand.present(schema: "marram.policy/1", ["toml": .text(text)]) { look in
            text.isEmpty ? "# no roles and no policies: every member writes every key\n" : look.clean(lines: text)
        }
    }

    /// Reads a file, and says everything that is wrong with it. The first mistake names the error.
    private static func readPolicy(
        _ errand: inout Errand, _ file: String, known: [Role]
    ) throws(Complaint) -> PolicyFile {
        let bytes = try errand.world.readBytes(file == "-" ? nil : file, Limits.configurationBytes)
        let policy = PolicyFile(bytes, known: known)
        guard let first = policy.problems.first else { return policy }
        let source = SourceText(path: file, bytes: bytes)
        for problem in policy.problems {
            errand.narrate(errand.narrationLook.clean(lines: source.rendered(problem) + "\n"))
        }
        let place = source.position(of: first.span.start)
        throw Complaint(
            first.code, what: "\(file):\(place.line):\(place.column): \(first.what); nothing was changed",
            remedy: first.hint.map { "\($0) Then: marram policy check \(file)" }
                ?? "mend what is named, then: marram policy check \(file)")
    }

    private static func applyPolicy(_ errand: inout Errand, _ file: String) throws(Complaint) {
        let (_, reply) = try root(&errand, without: nil)
        let state = try state(of: reply)
        let policy = try readPolicy(&errand, file, known: state.roles)
        let changes = policy.changes(of: state, written: reply.written)
        if let weakened = policy.weakened(state).first, errand.invocation["weaken"] == nil {
            throw Complaint(.ruleWeakened, what: "\(file) loosens \(weakened); nothing was changed")
        }
        let isAboutWriting = changes.contains { change in
            if case .setPolicy(let policy) = change { policy.capability == .write } else { false }
        }
        guard !isAboutWriting || reply.written.count <= Limits.cuts else {
            throw Complaint(
                .tooMuchWritten, what: "\(reply.written.count) nodes have written, \(Limits.cuts) can be named")
        }
        guard changes.count <= Limits.rootChanges else {
            throw Complaint(
                .outOfRange,
                what: "\(file) changes \(changes.count) rows, and \(Limits.rootChanges) at once is the most",
                remedy: "apply it in two files")
        }
        if changes.isEmpty { return tellPolicy(&errand, "nothing to change", []) }
        if errand.invocation["dry-run"] != nil {
            return tellPolicy(&errand, "would change", changes.map(\.words))
        }
        try changeRoot(&errand, from: reply, changes)
    }

    private static func tellPolicy(_ errand: inout Errand, _ words: String, _ changes: [String]) {
        let data: JSONValue = ["result": .text(words), "changes": .array(changes.map { .text($0) })]
        errand.present(schema: "marram.policy_change/1", data) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            return "\(done) \(look.clean(words))\n" + changes.map { "   \(look.clean($0))\n" }.joined()
        }
    }
}
