import Foundation
import Testing

/// What gets over a link that loses packets: real programs in two network namespaces, with nothing between them but a
/// relay of ours. Needs root and a kernel with TUN devices; says so and passes where it has neither.
@Suite(.serialized) struct LossyLinkTests {
    /// The link does what it says. It lets through the share of numbered packets that it should, and TCP on it is as
    /// good as dead, as it is on every such link.
    @Test func aLinkThatLosesNearlyHalfStopsTCP() throws {
        guard let figures = try link(["--loss", "0.45", "--seconds", "4"], ["blast", "tcp:cubic"]) else { return }
        let blast = try #require(figures["blast"])
        let share = try #require(blast["share_received"])
        // Some 3,700 packets: a share of 0.55 strays by 0.008.
        #expect((0.51...0.59).contains(share), "\(blast)")
        let tcp = try #require(figures["tcp:cubic"]?["megabits_per_second"])
        #expect(tcp < 0.02 * 5.5, "\(tcp) Mbit/s of TCP on a link of 10 that loses 45 %")
    }

    /// Twelve seconds from the first word to the last byte counted, in which the line also finds out the rate; the link
    /// could carry 5.5 Mbit/s.
    @Test func aLinkThatLosesNearlyHalfCarriesALine() throws {
        guard let figures = try link(["--loss", "0.45", "--seconds", "12"], ["line"]) else { return }
        let line = try #require(figures["line"]?["megabits_per_second"])
        #expect(line > 2.75, "\(line) Mbit/s of a sealed line on a link of 10 that loses 45 %")
    }

    @Test func aLinkThatLosesNothingCarriesTCP() throws {
        guard let figures = try link(["--loss", "0", "--seconds", "3"], ["tcp:cubic"]) else { return }
        let tcp = try #require(figures["tcp:cubic"]?["megabits_per_second"])
        #expect((7...10).contains(tcp), "\(tcp) Mbit/s of TCP on a clean link of 10")
    }

    /// Runs the movers, and answers what each of them measured; nil when there is no such link to be had.
    private func link(_ options: [String], _ movers: [String]) throws -> [String: [String: Double]]? {
        let bench = Programs.path("marram-bench")
        guard FileManager.default.isExecutableFile(atPath: bench) else {
            print("skipped: marram-bench was not built beside the tests")
            return nil
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Tools/bench/lossy").path
        let finished = try run("/usr/bin/env", ["MARRAM_BENCH=\(bench)", script] + options + movers, within: 60)
        guard finished.status != 77 else {
            print(finished.output)
            return nil
        }
        #expect(finished.status == 0, "\(finished.output) \(finished.errors)")
        var figures: [String: [String: Double]] = [:]
        for line in finished.output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            let document = try JSONSerialization.jsonObject(with: Data(words[1].utf8)) as? [String: Any]
            figures[String(words[0])] = document?["figures"] as? [String: Double]
        }
        return figures
    }
}
