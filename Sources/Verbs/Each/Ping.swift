internal import Base
internal import Control
internal import Text

extension Verb {
    static let ping = Verb(
        name: "ping",
        summary: "ping a member through its session: loss and round trips",
        about: [
            """
            Each ping is a sealed datagram to the member's daemon and one back, five a second: what membership and \
            transfers meet too, unlike the kernel's own ping. When there is no session, one is made first, and the \
            first round trip is longer by that.
            """
        ],
        arguments: [Argument(name: "PEER", summary: "which member: a name, an id or an address")],
        options: [
            Option(
                name: "count", letter: "n", value: "N",
                summary: "how many pings, at most \(Limits.pingsPerRequest) (default: 5)")
        ],
        examples: [
            Example(command: "marram ping till-07", what: "five pings"),
            Example(command: "marram ping till-07 -n 100", what: "loss to the percent"),
        ],
        exits: [
            ExitMeaning(code: .no, meaning: "not one ping was answered"),
            ExitMeaning(code: .notFound, meaning: "no such peer is known"),
        ],
        run: { errand throws(Complaint) in
            let count = try errand.number("count", default: 5)
            let request = try Request.pings(of: errand.argument(0) ?? "", count: count)
            // Five a second, and then some time for the last answer.
            let envelope = try errand.ask(request, atLeast: .milliseconds(200) * Int64(count) + .seconds(4))
            guard case .ping(let ping) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope) { text(ping, $0) }
            return ping.trips.isEmpty ? .no : .done
        })

    private static func text(_ ping: PingReply, _ look: Look) -> String {
        var path = "no session"
        if let carrier = ping.carrier, let address = ping.address { path = "\(carrier.word) \(address)" }
        var text = [look.paint(look.clean(ping.name), .strong), path].joined(separator: look.between) + "\n"
        for (index, trip) in ping.trips.prefix(10).enumerated() {
            text += "  answer \(index + 1)  \(Figures.brief(trip))\n"
        }
        if ping.trips.count > 10 { text += "  and \(Figures.count(ping.trips.count - 10)) more\n" }
        var sum = ["\(ping.trips.count) of \(ping.sent) answered", "loss \(Figures.percent(ping.loss))"]
        if let least = ping.trips.min(), let median = ping.percentile(50), let most = ping.percentile(99) {
            sum.append(
                "min \(Figures.brief(least)), median \(Figures.brief(median)), p99 \(Figures.brief(most))")
        }
        let tone: Look.Tone = ping.trips.isEmpty ? .bad : ping.loss > 0 ? .doubtful : .good
        return text + look.paint(sum.joined(separator: look.between), tone) + "\n"
    }
}
