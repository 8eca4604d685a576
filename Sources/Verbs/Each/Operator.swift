internal import Base
internal import Control
internal import Text

extension Verb {
    static let operators = Verb(
        name: "operator",
        summary: "make a key for somebody who governs a mesh",
        about: [
            """
            keygen makes a key and writes it to a new file that only its owner may read; its public half is printed. \
            With --protect it is sealed with a passphrase, which is asked for. Keep the file where the daemon is not: \
            the daemon never needs it.
            """
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["keygen"])),
            Argument(name: "NAME", summary: "what the operator is called"),
            Argument(name: "FILE", summary: "the file to write; it must not exist", expects: .file),
        ],
        options: [.protect],
        examples: [
            Example(command: "marram operator keygen ada ./ada.key --protect", what: "a key with a passphrase")
        ],
        run: { errand throws(Complaint) in
            let (name, path) = (errand.argument(1) ?? "", errand.argument(2) ?? "")
            let passphrase = try newPassphrase(errand)
            let key = try errand.world.makeOperatorKey(name, path, passphrase)
            errand.present(
                schema: "marram.operator/1", ["name": .text(name), "key": .text(key), "path": .text(path)], node: nil
            ) { look in
                "\(look.paint(look.sign("✓", else: "ok"), .good)) \(look.clean(name))    \(key)\n"
            }
            return .done
        })

    /// The passphrase of a new key, typed twice; nil when none is wanted.
    static func newPassphrase(_ errand: Errand) throws(Complaint) -> String? {
        guard errand.invocation["protect"] != nil else { return nil }
        errand.narrate("Passphrase of the operator's key: ")
        let first = errand.world.readSecret()
        errand.narrate("\nOnce more: ")
        let second = errand.world.readSecret()
        errand.narrate("\n")
        guard let first, !first.isEmpty, first == second else {
            throw Complaint(
                .badArgument, what: "the passphrase is empty, or the two are not the same; nothing was done",
                remedy: "try again")
        }
        return first
    }
}

extension Verb.Option {
    static let protect = Verb.Option(name: "protect", summary: "seal the operator's key with a passphrase")
}
