internal import Base
internal import Glibc
internal import Simulation

/// `marram-sim`: runs invented worlds from the command line. Data goes to standard output, what happens on the way to
/// standard error; the exit code is 0 when every oracle held, 1 when one did not, 2 when the question was wrong.
@main enum Main {
    static func main() {
        do throws(Complaint) {
            let options = try Options(CommandLine.arguments.dropFirst())
            switch options.question {
            case .help: print(Options.help)
            case .list: list()
            case .seeds(let scenario, let seeds):
                var run = SeedRun(scenario, options)
                exit(run.run(seeds))
            case .file(let path): exit(try replay(path, options))
            case .recording(let path): exit(try relive(path, options))
            }
        } catch {
            complain(error.lines)
            exit(2)
        }
    }

    private static func list() {
        let width = Scenario.all.map(\.name.count).max() ?? 0
        for scenario in Scenario.all {
            print(scenario.name + String(repeating: " ", count: width + 2 - scenario.name.count) + scenario.purpose)
            if !scenario.bugs.isEmpty { print("  --bug " + scenario.bugs.joined(separator: ", ")) }
        }
    }

    /// Plays a `.scenario` file.
    private static func replay(_ path: String, _ options: Options) throws(Complaint) -> Int32 {
        guard let text = String(validating: try read(path, atMost: Limits.scenarioBytes), as: UTF8.self) else {
            throw Complaint(.scenarioRefused, what: "\(path) is not text")
        }
        let script: Script
        do throws(ScriptError) {
            script = try Script(reading: text)
        } catch {
            throw Complaint(.scenarioRefused, what: "\(path):\(error.line): \(error.what)")
        }
        guard let scenario = Scenario.named(script.scenario) else {
            throw Complaint(.scenarioRefused, what: "\(path): there is no scenario named `\(script.scenario)`")
        }
        if let kind = script.kinds.first(where: scenario.impossible.contains) {
            throw Complaint(.scenarioRefused, what: "\(path): `\(scenario.name)` has no way to do \(kind)")
        }
        try options.checkBug(scenario)
        var run = SeedRun(scenario, options)
        return run.replay(script, from: path)
    }
}
