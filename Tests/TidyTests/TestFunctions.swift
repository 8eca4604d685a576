/// The functions of one folder of tests, and which of them can fail: those that state an expectation or pass an error
/// on, and those that call one that does.
struct TestFunctions {
    struct Function {
        var name: String
        var path: String
        var line: Int
        var isTest: Bool
        var body: String
    }

    var functions: [Function]

    init(_ tree: Tree, folder: String) {
        functions = tree.paths(under: folder, suffix: ".swift").flatMap { path in
            Self.functions(in: tree.code(path), path: path)
        }
    }

    var findings: [Finding] {
        var failing = Set(functions.filter { !$0.body.matches(Self.expectation).isEmpty }.map(\.name))
        while true {
            let callers = functions.filter { function in
                !failing.contains(function.name)
                    && function.body.matches(#"\b(\w+)\s*[({]"#).contains { failing.contains($0.groups[0]) }
            }
            guard !callers.isEmpty else { break }
            failing.formUnion(callers.map(\.name))
        }
        return functions.filter { $0.isTest && !failing.contains($0.name) }.map {
            Finding(path: $0.path, line: $0.line, what: "\($0.name) expects nothing, so it cannot fail")
        }
    }

    private static let expectation = #"#expect|#require|\bIssue\.record|\btry\b(?![?!])|\bconfirmation\b"#

    /// The functions of a file whose strings and comments are blank.
    private static func functions(in code: String, path: String) -> [Function] {
        code.matches(#"(@Test\b[^{}]*?(?:\{[^{}]*\}[^{}]*?)*?)?\bfunc\s+(\w+)"#).compactMap { match in
            guard let body = body(in: code[match.range.upperBound...]) else { return nil }
            return Function(
                name: match.groups[1], path: path, line: code.line(of: match.range.upperBound),
                isTest: !match.groups[0].isEmpty, body: body)
        }
    }

    /// What stands between the braces of the function whose parameters `rest` begins with.
    private static func body(in rest: Substring) -> String? {
        var (round, curly) = (0, 0)
        var start: String.Index?
        for index in rest.indices {
            switch rest[index] {
            case "(": round += 1
            case ")": round -= 1
            case "{" where start != nil || round == 0:
                if start == nil { start = rest.index(after: index) }
                curly += 1
            case "}":
                curly -= 1
                if curly == 0, let start { return String(rest[start..<index]) }
                // A requirement of a protocol has no body.
                if curly < 0, start == nil { return nil }
            default: break
            }
        }
        return nil
    }
}
