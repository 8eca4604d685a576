internal import Base
internal import Control

extension Verb {
    static let members = Verb(
        name: "members",
        summary: "show who is in the mesh and how each is doing",
        about: [
            """
            One line for each member as this node sees it: alive, suspect (silent for longer than is usual), \
            unreachable (silent for so long that nothing should count on it) or left (it said goodbye). Members are \
            never forgotten: one that is unreachable may be back in a year.
            """
        ],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram members -o wide", what: "with ids and points in time"),
            Example(command: "marram members -o name", what: "one name a line, for a loop in a shell"),
            Example(command: "marram members --json", what: "for programs; data[].state is one of the four words"),
        ],
        run: { errand throws(Complaint) in
            let envelope = try errand.ask(.members)
            guard case .members(let rows) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope, as: table(rows, errand))
            return .done
        })

    private static func table(_ rows: [MemberRow], _ errand: Errand) -> Table {
        Table(
            columns: [
                .init(title: "NAME"), .init(title: "STATE"), .init(title: "SINCE"),
                .init(title: "SITE"), .init(title: "ADDRESS"), .init(title: "CHANGED", isWide: true),
                .init(title: "ID", isWide: true), .init(title: "WHY"),
            ],
            rows: rows.map { row in
                [
                    .init(row.name),
                    .init(errand.look.state(row.state), errand.look.tone(row.state), raw: row.state.rawValue),
                    .init(Figures.elapsed(row.age), raw: "\(row.age.seconds)"),
                    .init(row.site.isEmpty ? "-" : row.site, raw: row.site),
                    .init(row.address?.description ?? "-", raw: row.address?.description ?? ""),
                    .init(errand.moment(row.since), raw: row.since.rfc3339),
                    .init(row.id.description),
                    .init(row.why),
                ]
            })
    }
}

extension Look {
    /// `● alive`, or the bare word.
    func state(_ state: MemberRow.State) -> String {
        let mark =
            switch state {
            case .alive: "●"
            case .suspect: "◐"
            case .unreachable: "✗"
            case .left: "○"
            }
        return signs ? "\(mark) \(state.rawValue)" : state.rawValue
    }

    /// `● 10 alive`
    func state(_ state: MemberRow.State, count: Int) -> String {
        let word = self.state(state)
        let parts = word.split(separator: " ")
        let text = parts.count == 2 ? "\(parts[0]) \(count) \(parts[1])" : "\(count) \(word)"
        return paint(text, tone(state))
    }

    func tone(_ state: MemberRow.State) -> Tone {
        switch state {
        case .alive: .good
        case .suspect: .doubtful
        case .unreachable: .bad
        case .left: .faint
        }
    }
}
