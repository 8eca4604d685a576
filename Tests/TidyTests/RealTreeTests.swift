import Foundation
import Testing

@Test(arguments: Rules.all)
func theTreeIsTidy(_ rule: Rule) {
    let findings = rule.check(.real)
    #expect(findings.isEmpty, "\(rule.name):\n\(findings.map(\.description).joined(separator: "\n"))")
}

/// Guards the test above against a tree that was not found: an empty tree has nothing untidy in it.
@Test func theRealTreeIsThere() {
    #expect(Tree.real.paths(under: "Sources", suffix: ".swift").count > 20)
    #expect(House(.real).targets.contains { $0.name == "TidyTests" })
    #expect(House(.real).rooms.filter(\.isPure).count >= 8)
}

@Test func theTreeIsFormatted() throws {
    guard let swift = program("swift") else {
        print("not checked: the format, because no `swift` is on the PATH")
        return
    }
    let lint = Process()
    lint.executableURL = swift
    lint.arguments = ["format", "lint", "--strict", "--recursive", "Sources", "Tests", "Tools", "Package.swift"]
    lint.currentDirectoryURL = Tree.realRoot
    let output = Pipe()
    lint.standardError = output
    lint.standardOutput = output
    try lint.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    lint.waitUntilExit()
    #expect(
        lint.terminationStatus == 0, "swift format --in-place --recursive Sources Tests Tools Package.swift\n\(text)")
}

private func program(_ name: String) -> URL? {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.map { URL(fileURLWithPath: "\($0)/\(name)") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}
