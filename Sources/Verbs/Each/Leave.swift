internal import Base
internal import Control

extension Verb {
    static let leave = Verb(
        name: "leave",
        summary: "say goodbye to the mesh and stop the daemon",
        about: [
            """
            The node tells its peers that it goes, so that nobody waits for it, and then marramd ends. Its identity \
            stays in the data directory: started again, the node is back under its old name.
            """,
            "Asks for the node's name first, unless --yes is given.",
        ],
        examples: [Example(command: "marram leave --yes", what: "take this node out of service from a script")],
        run: { errand throws(Complaint) in
            if !errand.settings.isConfirmed {
                let name = try errand.ask(.version).node ?? "this node"
                try confirm(name, errand)
            }
            let envelope = try errand.ask(.leave)
            guard case .left(let left) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope) { look in
                let done = look.paint(look.sign("✓", else: "ok"), .good)
                let told = Figures.count(left.told, "member")
                return "\(done) left \(look.clean(left.mesh))\(look.between)\(told) told\n"
            }
            return .done
        })

    private static func confirm(_ name: String, _ errand: Errand) throws(Complaint) {
        guard errand.world.inputIsTerminal else { throw Complaint(.confirmationMissing) }
        errand.narrate("\(errand.narrationLook.clean(name)) will leave its mesh and stop. Type its name to confirm: ")
        guard errand.world.readLine() == name else {
            throw Complaint(.confirmationMissing, what: "the name typed is not the node's; nothing was done")
        }
    }
}
