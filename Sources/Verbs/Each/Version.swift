internal import Base
internal import Control
internal import Text

extension Verb {
    static let version = Verb(
        name: "version",
        summary: "show which version this is",
        about: ["Shows the tool's own version, and with --daemon that of the running daemon too, which may be older."],
        options: [Option(name: "daemon", summary: "ask the daemon for its version as well")],
        examples: [
            Example(command: "marram version --daemon", what: "whether the daemon was restarted after an upgrade")
        ],
        run: { errand throws(Complaint) in
            let own = VersionReply.own
            var daemon: VersionReply?
            if errand.invocation["daemon"] != nil {
                let envelope = try errand.ask(.version)
                guard case .version(let version) = envelope.reply else { throw errand.unexpected(envelope) }
                daemon = version
            }
            let data: JSONValue = [
                "version": .text(own.version), "protocol": .integer(Int64(own.controlProtocol)),
                "daemon": daemon?.json ?? .null,
            ]
            errand.present(schema: "marram.tool_version/1", data, node: errand.node) { look in
                let line = daemon.map { "marramd \(look.clean($0.version))\n" } ?? ""
                return "marram \(own.version)\n" + line
            }
            return .done
        })
}
