internal import Base
internal import Crypto
internal import Glibc

/// `marram-bench NAME [--json]`: measures one part of Marram on the machine it runs on. `marram-bench INSTRUMENT …` is
/// one end of a measurement between programs. Figures go to standard output; the exit code is 0, 1 when the program
/// cannot measure, 2 when the question was wrong.
@main enum Main {
    static func main() {
        do throws(Complaint) {
            try run(CommandLine.arguments.dropFirst())
        } catch {
            complain(error.lines)
            exit(error.code == .benchUsage ? 2 : 1)
        }
    }

    private static func run(_ arguments: ArraySlice<String>) throws(Complaint) {
        let asJSON = arguments.contains("--json")
        let words = arguments.filter { $0 != "--json" }
        guard let name = words.first else { throw Complaint(.benchUsage, what: "no benchmark is named") }
        if let instrument = Instrument.all.first(where: { $0.name == name }) {
            try Sodium.start()
            let figures = try instrument.run(Options(words.dropFirst()))
            return print(asJSON ? Figure.json(figures, of: name) : Figure.table(figures))
        }
        guard words.count == 1 else {
            throw Complaint(.benchUsage, what: "`\(words[1])` is one word more than marram-bench takes")
        }
        guard name != "list" else { return list() }
        guard let bench = Bench.all.first(where: { $0.name == name }) else {
            throw Complaint(.benchUsage, what: "there is no benchmark named `\(name)`")
        }
        #if DEBUG
            complain("! a debug build: its figures say nothing about a release")
        #endif
        try Sodium.start()
        try Allocations.prove()
        let figures = try bench.run()
        print(bench.report(figures, asJSON: asJSON))
    }

    private static func list() {
        let rows = Bench.all.map { ($0.name, $0.measures) } + Instrument.all.map { ($0.name, $0.usage) }
        let width = rows.map(\.0.count).max() ?? 0
        for (name, text) in rows { print(name + String(repeating: " ", count: width + 2 - name.count) + text) }
    }

    /// Writes to standard error; when nobody can read it, there is nobody to tell.
    private static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        // Safe: the kernel reads no more bytes than there are.
        _ = unsafe bytes.withUnsafeBytes { buffer in unsafe write(STDERR_FILENO, buffer.baseAddress, buffer.count) }
    }
}
