internal import Base
internal import Control
internal import Host
internal import Text

extension Verb {
    static let configuration = Verb(
        name: "config",
        summary: "check the configuration, or show it",
        about: [
            """
            check reads the configuration and names everything that is wrong with it, each with its line and column. \
            show prints every setting as it is in force. Neither needs the daemon, and neither changes anything: a \
            daemon that is told to read a wrong configuration keeps the one it has.
            """
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["check", "show"])),
            Argument(
                name: "FILE", summary: "a file to read instead of the node's own", expects: .file, isOptional: true),
        ],
        options: [
            Option(name: "origin", summary: "with show: where each setting comes from, file and line or default")
        ],
        examples: [
            Example(command: "marram config check ./new.toml", what: "before it is put in place"),
            Example(command: "marram config show --origin", what: "every setting and who set it"),
        ],
        exits: [ExitMeaning(code: .no, meaning: "something in the configuration is wrong")],
        appendix: ("The keys of a configuration file and their defaults", ConfigurationKey.listing),
        run: { errand throws(Complaint) in
            let report = try errand.world.readConfiguration(
                ConfigurationSource(directory: errand.settings.directory, file: errand.argument(1)))
            if errand.argument(0) == "show" { show(report, &errand) } else { check(report, &errand) }
            return report.faults.isEmpty ? .done : .no
        })

    private static func check(_ report: ConfigurationReport, _ errand: inout Errand) {
        let data: JSONValue = [
            "files": .array(report.files.map { .text($0) }), "errors": .array(report.faults.map(\.json)),
            "warnings": .array(report.warnings.map(\.json)),
        ]
        errand.present(schema: "marram.config_check/1", data) { look in
            guard !report.faults.isEmpty else {
                let files = report.files.isEmpty ? "no file, only defaults" : report.files.joined(separator: ", ")
                let warnings = report.warnings.map { look.clean(lines: $0.text) }.joined()
                return warnings + "\(look.paint(look.sign("✓", else: "ok"), .good)) \(look.clean(files))\n"
            }
            let texts = report.faults.map { look.clean(lines: $0.text) }.joined()
            return texts + "\(Figures.count(report.faults.count, "error")), nothing applied\n"
        }
    }

    private static func show(_ report: ConfigurationReport, _ errand: inout Errand) {
        let data = report.settings.map { setting -> JSONValue in
            [
                "name": .text(setting.name), "value": .text(setting.value),
                "origin": setting.origin.map { .text($0) } ?? "default",
                "restart_needed": .boolean(setting.needsRestart),
            ]
        }
        let withOrigin = errand.invocation["origin"] != nil
        errand.present(schema: "marram.config/1", .array(data)) { look in
            look.clean(lines: withOrigin ? report.annotatedText : report.text)
        }
        for fault in report.faults + report.warnings { errand.narrate(errand.narrationLook.clean(lines: fault.text)) }
    }
}

extension ConfigurationReport.Fault {
    fileprivate var json: JSONValue {
        [
            "code": .text("\(code)"), "file": .text(file), "line": .integer(Int64(line)),
            "column": .integer(Int64(column)), "what": .text(what), "hint": hint.map { .text($0) } ?? .null,
        ]
    }
}
