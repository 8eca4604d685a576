/// The style of the text: sizes, words, and what a reader can rely on.
extension Rules {
    static let linesInAFile = 500
    static let charactersInALine = 120

    private static func isProgram(_ tree: Tree, _ path: String) -> Bool {
        path.hasSuffix(".swift") || (tree.executables.contains(path) && tree.text(path).hasPrefix("#!"))
    }

    static let filesAreShort = Rule(name: "no file over 500 lines") { tree in
        tree.paths.filter { isProgram(tree, $0) }.compactMap { path in
            let text = tree.text(path)
            let count = text.lines.count - (text.hasSuffix("\n") ? 1 : 0)
            guard count > linesInAFile else { return nil }
            return Finding(
                path: path, line: nil, what: "\(count) lines; split it (≤ 250 wanted, \(linesInAFile) refused)")
        }
    }

    /// A line that is nothing but a string literal may be as long as the text that it spells.
    static let linesAreShort = Rule(name: "no line over 120 characters") { tree in
        tree.paths.filter { isProgram(tree, $0) }.flatMap { path -> [Finding] in
            let lines = tree.text(path).lines
            let long = lines.indices.filter {
                lines[$0].utf8.count > charactersInALine && lines[$0].count > charactersInALine
            }
            guard !long.isEmpty else { return [] }
            let code = tree.code(path).lines
            let spoken = tree.text(path).withoutComments.lines
            return long.filter { index in
                guard path.hasSuffix(".swift"), spoken[index].contains(where: { !$0.isWhitespace }) else { return true }
                return String(code[index]).matches(#"^\s*(?:\+\s*)?#*"?\s*"?#*[),]*\s*$"#).isEmpty
            }
            .map { Finding(path: path, line: $0 + 1, what: "\(lines[$0].count) characters") }
        }
    }

    /// A pattern that may not occur in code, where, and why.
    private struct Banned {
        var pattern: String
        var folders: [String]
        var why: String
        var except: String?

        init(_ pattern: String, in folders: [String], _ why: String, except: String? = nil) {
            self.pattern = pattern
            self.folders = folders
            self.why = why
            self.except = except
        }
    }

    private static let everywhere = ["Sources", "Tools", "Tests"]
    private static let ours = ["Sources", "Tools"]

    private static let bannedInCode = [
        Banned(#"\btry!"#, in: everywhere, "an error is handled or passed on"),
        Banned(#"\bas!"#, in: everywhere, "a wrong type is a case to handle"),
        Banned(#"\b(?:fatalError|preconditionFailure)\(\s*\)"#, in: everywhere, "the message is the proof: write it"),
        Banned(#"\b(?:print|debugPrint|dump)\("#, in: ["Sources"], "rooms answer and note; only tools print"),
        Banned(
            #"@unchecked\s+Sendable"#, in: ours, "one thread; the one exception is Host+Storage",
            except: "Sources/Host/Host+Storage.swift"),
        Banned(#"\bnonisolated\(unsafe\)"#, in: ours, "one thread, plain values"),
        Banned(#"\bTask\s*[.{(]"#, in: ours, "one thread: no tasks"),
        Banned(#"\b(?:async|await)\b"#, in: ours, "one thread: nothing is asynchronous"),
        Banned(#"^\s*(?:\w+\s+)*actor\s+\w"#, in: ours, "one thread: no actors"),
        Banned(#"\bDispatch(?:Queue|Group|Semaphore|Source)\b"#, in: ours, "one thread: no Dispatch"),
        Banned(
            #"\b(?:public|open)\s+(?:\w+\s+)*(?:struct|class|enum|protocol|func|var|let|init|extension)\b"#,
            in: ours, "`package` is our `public`"),
    ]

    /// Not for comments or strings either. Spelt apart, so that this file may be read by its own rule.
    private static let bannedInText = [
        (#"\b(?:TO"# + #"DO|FIX"# + #"ME|XX"# + #"X)\b"#, "finish it, or open an issue"),
        ("-Oun" + "checked", "our own checks stay on at the site"),
        ("SWIFT_DETERMINISTIC_" + "HASHING", "it hides a dependence on hash order"),
    ]

    static let noBannedWords = Rule(name: "no banned words") { tree in
        let inCode = tree.paths(under: "Sources", "Tools", "Tests", suffix: ".swift").flatMap { path -> [Finding] in
            let code = tree.code(path)
            return bannedInCode.flatMap { word -> [Finding] in
                guard word.except != path, word.folders.contains(where: { path.hasPrefix($0 + "/") }) else { return [] }
                return code.matches(word.pattern).map { match in
                    let found = code[match.range].split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    return Finding(path: path, line: match.line, what: "`\(found)`: \(word.why)")
                }
            }
        }
        let inText = tree.paths.flatMap { path in
            bannedInText.flatMap { pattern, why in
                tree.text(path).matches(pattern).map { match in
                    Finding(path: path, line: match.line, what: "`\(tree.text(path)[match.range])`: \(why)")
                }
            }
        }
        return inCode + inText
    }

    static let noPathsOfAMachine = Rule(name: "no absolute path of somebody's machine") { tree in
        // `~` and names in angle brackets or capitals are placeholders; the system's own folders are everyone's.
        let pattern = #"(?<![\w.~/-])/(?:wo"# + #"rk|ro"# + #"ot|ho"# + #"me/[a-z]|Us"# + #"ers/[a-z])[\w/.-]*"#
        return tree.paths.flatMap { path in
            tree.text(path).matches(pattern).map {
                Finding(path: path, line: $0.line, what: "\(tree.text(path)[$0.range]) is somebody's own")
            }
        }
    }

    /// As far as text can tell: a name that is declared a Dictionary or Set anywhere in a pure room is not walked
    /// through in that room.
    static let noHashOrder = Rule(name: "no pure room walks through a Dictionary or Set") { tree in
        let declaration = #"\b(\w+)\s*(?::|=)\s*(?:inout\s+)?(?:\[\s*[\w.<>]+\s*:\s*[\w\[(]|(?:Dictionary|Set)\s*<)"#
        let walks =
            "map|flatMap|compactMap|filter|forEach|reduce|first|keys|values|enumerated|min|max|sorted|randomElement"
            + "|makeIterator|popFirst|allSatisfy|elementsEqual"
        return House(tree).rooms.filter(\.isPure).flatMap { room -> [Finding] in
            let paths = tree.paths(under: "Sources/\(room.name)", suffix: ".swift")
            let names = Set(paths.flatMap { tree.code($0).matches(declaration).map { $0.groups[0] } }).sorted()
            guard !names.isEmpty else { return [] }
            let any = "(" + names.joined(separator: "|") + ")"
            let patterns = [
                #"\bin\s+(?:self\.)?"# + any + #"\s*(?:\{|\bwhere\b)"#, #"\b"# + any + #"\.(?:"# + walks + #")\b"#,
            ]
            return paths.flatMap { path in
                patterns.flatMap { tree.code(path).matches($0) }.map {
                    Finding(path: path, line: $0.line, what: "`\($0.groups[0])` has hash order: use a SortedMap")
                }
            }
        }
    }

    static let everyTestCanFail = Rule(name: "every test can fail") { tree in
        let folders = Set(tree.paths(under: "Tests", suffix: ".swift").compactMap(House.targetName)).sorted()
        return folders.flatMap { folder in TestFunctions(tree, folder: "Tests/\(folder)").findings }
    }

    static let everyLimitHasItsReason = Rule(name: "every limit has its reason") { tree in
        let path = "Sources/Base/Limits.swift"
        let lines = tree.text(path).lines
        return lines.indices.filter { index in
            lines[index].contains("package static let")
                && (index == 0 || !lines[index - 1].drop(while: \.isWhitespace).hasPrefix("///"))
        }
        .map { Finding(path: path, line: $0 + 1, what: "a limit without the sentence that gives its reason") }
    }
}
