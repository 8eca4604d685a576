internal import Base
internal import Control

extension Verb {
    static let topology = Verb(
        name: "topology",
        summary: "show who observes whom, and which edges are bad",
        about: [
            """
            Members sit on four rings and observe their neighbours there; in a mesh of up to nine everybody observes \
            everybody. One line for each edge of this node: heard, silent (for longer than is usual, so that it is \
            being examined) or new. LOSS is of the neighbour's beats here, THERE of this node's at the neighbour, \
            LONGEST the longest silence that ended.
            """,
            "The wide form adds a line for each member and those who observe it, as this node's roster has them.",
        ],
        options: [Option(name: "dot", summary: "print a graph for Graphviz instead; bad edges are red")],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram topology -o wide", what: "who observes whom"),
            Example(command: "marram topology --dot | dot -Tsvg > mesh.svg", what: "the same as a picture"),
        ],
        exits: [ExitMeaning(code: .no, meaning: "an edge of this node is bad")],
        run: { errand throws(Complaint) in
            let envelope = try errand.ask(.topology)
            guard case .topology(let topology) = envelope.reply else { throw errand.unexpected(envelope) }
            if errand.invocation["dot"] != nil {
                let node = envelope.node ?? ""
                errand.present(envelope) { graph(topology, seenBy: node, $0) }
            } else {
                errand.present(envelope, as: table(topology, errand.look), then: seats(topology, errand))
            }
            return topology.isWell ? .done : .no
        })

    private static func table(_ topology: TopologyReply, _ look: Look) -> Table {
        Table(
            columns: [
                .init(title: "NEIGHBOUR"), .init(title: "STATE"), .init(title: "RTT"), .init(title: "LOSS"),
                .init(title: "THERE"), .init(title: "HEARD"), .init(title: "LONGEST"), .init(title: "ROSTER"),
                .init(title: "ID", isWide: true),
            ],
            rows: topology.edges.map { edge in
                [
                    .init(edge.name),
                    .init(look.state(edge), look.tone(edge), raw: edge.isDeaf ? "deaf" : edge.state.rawValue),
                    .init(
                        edge.roundTrip.map(Figures.brief) ?? "-", raw: edge.roundTrip.map(Figures.rawSeconds) ?? ""),
                    .init(Figures.percent(edge.lossHere), raw: Figures.rawPercent(edge.lossHere)),
                    .init(
                        edge.lossThere.map(Figures.percent) ?? "-", raw: edge.lossThere.map(Figures.rawPercent) ?? ""),
                    .init(Figures.age(edge.heard), raw: Figures.rawSeconds(edge.heard)),
                    .init(Figures.age(edge.longestSilence), raw: Figures.rawSeconds(edge.longestSilence)),
                    .init(edge.agrees ? "same" : "other"),
                    .init(edge.id.description),
                ]
            })
    }

    /// Who observes whom, for the wide form.
    private static func seats(_ topology: TopologyReply, _ errand: Errand) -> String {
        guard errand.settings.format == .wide else { return "" }
        let entries = topology.seats.map { seat in
            let names = seat.observers.joined(separator: " ")
            let observers = names.isEmpty ? "nobody: \(seat.state.rawValue)" : names
            return (term: errand.look.clean(seat.name), meaning: errand.look.clean(observers))
        }
        return "observed by\n" + definitions(entries)
    }

    private static func graph(_ topology: TopologyReply, seenBy node: String, _ look: Look) -> String {
        func name(_ text: String) -> String {
            "\"" + look.clean(text).map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
        }
        var lines = ["graph mesh {"]
        for seat in topology.seats {
            let colour =
                switch seat.state {
                case .alive: "black"
                case .suspect: "orange"
                case .unreachable: "red"
                case .left: "gray"
                }
            lines.append("  \(name(seat.name)) [color=\(colour)];")
        }
        let bad = topology.edges.filter(\.isBad).map(\.name)
        for seat in topology.seats {
            for observer in seat.observers where observer > seat.name || seat.name == observer {
                let isOurs = observer == node || seat.name == node
                let isBad = isOurs && (bad.contains(seat.name) || bad.contains(observer))
                lines.append("  \(name(seat.name)) -- \(name(observer))\(isBad ? " [color=red]" : "");")
            }
        }
        return (lines + ["}"]).joined(separator: "\n") + "\n"
    }
}

extension Look {
    fileprivate func state(_ edge: TopologyReply.Edge) -> String {
        if edge.isDeaf { return "\(sign("✗ ", else: ""))deaf" }
        return switch edge.state {
        case .heard: "\(sign("● ", else: ""))heard"
        case .silent: "\(sign("✗ ", else: ""))silent"
        case .new: "\(sign("○ ", else: ""))new"
        }
    }

    fileprivate func tone(_ edge: TopologyReply.Edge) -> Tone {
        if edge.isBad { return .bad }
        return edge.state == .heard ? .good : .faint
    }
}
