/// The plan of the house as it is written down: the targets of Package.swift and the code map of docs/architecture.md.
/// The two are one plan, and the rules below hold every import to it.
struct House {
    struct Target {
        var name: String
        var kind: String
        var dependencies: [String]
        var line: Int
    }

    struct Room {
        var name: String
        var floor: Int
        var isPure: Bool
        var line: Int
    }

    static let codeMap = "docs/architecture.md"

    var targets: [Target]
    var rooms: [Room]

    init(_ tree: Tree) {
        let manifest = tree.text("Package.swift").withoutComments
        targets = manifest.matches(#"\b(cellar|room|tool|tests)\(\s*"([^"\\]+)"(?:\s*,\s*(\[[^\]]*\]))?"#).map {
            match in
            Target(
                name: match.groups[1] + (match.groups[0] == "tests" ? "Tests" : ""), kind: match.groups[0],
                dependencies: match.groups[2].matches(#""([^"]+)""#).map { $0.groups[0] }, line: match.line)
        }
        // A room's heading says all that the rules need: `### Base (floor 1, pure)`. Rooms alike share one.
        rooms = tree.text(Self.codeMap).matches(#"^### (.+) \(floor (\d)(, pure)?\)$"#).flatMap { match in
            match.groups[0].split(separator: ", ").map { name in
                Room(
                    name: String(name), floor: Int(match.groups[1]) ?? 0, isPure: !match.groups[2].isEmpty,
                    line: match.line)
            }
        }
    }

    func target(_ name: String) -> Target? { targets.first { $0.name == name } }
    func room(_ name: String) -> Room? { rooms.first { $0.name == name } }

    /// The name of the target that a Swift file belongs to, going by its folder.
    static func targetName(of path: String) -> String? {
        let parts = path.split(separator: "/")
        guard parts.count >= 3, ["Sources", "Tools", "Tests"].contains(parts[0]) else { return nil }
        return String(parts[1])
    }

    /// The modules that a Swift file's code imports, with their lines.
    static func imports(of code: String) -> [(module: String, line: Int)] {
        let kinds = "(?:struct|class|enum|protocol|func|var|let|typealias)"
        return code.matches(#"^[ \t]*(?:@\w+[ \t]+)*(?:\w+[ \t]+)?import[ \t]+(?:"# + kinds + #"[ \t]+)?(\w+)"#)
            .map { ($0.groups[0], $0.line) }
    }
}
