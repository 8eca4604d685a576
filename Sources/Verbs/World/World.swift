package import Base
package import Control
package import Host
package import Trust

/// Everything a verb can reach outside of its own arguments: streams, the clock, the daemon, the data directory. The
/// real one is the process (`World.real`); a test sets its own stage and sees exactly what a person would.
package struct World {
    package var environment: (String) -> String?
    package var writeOutput: (String) throws(Complaint) -> Void
    package var writeNarration: (String) -> Void
    package var outputIsTerminal: Bool
    package var narrationIsTerminal: Bool
    package var inputIsTerminal: Bool
    /// How many columns and rows the terminal behind standard output has; nil when it is none, or does not say.
    package var outputSize: () -> (columns: Int, rows: Int)?
    package var readLine: () -> String?
    /// A file's bytes, or with nil those of standard input; no more than so many.
    package var readBytes: (String?, Int) throws(Complaint) -> [UInt8]
    package var now: () -> WallTime
    /// Does nothing for so long.
    package var pause: (Interval) -> Void
    /// How far the machine's time zone is from UTC at a moment.
    package var secondsEast: (WallTime) -> Int
    /// Where relative paths start.
    package var currentDirectory: () -> String
    /// Puts a request to the daemon behind a control socket and waits for its answer, but not longer than told.
    package var ask: (Request, String, Interval) throws(Complaint) -> Envelope
    /// Asks for the passphrase of an operator's key, by its file, when it is sealed.
    package var initialise: (NewNode, (String) -> String?) throws(Complaint) -> Founding
    package var join: (NewNode) throws(Complaint) -> Founding
    /// Makes the key of a node that has no token, and what it asks with.
    package var requestToJoin: (NewNode) throws(Complaint) -> JoinRequest
    /// Takes the bytes of what came back.
    package var joinByAnswer: (NewNode, [UInt8]) throws(Complaint) -> Founding
    package var readRequest: ([UInt8]) throws(Complaint) -> JoinRequest
    /// Reads a line that is not shown while it is typed.
    package var readSecret: () -> String?
    package var checkToken: (String) throws(Complaint) -> TokenReport
    /// Signs an order with the operator's key in a file; asks for its passphrase when it is sealed.
    package var sign: (OperatorDesk.Order, String, () -> String?) throws(Complaint) -> [Record]
    /// Makes an operator's key, named so, in a file.
    package var makeOperatorKey: (String, String, String?) throws(Complaint) -> OperatorCard
    /// The card that a word is, or that lies in the file of that name; nil when that is none.
    package var readCard: (String) throws(Complaint) -> OperatorCard?
    package var propose: (RootDesk.Order, (String) -> String?) throws(Complaint) -> RootProposal
    /// Reads a change of the operators, and checks all of it.
    package var readProposal: ([UInt8]) throws(Complaint) -> (RootProposal, RootProposal.Outlook)
    /// Adds the signature of the key in a file.
    package var signProposal: (RootProposal, String, (String) -> String?) throws(Complaint) -> RootProposal
    /// Writes a file as a whole; a new one over nothing.
    package var writeFile: (String, [UInt8], _ isNew: Bool) throws(Complaint) -> Void
    /// Checks the bytes of a law's file.
    package var checkLaw: ([UInt8]) throws(Complaint) -> LawReport
    package var readConfiguration: (ConfigurationSource) throws(Complaint) -> ConfigurationReport

    package init(
        environment: @escaping (String) -> String?,
        writeOutput: @escaping (String) throws(Complaint) -> Void,
        writeNarration: @escaping (String) -> Void,
        outputIsTerminal: Bool, narrationIsTerminal: Bool, inputIsTerminal: Bool,
        outputSize: @escaping () -> (columns: Int, rows: Int)?,
        readLine: @escaping () -> String?,
        readBytes: @escaping (String?, Int) throws(Complaint) -> [UInt8],
        now: @escaping () -> WallTime,
        pause: @escaping (Interval) -> Void,
        secondsEast: @escaping (WallTime) -> Int,
        currentDirectory: @escaping () -> String,
        ask: @escaping (Request, String, Interval) throws(Complaint) -> Envelope,
        initialise: @escaping (NewNode, (String) -> String?) throws(Complaint) -> Founding,
        join: @escaping (NewNode) throws(Complaint) -> Founding,
        requestToJoin: @escaping (NewNode) throws(Complaint) -> JoinRequest,
        joinByAnswer: @escaping (NewNode, [UInt8]) throws(Complaint) -> Founding,
        readRequest: @escaping ([UInt8]) throws(Complaint) -> JoinRequest,
        readSecret: @escaping () -> String?,
        checkToken: @escaping (String) throws(Complaint) -> TokenReport,
        sign: @escaping (OperatorDesk.Order, String, () -> String?) throws(Complaint) -> [Record],
        makeOperatorKey: @escaping (String, String, String?) throws(Complaint) -> OperatorCard,
        readCard: @escaping (String) throws(Complaint) -> OperatorCard?,
        propose: @escaping (RootDesk.Order, (String) -> String?) throws(Complaint) -> RootProposal,
        readProposal: @escaping ([UInt8]) throws(Complaint) -> (RootProposal, RootProposal.Outlook),
        signProposal: @escaping (RootProposal, String, (String) -> String?) throws(Complaint) -> RootProposal,
        writeFile: @escaping (String, [UInt8], _ isNew: Bool) throws(Complaint) -> Void,
        checkLaw: @escaping ([UInt8]) throws(Complaint) -> LawReport,
        readConfiguration: @escaping (ConfigurationSource) throws(Complaint) -> ConfigurationReport
    ) {
        self.environment = environment
        self.writeOutput = writeOutput
        self.writeNarration = writeNarration
        self.outputIsTerminal = outputIsTerminal
        self.narrationIsTerminal = narrationIsTerminal
        self.inputIsTerminal = inputIsTerminal
        self.outputSize = outputSize
        self.readLine = readLine
        self.readBytes = readBytes
        self.now = now
        self.pause = pause
        self.secondsEast = secondsEast
        self.currentDirectory = currentDirectory
        self.ask = ask
        self.initialise = initialise
        self.join = join
        self.requestToJoin = requestToJoin
        self.joinByAnswer = joinByAnswer
        self.readRequest = readRequest
        self.readSecret = readSecret
        self.checkToken = checkToken
        self.sign = sign
        self.makeOperatorKey = makeOperatorKey
        self.readCard = readCard
        self.propose = propose
        self.readProposal = readProposal
        self.signProposal = signProposal
        self.writeFile = writeFile
        self.checkLaw = checkLaw
        self.readConfiguration = readConfiguration
    }
}

/// What `init` and `join` know of the node that is to be.
package struct NewNode: Hashable, Sendable {
    package var directory: String
    /// The mesh's name for `init`, the token for `join`.
    package var key: String
    package var name: String?
    package var site: String?
    package var listen: Address?
    /// Of the operator's key that `init` makes; nil leaves it unsealed.
    package var passphrase: String?
    /// Who founds the mesh together, by files of keys or by cards; empty for an operator whose key `init` makes.
    package var operators: [String] = []
    package var shares: [String] = []
    package var threshold = 1
}

/// Which configuration is meant: that of a data directory's node, or one file.
package struct ConfigurationSource: Hashable, Sendable {
    package var directory: String
    package var file: String?
}

/// What is in a node's configuration: every setting with where it comes from, and whatever is wrong.
package struct ConfigurationReport: Hashable, Sendable {
    package struct Setting: Hashable, Sendable {
        /// With its table: `gossip.probe-interval`.
        package var name: String
        /// As it would be written.
        package var value: String
        /// `file:line`, or nil for a default.
        package var origin: String?
        /// Whether the daemon must be started again for a change.
        package var needsRestart: Bool

        package init(name: String, value: String, origin: String?, needsRestart: Bool) {
            self.name = name
            self.value = value
            self.origin = origin
            self.needsRestart = needsRestart
        }
    }

    package struct Fault: Hashable, Sendable {
        package var code: Code
        package var file: String
        package var line: Int
        package var column: Int
        package var what: String
        /// What to write instead, where that is known.
        package var hint: String?
        /// All of it with the line and the caret, for people.
        package var text: String

        package init(
            code: Code, file: String, line: Int, column: Int, what: String, hint: String?, text: String
        ) {
            self.code = code
            self.file = file
            self.line = line
            self.column = column
            self.what = what
            self.hint = hint
            self.text = text
        }
    }

    /// The files that were read, in order.
    package var files: [String]
    package var settings: [Setting]
    package var faults: [Fault]
    /// What keeps nothing from being applied.
    package var warnings: [Fault]
    /// All settings as a file that means the same; with or without where each comes from.
    package var text: String
    package var annotatedText: String

    package init(
        files: [String], settings: [Setting] = [], faults: [Fault] = [], warnings: [Fault] = [], text: String = "",
        annotatedText: String = ""
    ) {
        self.files = files
        self.settings = settings
        self.faults = faults
        self.warnings = warnings
        self.text = text
        self.annotatedText = annotatedText
    }
}
