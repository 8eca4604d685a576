internal import Base
internal import Control

/// What happened, line by line: the time, and the sentence broken behind it.
struct EventLines: Sendable {
    /// Each with its time as a person reads it: without the day when it was this day.
    let events: [(time: String, event: LinkReply.Event)]
    let timeZone: String

    func text(_ look: Look) -> String {
        guard !events.isEmpty else { return "events    none lately\n" }
        var text = "events (\(timeZone))\n"
        let widest = events.map(\.time.count).max() ?? 0
        for (time, event) in events {
            var what = event.what
            if event.count > 1 {
                what += " (\(Figures.count(event.count)) times in \(Figures.elapsed(event.firstAge - event.age)))"
            }
            let padding = String(repeating: " ", count: widest - time.count + 2)
            text += "  \(look.paint(time, .faint))\(padding)\(look.paragraph(what, indent: widest + 4))"
        }
        return text
    }
}

extension Errand {
    func history(_ events: [LinkReply.Event], at now: WallTime) -> EventLines {
        let place = moment(now).split(separator: " ").last.map(String.init) ?? ""
        let today = moment(now).prefix(10)
        return EventLines(
            events: events.map { event in
                let moment = moment(event.at)
                return (moment.hasPrefix(today) ? clock(event.at) : String(moment.prefix(19)), event)
            }, timeZone: place)
    }
}

extension Look {
    /// Somebody else's sentence, broken into lines behind what already stands on the first.
    func paragraph(_ text: String, indent: Int) -> String {
        String(wrapped(clean(text), indent: indent).dropFirst(indent))
    }
}
