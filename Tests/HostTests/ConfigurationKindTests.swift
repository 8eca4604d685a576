import Base
import Testing
import Text

@testable import Host

/// What `kind` makes of a value as it is written in TOML; the sentence when it refuses.
private func read<Value>(_ text: String, as kind: ConfigurationKind<Value>) throws -> Result<Value, ConfigurationFault>
{
    let document = TOMLDocument(reading: Array("x = \(text)".utf8))
    let value = try #require(document.root.entries.first).value
    do throws(ConfigurationFault) {
        return .success(try kind.read(value))
    } catch {
        return .failure(error)
    }
}

@Test func quantitiesAreReadWithTheirUnits() throws {
    let time = ConfigurationKind<Interval>.duration(.zero...(.days(10)))
    #expect(try read("\"500ms\"", as: time).get() == .milliseconds(500))
    #expect(try read("\"1s\"", as: time).get() == .seconds(1))
    #expect(try read("\"5m\"", as: time).get() == .minutes(5))
    #expect(try read("\"24h\"", as: time).get() == .hours(24))
    #expect(try read("\"7d\"", as: time).get() == .days(7))
    #expect(try read("\"0s\"", as: time).get() == .zero)

    let size = ConfigurationKind<Int>.bytes(0...1 << 40)
    #expect(try read("\"64KiB\"", as: size).get() == 65_536)
    #expect(try read("\"10MB\"", as: size).get() == 10_000_000)
    #expect(try read("\"3B\"", as: size).get() == 3)
}

@Test func whatAKindWritesItReadsBack() throws {
    var random = Random(seed: 9)
    let time = ConfigurationKind<Interval>.duration(.zero...(.days(1_000)))
    let size = ConfigurationKind<Int>.bytes(0...1 << 50)
    for _ in 0..<1_000 {
        let interval = Interval.milliseconds(Int64(random.below(1 << random.below(36))))
        let written = try #require(time.show(interval))
        #expect(try read("\"\(written)\"", as: time).get() == interval)
        let bytes = random.below(1 << random.below(50))
        #expect(try read("\"\(try #require(size.show(bytes)))\"", as: size).get() == bytes)
    }
}

@Test func aNameIsPlain() {
    #expect(isName("a"))
    #expect(isName("Till-01_b"))
    #expect(isName(String(repeating: "x", count: Limits.nameBytes)))
    #expect(!isName(String(repeating: "x", count: Limits.nameBytes + 1)))
    for wrong in ["", "-a", "a-", "_a", "a b", "é", "a.b", "a/b", "a\n"] { #expect(!isName(wrong), "\(wrong)") }
}
