import Foundation
import Testing

/// The repository as plain values: every file's path and text. Each rule of tidiness is a function from a tree to its
/// findings, so a rule is proven on a small bad tree of a few lines, and then asked about the real one.
struct Tree: Sendable {
    let files: [String: String]
    /// The files that the system would run.
    let executables: Set<String>
    /// Paths in order, so that findings are.
    let paths: [String]
    private let codes: [String: String]

    init(files: [String: String], executables: Set<String> = []) {
        self.files = files
        self.executables = executables
        paths = files.keys.sorted()
        codes = files.filter { $0.key.hasSuffix(".swift") }.mapValues(\.code)
    }

    func text(_ path: String) -> String { files[path] ?? "" }

    /// A Swift file's text without comments and without what stands in its string literals.
    func code(_ path: String) -> String { codes[path] ?? "" }

    func paths(under folders: String..., suffix: String = "") -> [String] {
        paths.filter { path in path.hasSuffix(suffix) && folders.contains { path.hasPrefix($0 + "/") } }
    }

    /// Whether `path` is a file or a folder of the tree.
    func has(_ path: String) -> Bool {
        files[path] != nil || files.keys.contains { $0.hasPrefix(path + "/") }
    }
}

/// One untidy place: what is wrong and what to do.
struct Finding: Hashable, Sendable, CustomStringConvertible {
    var path: String
    var line: Int?
    var what: String

    var description: String { (line.map { "\(path):\($0): " } ?? "\(path): ") + what }
}

/// A rule of tidiness.
struct Rule: Sendable, CustomTestStringConvertible {
    var name: String
    var check: @Sendable (Tree) -> [Finding]

    var testDescription: String { name }
}

extension Tree {
    /// Where the tree lies that this test was built from.
    static let realRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let real: Tree = {
        var found = Found()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: realRoot.path)) ?? []
        for name in names where name != ".git" && !name.hasPrefix(".build") { found.add(name) }
        return Tree(files: found.files, executables: found.executables)
    }()

    private struct Found {
        var files: [String: String] = [:]
        var executables: Set<String> = []

        mutating func add(_ path: String) {
            let whole = Tree.realRoot.appendingPathComponent(path).path
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: whole, isDirectory: &isFolder) else { return }
            if isFolder.boolValue {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: whole)) ?? []
                for name in names { add("\(path)/\(name)") }
            } else {
                // What is not text (a corpus, a recording) is there, but has nothing to read.
                files[path] = (try? String(contentsOfFile: whole, encoding: .utf8)) ?? ""
                if FileManager.default.isExecutableFile(atPath: whole) { executables.insert(path) }
            }
        }
    }
}
