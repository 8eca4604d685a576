internal import Base
internal import Control
internal import Text
internal import Verbs

/// Reads a JSON document. Written again, in both alphabets, it must mean the same and be written the same.
func readJSON(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(reading: bytes, atMost: Limits.controlRequestBytes) else { return }
    for ascii in [false, true] {
        let written = value.encoded(ascii: ascii)
        precondition(!ascii || written.allSatisfy { (0x20..<0x7F).contains($0) }, "not ASCII")
        guard let again = try? JSONValue(reading: written, atMost: 8 * Limits.controlRequestBytes) else {
            preconditionFailure("what was written is not JSON")
        }
        precondition(again == value && again.encoded(ascii: ascii) == written, "what was written means something else")
    }
}

/// Reads what a tool asks of the daemon.
func readRequest(_ bytes: [UInt8]) {
    guard let request = try? Request(decoding: bytes) else { return }
    precondition((try? Request(decoding: bodies(request.frame)[0])) == request, "a request changes on its way")
}

/// Reads what a daemon answers, and lets the tool show it in every form: whatever the daemon is, the tool must not
/// trap, and nothing that it prints may move the cursor of a terminal.
func readEnvelope(_ bytes: [UInt8]) {
    guard let envelope = try? Envelope(decoding: bytes) else { return }
    precondition((try? Envelope(decoding: bodies(envelope.frame())[0])) == envelope, "an answer changes on its way")
    for line in [
        ["status"], ["status", "--json"], ["members", "-o", "wide"], ["members", "-o", "csv"],
        ["members", "-o", "name"],
        ["links", "-o", "wide"], ["links", "-o", "csv"], ["links", "-o", "name"], ["explain", "link", "a"],
        ["explain", "peer", "a"], ["ping", "a"], ["rtt", "a"], ["topology", "-o", "wide"], ["topology", "-o", "csv"],
        ["topology", "--dot"], ["vitals"], ["vitals", "-o", "csv"], ["vitals", "set", "a", "b"],
        ["watch", "--since", "0", "--for", "1s"],
        ["invite"], ["node", "list", "-o", "wide"], ["node", "list", "-o", "csv"], ["node", "show", "a"],
        ["node", "revoke", "a", "--yes"], ["operator", "list"], ["operator", "threshold", "2"],
        ["auth", "explain", "a"], ["audit", "tail", "-o", "csv"], ["audit", "tail"],
        ["audit", "export", "/a"], ["leave", "--yes"], ["version", "--daemon"], ["record", "save", "/tmp/recording"],
        ["get", "a"], ["get", "a", "-o", "wide"], ["list", "-o", "csv"], ["list"], ["set", "a", "b"],
        ["history", "a"], ["explain", "key", "a"], ["conflicts"], ["diff", "--at", "1h"], ["wait", "a"],
    ] {
        _ = runTool(line, in: stage(answering: envelope))
    }
}

private func stage(answering envelope: Envelope) -> World {
    func check(_ text: String) {
        let moves = text.unicodeScalars.contains {
            ($0.value < 0x20 && $0 != "\n") || (0x7F...0x9F).contains($0.value)
        }
        precondition(!moves, "a control character reaches the terminal")
    }
    return World(
        environment: { $0 == "LANG" ? "C.UTF-8" : nil }, writeOutput: check, writeNarration: check,
        outputIsTerminal: false, narrationIsTerminal: false, inputIsTerminal: false, outputSize: { nil },
        readLine: { nil },
        readBytes: { _, _ in [] }, now: { WallTime(milliseconds: 0) }, pause: { _ in }, secondsEast: { _ in 3_600 },
        currentDirectory: { "/" },
        ask: { _, _, _ in envelope }, initialise: { _, _ throws(Complaint) in throw Complaint(.alreadyInitialised) },
        join: { _ throws(Complaint) in throw Complaint(.alreadyInitialised) },
        requestToJoin: { _ throws(Complaint) in throw Complaint(.alreadyInitialised) },
        joinByAnswer: { _, _ throws(Complaint) in throw Complaint(.answerUnreadable) },
        readRequest: { _ throws(Complaint) in throw Complaint(.requestUnreadable) },
        readSecret: { nil }, checkToken: { _ throws(Complaint) in throw Complaint(.invitationUnreadable) },
        sign: { _, _, _ throws(Complaint) in throw Complaint(.operatorKeyUnreadable) },
        makeOperatorKey: { _, _, _ throws(Complaint) in throw Complaint(.alreadyInitialised) },
        readCard: { _ in nil }, propose: { _, _ throws(Complaint) in throw Complaint(.signersMissing) },
        readProposal: { _ throws(Complaint) in throw Complaint(.proposalUnreadable) },
        signProposal: { _, _, _ throws(Complaint) in throw Complaint(.notToSign) }, writeFile: { _, _, _ in },
        checkLaw: { _ throws(Complaint) in throw Complaint(.lawRefused) },
        readConfiguration: { _ in ConfigurationReport(files: []) })
}

/// Cuts a stream into frames, once as a whole and once in pieces whose length the first byte chooses: how the bytes
/// arrive must not matter.
func readControlFrames(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let stream = Array(input.dropFirst())
    precondition(bodies(stream, limit: 512) == bodies(stream, limit: 512, piece: 1 + Int(first)), "pieces matter")
}

/// The bodies of the frames up to the first that is refused.
private func bodies(_ stream: [UInt8], limit: Int = Limits.controlReplyBytes, piece: Int = .max) -> [[UInt8]] {
    var reader = ControlFrameReader(atMost: limit)
    var bodies: [[UInt8]] = []
    var rest = stream[...]
    while !rest.isEmpty {
        reader.append(Array(rest.prefix(piece)).raw)
        rest = rest.dropFirst(piece)
        do throws(DecodeError) {
            while let body = try reader.next() {
                precondition((1...limit).contains(body.count), "a frame above its limit")
                bodies.append(body)
            }
        } catch {
            return bodies
        }
    }
    return bodies
}
