internal import Base
internal import Control
internal import Text

extension Verb {
    static let follow = Verb(
        name: "follow",
        summary: "print every write as it comes to be known here",
        about: [
            """
            One line for each write to a key that begins with PREFIX, as soon as it is on this node's disk, until it \
            is interrupted or has printed --count writes. With --json there is one envelope a line, and each has a \
            cursor: --since goes on behind it, also after a restart of the daemon and on any other node. A cursor that \
            is older than what is still known says so (gap), and then marram list tells what holds now.
            """
        ],
        arguments: [Argument(name: "PREFIX", summary: "how the keys begin", isOptional: true)],
        options: [
            Option(name: "since", value: "CURSOR", summary: "go on behind this cursor (default: now)"),
            Option(name: "count", value: "N", summary: "end after so many writes"),
        ],
        examples: [
            Example(command: "marram follow till/", what: "every write about tills"),
            Example(command: "marram follow --json --since CURSOR", what: "for a program that has been away"),
        ],
        run: { errand throws(Complaint) in
            var left = try errand.invocation["count"].map { text throws(Complaint) -> Int in
                guard let count = Int(text), count > 0 else {
                    throw Complaint(.badArgument, what: "--count takes a number above zero, not \(quoted(text))")
                }
                return count
            }
            var cursor = errand.invocation["since"]
            while left ?? 1 > 0 {
                let request = StoreRequest.changes(
                    prefix: errand.argument(0) ?? "", since: cursor, patience: Self.patience)
                let envelope = try errand.ask(request, patience: Self.patience)
                guard case .changes(let changes) = envelope.reply else { throw errand.unexpected(envelope) }
                cursor = changes.cursor
                if changes.hasGap { errand.warn("some writes before are forgotten; marram list shows what holds now") }
                left = left.map { $0 - changes.rows.count }
                guard !changes.rows.isEmpty else { continue }
                let times = changes.rows.map { errand.moment($0.at) }
                try errand.stream(envelope) { look in
                    zip(changes.rows, times).map { row, time in
                        "\(look.paint(time, .faint))  \(look.clean("\(row.writer)  \(row.key)  \(row.what)"))\n"
                    }.joined()
                }
            }
            return .done
        })

    /// Half of what the daemon would wait.
    private static let patience = Interval.seconds(Limits.watchPatience.seconds / 2)

    static let wait = Verb(
        name: "wait",
        summary: "wait until a key holds something, or a certain value",
        about: [
            """
            Ends as soon as KEY holds VALUE, or without one anything at all, and this node has it on its disk; at once \
            when it does already. A set holds a value when it is one of its elements. --timeout is how long to wait.
            """
        ],
        arguments: [Argument(name: "CONDITION", summary: "KEY, or KEY=VALUE")],
        examples: [
            Example(command: "marram wait rollout/pos=1.4.2 --timeout 10m", what: "until the version is known here")
        ],
        exits: [ExitMeaning(code: .deadlinePassed, meaning: "it did not come to hold that in time")],
        run: { errand throws(Complaint) in
            let word = errand.argument(0) ?? ""
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = try parts.count > 1 ? errand.value(parts[1]) : nil
            var left = errand.settings.timeout
            while true {
                let patience = min(left, Self.patience)
                left = left - patience
                do throws(Complaint) {
                    let envelope = try errand.ask(
                        .expect(key: parts[0], value: value, patience: patience), patience: patience)
                    guard case .key(let key) = envelope.reply, let row = key.row else {
                        throw errand.unexpected(envelope)
                    }
                    errand.present(envelope) { look in
                        let held = row.value?.brief ?? row.elements.map(\.brief).joined(separator: ", ")
                        let done = look.paint(look.sign("✓", else: "ok"), .good)
                        return "\(done) \(look.clean("\(row.key) = \(held)"))\n"
                    }
                    return .done
                } catch {
                    guard error.code == .notYet, left > .zero else { throw error }
                }
            }
        })
}

extension ChangesReply.Row {
    fileprivate var what: String {
        let subject = [element?.brief, value?.brief].compactMap { $0 }.joined(separator: " = ")
        if isRemoval, value == nil { return "deleted\(subject.isEmpty ? "" : " \(subject)")" }
        return element == nil ? "= \(subject)" : "+ \(subject)"
    }
}
