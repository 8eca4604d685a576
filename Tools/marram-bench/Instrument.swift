internal import Base

/// What scripts put measurements between several programs together from: one end of a transfer, a bad link, a flood.
struct Instrument: Sendable {
    let name: String
    let usage: String
    let run: @Sendable (Options) throws(Complaint) -> [Figure]

    static let all = [receive, send, relay, flood]

    static let receive = Instrument(
        name: "receive", usage: "MOVER --at ADDRESS [--bytes N] [--seconds S] [--congestion NAME]: takes the payload"
    ) { options throws(Complaint) in
        try options.expect(words: 1, ["at", "bytes", "seconds", "congestion", "megabits"])
        let mover = try mover(options.words[0])
        let order = try order(options, "at")
        return try mover.receive(order) { port in
            var address = order.address
            address.port = port
            Mover.say("listening \(address)")
        }
    }

    static let send = Instrument(
        name: "send",
        usage: "MOVER --to ADDRESS [--bytes N] [--seconds S] [--congestion NAME] [--megabits R]: sends the payload"
    ) { options throws(Complaint) in
        try options.expect(words: 1, ["to", "bytes", "seconds", "congestion", "megabits"])
        return try mover(options.words[0]).send(try order(options, "to"))
    }

    static let relay = Instrument(
        name: "relay",
        usage:
            "DEVICE DEVICE [--megabits R] [--delay MS] [--loss SHARE] [--queue BYTES]: is a bad link, until its input ends"
    ) { options throws(Complaint) in
        try options.expect(words: 2, ["megabits", "delay", "loss", "queue"])
        var order = Relay.Order(names: options.words)
        order.megabits = try options.number("megabits", in: 0.001...100_000) ?? order.megabits
        order.delayMilliseconds = try options.number("delay", in: 0...10_000) ?? order.delayMilliseconds
        order.loss = try options.number("loss", in: 0...1) ?? order.loss
        order.queueBytes = Int(try options.number("queue", in: 2_000...1e9) ?? Double(order.queueBytes))
        return try Relay.run(order)
    }

    static let flood = Instrument(
        name: "flood",
        usage: "ADDRESS [--rate N] [--seconds S] [--sockets N] [--size BYTES]: first handshake messages of strangers"
    ) { options throws(Complaint) in
        try options.expect(words: 1, ["rate", "seconds", "sockets", "size"])
        var order = Flood.Order(target: try address(options.words[0]))
        order.perSecond = try options.number("rate", in: 1...1e7) ?? order.perSecond
        order.seconds = try options.number("seconds", in: 0.01...86_400) ?? order.seconds
        order.sockets = Int(try options.number("sockets", in: 1...10_000) ?? Double(order.sockets))
        order.byteCount = Int(try options.number("size", in: 16...65_507) ?? Double(order.byteCount))
        return try Flood.run(order)
    }

    private static func mover(_ name: String) throws(Complaint) -> Mover {
        guard let mover = Mover.all.first(where: { $0.name == name }) else {
            let names = Mover.all.map(\.name).joined(separator: ", ")
            throw Complaint(.benchUsage, what: "there is no mover `\(name)`", remedy: "one of \(names)")
        }
        return mover
    }

    private static func address(_ text: String) throws(Complaint) -> Address {
        guard let address = Address(text), address.v4 != nil else {
            throw Complaint(.benchUsage, what: "`\(text)` is not an IPv4 address and a port")
        }
        return address
    }

    private static func order(_ options: Options, _ name: String) throws(Complaint) -> Mover.Order {
        guard let text = options.values[name] else { throw Complaint(.benchUsage, what: "--\(name) is missing") }
        var order = Mover.Order(address: try address(text))
        order.byteCount = Int(try options.number("bytes", in: 1...1e15) ?? Double(order.byteCount))
        order.seconds = try options.number("seconds", in: 0.01...86_400)
        order.congestion = options.values["congestion"]
        order.megabits = try options.number("megabits", in: 0.001...100_000) ?? order.megabits
        return order
    }
}

/// The words of a command line, and its `--name value` pairs.
struct Options {
    private(set) var words: [String] = []
    private(set) var values: [String: String] = [:]

    init(_ arguments: ArraySlice<String>) throws(Complaint) {
        var rest = arguments
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                words.append(word)
                continue
            }
            guard let value = rest.popFirst() else { throw Complaint(.benchUsage, what: "`\(word)` needs a value") }
            values[String(word.dropFirst(2))] = value
        }
    }

    func expect(words count: Int, _ names: Set<String>) throws(Complaint) {
        guard words.count == count else {
            throw Complaint(.benchUsage, what: "\(words.count) words were given where \(count) are needed")
        }
        guard let unknown = values.keys.first(where: { !names.contains($0) }) else { return }
        throw Complaint(.benchUsage, what: "there is no option --\(unknown) here")
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(Complaint) -> Double? {
        guard let text = values[name] else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw Complaint(
                .benchUsage, what: "--\(name) takes a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
