internal import Base
internal import Control

extension Verb {
    static let record = Verb(
        name: "record",
        summary: "save what the node went through, to be replayed elsewhere",
        about: [
            """
            The daemon keeps its last inputs: every packet, request and passing of time, as it came. save writes them \
            to a new file, from which marram-sim replay repeats step by step what the node did. The daemon writes the \
            file, as the user that it runs as. It holds no keys, but it tells who spoke with whom and when.
            """
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["save"])),
            Argument(name: "FILE", summary: "the file to write; it must not exist", expects: .file),
        ],
        examples: [
            Example(command: "marram record save ./till-01.recording", what: "what to add to a report of a fault")
        ],
        run: { errand throws(Complaint) in
            let file = errand.argument(1) ?? ""
            let path = file.hasPrefix("/") ? file : "\(errand.world.currentDirectory())/\(file)"
            let envelope = try errand.ask(try .recording(path: path))
            guard case .recording(let recording) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope) { look in
                let done = look.paint(look.sign("✓", else: "ok"), .good)
                let size = "\(Figures.count(recording.inputs, "input")), \(Figures.bytes(recording.bytes))"
                return "\(done) \(look.clean(recording.path))    \(size)\n"
            }
            return .done
        })
}
