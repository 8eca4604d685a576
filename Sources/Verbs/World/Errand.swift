internal import Base
internal import Control
internal import Text

/// One run of a verb: what was asked for, the world to do it in, and the way to say what came of it. Data goes to
/// standard output, in the form that was asked for and all at once at the end; whatever is said about the work goes to
/// standard error.
package struct Errand {
    let invocation: Invocation
    let settings: Settings
    let world: World
    /// How standard output wants its text.
    let look: Look
    /// How standard error wants its text.
    let narrationLook: Look
    private(set) var output = ""
    /// The name of the node that answered last.
    private(set) var node: String?

    init(_ invocation: Invocation, in world: World) throws(Complaint) {
        self.invocation = invocation
        self.world = world
        settings = try Settings(invocation, environment: world.environment)
        look = Self.look(invocation, world, isTerminal: world.outputIsTerminal)
        narrationLook = Self.look(invocation, world, isTerminal: world.narrationIsTerminal)
    }

    private static func look(_ invocation: Invocation, _ world: World, isTerminal: Bool) -> Look {
        Look(
            isTerminal: isTerminal, environment: world.environment, noColour: invocation["no-color"] != nil,
            ascii: invocation["ascii"] != nil)
    }

    /// The argument at `place`, when it was given.
    func argument(_ place: Int) -> String? {
        place < invocation.arguments.count ? invocation.arguments[place] : nil
    }

    /// The number that an option gives.
    func number(_ option: String, default usual: Int) throws(Complaint) -> Int {
        guard let text = invocation[option] else { return usual }
        guard let number = Int(text), number >= 0 else {
            throw Complaint(
                .badArgument, what: "--\(option) takes a number, not \(quoted(text))",
                remedy: "marram help \(invocation.verb.name)")
        }
        return number
    }

    /// Puts a request to the node, and waits as long as a person said, and at least as long as the answer takes. A
    /// refusal is thrown as it was said.
    mutating func ask(_ request: Request, atLeast time: Interval = .zero) throws(Complaint) -> Envelope {
        let envelope = try world.ask(request, settings.socket, max(settings.timeout, time))
        node = envelope.node
        if case .failure(let complaint) = envelope.reply { throw complaint }
        return envelope
    }

    /// Puts a request whose answer may wait for so long to the node.
    mutating func ask(_ request: StoreRequest, patience: Interval = .zero) throws(Complaint) -> Envelope {
        let envelope = try world.ask(.store(try request.checked()), settings.socket, settings.timeout + patience)
        node = envelope.node
        if case .failure(let complaint) = envelope.reply { throw complaint }
        return envelope
    }

    /// For an answer of another form than the request has: one of the two programs is wrong about the words.
    func unexpected(_ envelope: Envelope) -> Complaint {
        Complaint(.replyNotUnderstood, what: "marramd answered another question than \(invocation.verb.name) asked")
    }

    // MARK: Saying

    func narrate(_ text: String) { world.writeNarration(text) }

    private mutating func write(_ text: String) { output += text }

    /// An envelope as it came when JSON is asked for, else what `text` makes of it.
    mutating func present(_ envelope: Envelope, _ text: (Look) -> String) {
        if settings.format == .json {
            write(envelope.json)
            return
        }
        write(text(look))
        for warning in envelope.warnings {
            let mark = narrationLook.paint(narrationLook.sign("‼", else: "warning"), .doubtful)
            narrate("\(mark) \(warning.code) \(narrationLook.clean(warning.remedy))\n")
        }
    }

    /// Says at once what belongs to an answer that has no end: an envelope a line, or text.
    func stream(_ envelope: Envelope, _ text: (Look) -> String) throws(Complaint) {
        let line =
            settings.format == .json
            ? String(decoding: envelope.json.encoded(ascii: look.ascii), as: UTF8.self) + "\n" : text(look)
        if !line.isEmpty { try world.writeOutput(line) }
    }

    /// An envelope around a table, in any of the five forms; `more` stands between the table and the view.
    mutating func present(_ envelope: Envelope, as table: Table, then more: String = "") {
        let format = settings.format
        present(envelope) { look in
            switch format {
            case .table, .wide, .json:
                table.rendered(look, isWide: format == .wide) + more + look.line(envelope.view)
            case .csv: table.csv(look)
            case .name: table.rows.map { look.clean($0[0].text) + "\n" }.joined()
            }
        }
    }

    /// Data of the tool's own making, in the same envelope: for verbs that ask no node.
    mutating func present(schema: String, _ data: JSONValue, node: String? = nil, _ text: (Look) -> String) {
        if settings.format == .json {
            write(Envelope.json(schema: schema, node: node, at: world.now(), body: JSONMember("data", data)))
        } else {
            write(text(look))
        }
    }

    /// Plain text: help, a manual page, a script.
    mutating func present(text: String) {
        present(schema: "marram.text/1", ["text": .text(text)]) { _ in text }
    }

    private mutating func write(_ json: JSONValue) {
        write(String(decoding: json.encoded(ascii: look.ascii), as: UTF8.self) + "\n")
    }

    func moment(_ wall: WallTime) -> String {
        Figures.moment(wall, secondsEast: settings.inUTC ? 0 : world.secondsEast(wall))
    }

    /// A moment of this day, to the millisecond.
    func clock(_ wall: WallTime) -> String {
        Figures.clock(wall, secondsEast: settings.inUTC ? 0 : world.secondsEast(wall))
    }

    /// What must stand behind a command in a hint so that it reaches the same node.
    var dataOption: String {
        settings.directory == Settings.defaultDirectory ? "" : " --data \(settings.directory)"
    }
}
