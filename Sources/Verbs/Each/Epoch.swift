internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let epoch = Verb(
        name: "epoch",
        summary: "show who belongs, and who holds forgetting up",
        about: [
            """
            What was deleted or replaced is forgotten when every member of the newest epoch has what took its place, \
            and never by age. Without a node that keeps the epochs nothing is forgotten, which costs only room.
            """,
            """
            keep NODE names the node that issues the epochs, signed here with the operator's key. From then on a node \
            may write when an epoch has admitted it, a second or so after the law let it in, as long as that node runs.
            """,
            """
            evict NODE, on the node that keeps the epochs, says that a member that has been away for long is no longer \
            waited for. It is let in again by itself when it is back. What it wrote meanwhile, not knowing, counts for \
            nobody, and is handed back to it: returned shows it there, beside what the keys hold now; settle says that \
            all of that has been decided, and drops it.
            """,
        ],
        arguments: [
            Argument(
                name: "ACTION", summary: "what to do (default: show)",
                expects: .words(["show", "keep", "evict", "returned", "settle"]), isOptional: true),
            Argument(name: "NODE", summary: "which node, of keep and evict", isOptional: true),
        ],
        options: [.operatorKey],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram epoch", what: "who is waited for, and since when"),
            Example(command: "marram epoch keep till-01", what: "till-01 issues the epochs from now on"),
            Example(command: "marram epoch evict till-09", what: "wait for till-09 no longer, until it is back"),
        ],
        run: { errand throws(Complaint) in
            switch (errand.argument(0) ?? "show", errand.argument(1)) {
            case ("show", nil):
                let envelope = try errand.ask(.epoch)
                try show(envelope, &errand)
            case ("keep", let name?): try keep(name, &errand)
            case ("evict", let name?):
                let envelope = try errand.ask(try .evict(named: name))
                try show(envelope, &errand)
            case ("returned", nil):
                let envelope = try errand.ask(.returned)
                try showReturned(envelope, &errand)
            case ("settle", nil):
                guard errand.settings.isConfirmed else {
                    throw Complaint(
                        .confirmationMissing, what: "settle drops all that marram epoch returned shows",
                        remedy: "marram epoch settle --yes")
                }
                let envelope = try errand.ask(.settleReturned)
                try showReturned(envelope, &errand)
            case (let action, let name):
                throw Complaint(
                    .badArgument,
                    what: name == nil ? "\(action) takes a NODE" : "\(action) takes no NODE",
                    remedy: "marram help epoch")
            }
            return .done
        })

    private static func show(_ envelope: Envelope, _ errand: inout Errand) throws(Complaint) {
        guard case .epoch(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        var rows: [[Table.Cell]] = []
        for row in reply.holdups {
            let lacks = row.lacks.map { "\($0)" }
            rows.append([
                .init(row.name), .init(lacks ?? "not heard", raw: lacks ?? ""),
                .init(errand.moment(row.since), raw: row.since.rfc3339), .init(row.id.description),
            ])
        }
        if errand.settings.format == .table || errand.settings.format == .wide {
            errand.narrate(lines(reply, errand))
        }
        errand.present(
            envelope,
            as: Table(
                columns: [
                    .init(title: "WAITS-FOR"), .init(title: "LACKS"), .init(title: "SINCE"),
                    .init(title: "ID", isWide: true),
                ], rows: rows))
    }

    private static func lines(_ reply: EpochReply, _ errand: Errand) -> String {
        let look = errand.narrationLook
        let keeper = reply.keeper.isEmpty ? "nobody" : look.clean(reply.keeper)
        var text =
            reply.number == 0
            ? "no epoch: every member may write, nothing is forgotten; kept by \(keeper)\n"
            : "epoch \(reply.number) since \(errand.moment(reply.issued)), kept by \(keeper): "
                + "\(Figures.count(reply.members, "member"))\n"
        text += "\(Figures.count(reply.waiting, "operation")) to be forgotten\n"
        if reply.isFrozen { text += "\(look.paint("two epochs bear one number: nothing is forgotten", .bad))\n" }
        if reply.returned > 0 {
            text += "\(Figures.count(reply.returned, "write")) handed back: marram epoch returned\n"
        }
        if reply.omitted > 0 { text += "and \(reply.omitted) more are waited for\n" }
        return text
    }

    private static func showReturned(_ envelope: Envelope, _ errand: inout Errand) throws(Complaint) {
        guard case .returned(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        var rows: [[Table.Cell]] = []
        for row in reply.rows {
            rows.append([
                .init(row.key), .init(row.kind.rawValue), .init(row.wrote ?? "deleted", raw: row.wrote ?? ""),
                .init(errand.moment(row.at), raw: row.at.rfc3339), .init(row.holds ?? "nothing", raw: row.holds ?? ""),
            ])
        }
        errand.present(
            envelope,
            as: Table(
                columns: [
                    .init(title: "KEY"), .init(title: "KIND"), .init(title: "WROTE"), .init(title: "AT"),
                    .init(title: "HOLDS-NOW"),
                ], rows: rows))
        if reply.omitted > 0 { errand.narrate("and \(Figures.count(reply.omitted, "more write"))\n") }
    }

    /// Signed here, it has to come to what it is meant for.
    private static func keep(_ name: String, _ errand: inout Errand) throws(Complaint) {
        let asked = try errand.ask(try .node(named: name))
        guard case .node(let reply) = asked.reply else { throw errand.unexpected(asked) }
        guard reply.node.standing != .revoked else {
            throw Complaint(.alreadyRevoked, what: "\(reply.node.name) was revoked before")
        }
        guard reply.node.standing != .probation else {
            throw Complaint(
                .badArgument, what: "\(reply.node.name) is on probation, and uses no role yet",
                because: "it came with an invitation, and neither an operator nor half of its site has vouched for it",
                remedy: "marram node confirm \(reply.node.name)")
        }
        let order = OperatorDesk.Order(mesh: reply.mesh, head: reply.head, .grant(keys: reply.keys, Charter.keeper))
        let (file, ask) = (errand.operatorKeys[0], errand.passphrase)
        let records = try errand.world.sign(order, file) { ask(file) }
        let handedIn = try errand.ask(try .submission(of: records))
        guard case .submitted(let submitted) = handedIn.reply else { throw errand.unexpected(handedIn) }
        let envelope = try errand.ask(.epoch)
        guard case .epoch(let epoch) = envelope.reply else { throw errand.unexpected(envelope) }
        guard submitted.held == submitted.records, !epoch.keeper.isEmpty else {
            throw Complaint(
                .recordsNotTaken, what: "the node took what was signed, and it changes nothing",
                because: "the key is no operator's of this mesh")
        }
        try show(envelope, &errand)
        if epoch.keeper != reply.node.name {
            errand.narrate("\(errand.narrationLook.clean(epoch.keeper)) keeps them: of several, the lowest id does\n")
        }
    }
}
