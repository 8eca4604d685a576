/// The documents: what they promise is there, and what is there they name.
extension Rules {
    private static let topLevel: Set<String> = [
        "Package.swift", "Sources", "Tests", "Tools", "docs", "README.md", "LICENSE", ".ci", ".gitignore",
        ".swift-format",
    ]

    static let theTopLevelIsFixed = Rule(name: "the top level is fixed") { tree in
        let found = Set(tree.paths.map { String($0.prefix { $0 != "/" }) })
        return found.subtracting(topLevel).sorted().map {
            Finding(path: $0, line: nil, what: "does not belong at the top level")
        }
            + topLevel.subtracting(found).sorted().map {
                Finding(path: $0, line: nil, what: "is missing at the top level")
            }
    }

    static let theCodeMapIsComplete = Rule(name: "the code map names every room, and no other") { tree in
        let house = House(tree)
        let built = house.targets.filter { $0.kind != "tests" }
        let missing = built.filter { house.room($0.name) == nil }.map {
            Finding(path: House.codeMap, line: nil, what: "the code map has no heading `### \($0.name) (floor N)`")
        }
        let invented = house.rooms.filter { house.target($0.name) == nil }.map {
            Finding(path: House.codeMap, line: $0.line, what: "there is no room \($0.name) in Package.swift")
        }
        return missing + invented
    }

    static let linksResolve = Rule(name: "every link of every document resolves") { tree in
        tree.paths.filter { $0.hasSuffix(".md") }.flatMap { path -> [Finding] in
            let prose = tree.text(path).withoutMarkdownCode
            return prose.matches(#"\]\(([^)\s]+)\)"#).compactMap { match in
                let target = match.groups[0]
                guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
                let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let file = parts[0].isEmpty ? path : resolved(String(parts[0]), from: path)
                guard tree.has(file) else {
                    return Finding(path: path, line: match.line, what: "the link \(target) leads nowhere")
                }
                guard parts.count == 2, !anchors(of: tree.text(file)).contains(String(parts[1])) else { return nil }
                return Finding(path: path, line: match.line, what: "\(file) has no heading for the link \(target)")
            }
        }
    }

    private static func resolved(_ target: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }

    /// What a heading is called in a link: lower case, spaces as hyphens, other marks dropped.
    private static func anchors(of text: String) -> Set<String> {
        Set(
            text.matches(#"^#+ +(.+)$"#).map { match in
                String(
                    match.groups[0].lowercased().compactMap { character -> Character? in
                        if character == " " { return "-" }
                        return character.isLetter || character.isNumber || "-_".contains(character) ? character : nil
                    })
            })
    }

    static let theCommandsAreThere = Rule(name: "the two commands of the README are there and run") { tree in
        let named = ["Tools/start", "Tools/test"]
        let unnamed = named.filter { !tree.text("README.md").contains("./\($0)") }.map {
            Finding(path: "README.md", line: nil, what: "does not name ./\($0)")
        }
        let idle = (named + [".ci/run"]).filter { !tree.executables.contains($0) }.map {
            Finding(path: $0, line: nil, what: "is not there as a file that can be run")
        }
        return unnamed + idle
    }

    static let everyVerbIsDocumented = Rule(name: "docs/cli.md has every verb, and no other") { tree in
        let document = "docs/cli.md"
        let verbs = tree.paths(under: "Sources", "Tools", suffix: ".swift").flatMap { path in
            tree.text(path).withoutComments.matches(#"\bVerb\(\s*(?:name:\s*)?"([^"\\]+)""#).map {
                (path: path, line: $0.line, name: $0.groups[0])
            }
        }
        // Headings read `## marram status`, with or without code marks and arguments.
        let headings = tree.text(document).matches(#"^#+ +`?marram +([a-z][a-z -]*[a-z])"#).map {
            (line: $0.line, name: $0.groups[0])
        }
        let missing = verbs.filter { verb in !headings.contains { $0.name == verb.name } }.map {
            Finding(path: $0.path, line: $0.line, what: "the verb `\($0.name)` has no heading in \(document)")
        }
        let invented = headings.filter { heading in !verbs.contains { $0.name == heading.name } }.map {
            Finding(path: document, line: $0.line, what: "there is no verb `\($0.name)`")
        }
        return missing + invented
    }

    static let everyCodeIsUsed = Rule(name: "every code of the table is used") { tree in
        func isTable(_ path: String) -> Bool { path.hasPrefix("Sources/Base/Codes") }
        let sources = tree.paths(under: "Sources", "Tools", suffix: ".swift")
        let rest = sources.filter { !isTable($0) }.map { tree.code($0) }
        return sources.filter(isTable).flatMap { path in
            tree.code(path).matches(#"\bstatic let (\w+) = Code\("#).compactMap { row -> Finding? in
                let name = row.groups[0]
                let isUsed = rest.contains { $0.contains(".\(name)") && !$0.matches(#"\."# + name + #"\b"#).isEmpty }
                return isUsed ? nil : Finding(path: path, line: row.line, what: "\(name) is a code that nobody gives")
            }
        }
    }
}

extension String {
    /// Markdown without its fenced blocks and code spans, line for line.
    var withoutMarkdownCode: String {
        var isFenced = false
        return lines.map { line -> String in
            if line.drop(while: \.isWhitespace).hasPrefix("```") {
                isFenced.toggle()
                return ""
            }
            guard !isFenced else { return "" }
            return line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .map { $0.offset.isMultiple(of: 2) ? String($0.element) : "" }.joined()
        }
        .joined(separator: "\n")
    }
}
