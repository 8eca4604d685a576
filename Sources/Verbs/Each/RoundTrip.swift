internal import Base
internal import Control

extension Verb {
    static let roundTrip = Verb(
        name: "rtt",
        summary: "show how long a round trip takes, to a member or between two",
        about: [
            """
            To one member it is measured by three pings. Between two others it is estimated: every node finds a place \
            for itself among the others so that distances are round trips, and two places tell the round trip between \
            their owners, though they may never have spoken. The error says how far such estimates are off.
            """
        ],
        arguments: [
            Argument(name: "A", summary: "a member: a name, an id or an address"),
            Argument(name: "B", summary: "another one (default: this node)", isOptional: true),
        ],
        examples: [
            Example(command: "marram rtt till-07", what: "from this node to till-07"),
            Example(command: "marram rtt till-07 scan-02", what: "between two others"),
        ],
        exits: [
            ExitMeaning(code: .no, meaning: "nobody answered, so nothing is known"),
            ExitMeaning(code: .notFound, meaning: "no such peer is known"),
        ],
        run: { errand throws(Complaint) in
            let request = try Request.roundTrip(errand.argument(0) ?? "", errand.argument(1))
            let envelope = try errand.ask(request)
            guard case .roundTrip(let trip) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope) { text(trip, $0) }
            return trip.isKnown ? .done : .no
        })

    private static func text(_ trip: RoundTripReply, _ look: Look) -> String {
        var parts = [look.paint("\(look.clean(trip.from)) - \(look.clean(trip.to))", .strong)]
        if let measured = trip.measured { parts.append("\(Figures.brief(measured)) measured") }
        if let estimated = trip.estimated {
            let error = trip.errorPercent.map { ", error about \($0)%" } ?? ""
            parts.append("\(Figures.brief(estimated)) estimated\(error)")
        }
        var text = parts.joined(separator: look.between) + "\n"
        for name in trip.silent { text += "\(look.clean(name)) did not answer\n" }
        return text
    }
}
