internal import Base
internal import Control

extension Verb {
    static let links = Verb(
        name: "links",
        summary: "show the ways to the peers and how each is doing",
        about: [
            """
            One line for each peer with whom this node has a session, or lately had or tried to have one: up, \
            handshaking (no session yet, and nobody has answered), silent (there is a session, and the peer owes a \
            sign of life) or none. A peer is shown by its address as long as nobody knows who is there.
            """,
            """
            LOSS is what got lost lately on the way to the peer, RATE what may be sent, QUEUE how long packets wait \
            on the way, PACKET the largest that the path carries. In CSV lengths of time are in seconds and losses in \
            percent. marram explain link NAME tells how it came about.
            """,
        ],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram links", what: "which peers are reached, over what, and how well"),
            Example(command: "marram links -o wide", what: "with the path's own loss, the age of the keys, and ids"),
            Example(command: "marram links --json", what: "for programs; data[].state is one of the four words"),
        ],
        run: { errand throws(Complaint) in
            let envelope = try errand.ask(.links)
            guard case .links(let rows) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope, as: table(rows, errand.look))
            return .done
        })

    private static func table(_ rows: [LinkRow], _ look: Look) -> Table {
        Table(
            columns: [
                .init(title: "NAME"), .init(title: "STATE"), .init(title: "CARRIER"), .init(title: "ADDRESS"),
                .init(title: "RTT"), .init(title: "LOSS"), .init(title: "OWN-LOSS", isWide: true),
                .init(title: "RATE"), .init(title: "QUEUE"), .init(title: "PACKET"),
                .init(title: "KEYS", isWide: true), .init(title: "HEARD"), .init(title: "ID", isWide: true),
                .init(title: "WHY"),
            ],
            rows: rows.map { row in
                let session = row.session
                return [
                    .init(row.title),
                    .init(look.state(row.state), look.tone(row.state), raw: row.state.rawValue),
                    cell(session, \.carrierNote, raw: \.carrier.word),
                    .init(row.address?.description ?? "-", raw: row.address?.description ?? ""),
                    duration(session?.roundTrip),
                    cell(session, { Figures.percent($0.loss) }, raw: { Figures.rawPercent($0.loss) }),
                    cell(session, { Figures.percent($0.ownLoss) }, raw: { Figures.rawPercent($0.ownLoss) }),
                    cell(session, { "\(Figures.bytes($0.rate))/s" }, raw: { "\($0.rate)" }),
                    duration(session?.queueing),
                    cell(session, { "\($0.packetBytes)" }, raw: { "\($0.packetBytes)" }),
                    cell(
                        session, { "\(Figures.elapsed($0.keysAge)), phase \($0.keyPhase)" },
                        raw: { "\($0.keysAge.seconds)" }),
                    cell(session, { Figures.age($0.heard) }, raw: { Figures.rawSeconds($0.heard) }),
                    .init(row.id?.description ?? "-", raw: row.id?.description ?? ""),
                    .init(row.why),
                ]
            })
    }

    /// What is known only while there is a session.
    private static func cell(
        _ session: LinkRow.Session?, _ text: (LinkRow.Session) -> String, raw: (LinkRow.Session) -> String
    ) -> Table.Cell {
        session.map { Table.Cell(text($0), raw: raw($0)) } ?? Table.Cell("-", raw: "")
    }

    private static func duration(_ interval: Interval?) -> Table.Cell {
        interval.map { Table.Cell(Figures.brief($0), raw: Figures.rawSeconds($0)) } ?? Table.Cell("-", raw: "")
    }
}

extension LinkRow.Session {
    /// A session runs over TCP only where UDP stayed silent.
    var carrierNote: String {
        switch carrier {
        case .udp: carrier.word
        case .tcp: "\(carrier.word) (udp blocked)"
        }
    }
}

extension Look {
    /// `● up`, or the bare word.
    func state(_ state: LinkRow.State) -> String {
        let mark =
            switch state {
            case .up: "●"
            case .handshaking: "◐"
            case .silent: "✗"
            case .none: "○"
            }
        return signs ? "\(mark) \(state.rawValue)" : state.rawValue
    }

    func tone(_ state: LinkRow.State) -> Tone {
        switch state {
        case .up: .good
        case .handshaking: .doubtful
        case .silent: .bad
        case .none: .faint
        }
    }
}
