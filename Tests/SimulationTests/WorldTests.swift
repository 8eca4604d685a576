import Base
import Testing

@testable import Simulation

/// An inhabitant that does nothing of its own accord: it writes down what comes in, and does what it is asked. With it
/// the tests see what the world does.
struct Scribe: Inhabitant, ~Copyable {
    enum Request {
        /// Sends so many packets to a node, one byte of number each.
        case send(Int, to: Int)
        case store(UInt8)
        case wake(in: Interval)
        /// Stores, sends and stores again in one step.
        case mixed(to: Int)
    }

    let birth: Birth
    var diary: [String] = []
    var deadline: Instant?
    var tickets: UInt64 = 0
    var received = 0
    var stateHash: UInt64 { UInt64(diary.count) }

    static let markers = ["scribe.note"]
    static func marker(of note: Int) -> Int { 0 }

    init(_ birth: Birth) {
        self.birth = birth
        diary = ["born \(birth.boots) with \(birth.facts.count)"]
    }

    mutating func receive(
        _ bytes: inout MutableRawSpan, from path: Path, at now: Now,
        into outbox: inout Outbox<WorldEffect<Int, Int>>
    ) {
        received += 1
        diary.append("heard \(bytes.byteCount) from \(path.address)")
    }

    mutating func perform(
        _ request: Request, id: RequestID, at now: Now, into outbox: inout Outbox<WorldEffect<Int, Int>>
    ) {
        outbox.put(.note(1))
        switch request {
        case .send(let count, let to):
            for number in 0..<count { send(UInt8(truncatingIfNeeded: number), to, into: &outbox) }
        case .store(let key): store(key, into: &outbox)
        case .wake(let interval): deadline = now.instant + interval
        case .mixed(let to):
            store(1, into: &outbox)
            send(0, to, into: &outbox)
            store(2, into: &outbox)
        }
        outbox.put(.reply(id, 0))
    }

    mutating func persisted(_ ticket: Ticket, at now: Now, into outbox: inout Outbox<WorldEffect<Int, Int>>) {
        diary.append("stored \(ticket.number)")
    }

    mutating func wake(at now: Now, into outbox: inout Outbox<WorldEffect<Int, Int>>) {
        diary.append("woken at wall \(now.wall.milliseconds - SimulatedClock.epoch)")
        deadline = nil
    }

    private mutating func store(_ key: UInt8, into outbox: inout Outbox<WorldEffect<Int, Int>>) {
        tickets += 1
        outbox.put(.persist([Fact(shelf: 0, key: [key], value: [key])], Ticket(number: tickets)))
    }

    private func send(_ number: UInt8, _ to: Int, into outbox: inout Outbox<WorldEffect<Int, Int>>) {
        let start = outbox.arena.count
        for _ in 0..<100 { outbox.arena.u8(number) }
        outbox.put(.send(start..<outbox.arena.count, to: Path(birth.addresses[to])))
    }
}

/// Runs a script of scribes for ten seconds; the lines are those behind the links.
private func world(
    _ lines: String..., nodes: Int = 2, near: String = "delay=1ms", checkers: [Checker<Scribe>] = []
) throws -> World<Scribe> {
    let text = """
        marram scenario 1
        run scribes seed=9 nodes=\(nodes) sites=1 safety=10s settle=5s
        near \(near)
        far clear
        """
    let script = try Script(reading: ([text] + lines).joined(separator: "\n"))
    let stage = Stage<Scribe>(
        bear: { Scribe($0) },
        request: { errand in
            switch errand.verb {
            case "send": .send(errand.numbers[0], to: errand.numbers[1])
            case "store": .store(UInt8(errand.numbers[0]))
            case "wake": .wake(in: .milliseconds(Int64(errand.numbers[0])))
            case "mixed": .mixed(to: errand.numbers[0])
            default: nil
            }
        },
        checkers: { _ in checkers })
    var world = World<Scribe>(script, stage)
    world.run()
    return world
}

private func diary(_ world: borrowing World<Scribe>, _ node: Int) -> [String] {
    world.inspect(node) { $0.diary } ?? []
}

private func received(_ lines: String..., near: String, count: Int = 2_000) throws -> Int {
    let world = try world("at 1s ask 0 send \(count) 1", near: near)
    return world.inspect(1) { $0.received } ?? 0
}

@Test func aPacketArrivesWithItsSender() throws {
    let world = try world("at 1s ask 0 send 1 1")
    #expect(diary(world, 1) == ["born 1 with 0", "heard 100 from 10.0.0.1:7946"])
    #expect(world.sentPackets(0) == 1 && world.sentBytes(0) == 100 && world.receivedBytes(1) == 100)
    #expect(world.eventCount == 1)
}

@Test func packetsAreLostAndDoubledAtTheirRates() throws {
    #expect(try received(near: "delay=1ms") == 2_000)
    #expect((1_340...1_460).contains(try received(near: "delay=1ms loss=300000")))
    #expect((2_340...2_460).contains(try received(near: "delay=1ms duplicate=200000")))
    #expect((1_550...1_650).contains(try received(near: "delay=1ms loss=200000 flip=100000 truncate=100000")))
    #expect(try received(near: "delay=1ms loss=1000000") == 0)
}

@Test func everyTroubleOfALinkIsSeen() throws {
    let shortened = try world("at 1s ask 0 send 100 1", near: "delay=1ms truncate=500000")
    let lengths = diary(shortened, 1).dropFirst().map { $0.split(separator: " ")[1] }
    #expect(lengths.count == 100 && (30...70).contains(lengths.count { $0 != "100" }))
    #expect(try received(near: "delay=1ms mtu=99") == 0)
    // A hundred bytes are 800 bits: at 8,000 bits a second ten packets a second leave, and two seconds of them wait.
    #expect((19...22).contains(try received(near: "delay=1ms bandwidth=8000", count: 100)))
}

@Test func aCutIsOneWayForAsLongAsItLasts() throws {
    let world = try world(
        "at 1s cut 0 1 for=2s", "at 2s ask 0 send 1 1", "at 2s ask 1 send 1 0", "at 4s ask 0 send 2 1")
    #expect(diary(world, 0).count == 2)
    #expect(diary(world, 1).count == 3)
}

@Test func aPartitionKeepsItsSidesWhole() throws {
    let world = try world(
        "at 1s partition 0,2 for=2s", "at 2s ask 0 send 1 2", "at 2s ask 0 send 1 1", "at 2s ask 1 send 1 3", nodes: 4)
    #expect(diary(world, 2).count == 2 && diary(world, 3).count == 2)
    #expect(diary(world, 1).count == 1)
}

@Test func weatherAndSpoiltLinksPass() throws {
    let world = try world(
        "at 1s weather for=1s loss=1000000", "at 1500ms ask 0 send 5 1", "at 3s spoil 0 1 for=1s loss=1000000",
        "at 3500ms ask 0 send 7 1", "at 3500ms ask 1 send 3 0", "at 5s ask 0 send 1 1")
    #expect(diary(world, 1).count == 2)
    #expect(diary(world, 0).count == 4)
}

@Test func packetsOfThePastComeAgain() throws {
    let world = try world("at 1s ask 0 send 200 1", "at 5s replay 10")
    #expect(world.inspect(1) { $0.received } == 210)
}

@Test func aNodeThatMovedIsHeardFromItsNewPlaceOnly() throws {
    let world = try world(
        "at 1s rebind 0 for=2s", "at 2s ask 0 send 1 1", "at 2s ask 1 send 1 0", "at 4s ask 1 send 1 0")
    #expect(diary(world, 1).last == "heard 100 from 10.0.0.1:7947")
    #expect(diary(world, 0).count == 2, "only what was sent after it was home again")
}

@Test func whatWasStoredComesBackAfterACrash() throws {
    let world = try world("at 1s ask 0 store 5", "at 2s crash 0 for=1s")
    #expect(diary(world, 0) == ["born 2 with 1"])
}

@Test func aCrashMayComeBetweenTwoEffectsOfOneStep() throws {
    // The note is the first effect, the write the second, the packet the third; the second write is never asked for.
    for (effects, packets) in [(2, 0), (3, 1)] {
        let world = try world("at 1s crash 0 effects=\(effects) for=5s", "at 2s ask 0 mixed 1")
        #expect(diary(world, 1).count == 1 + packets)
        let facts = world.inspect(0) { $0.birth.facts.count } ?? 0
        #expect(facts <= 1, "a write that was under way may have reached the disk or not")
        #expect(world.inspect(0) { $0.birth.boots } == 2)
    }
}

@Test func aDeadNodeStaysDead() throws {
    let world = try world("at 1s crash 0", "at 2s crash 0 for=1s", "at 3s wipe 0 for=1s")
    #expect(!world.isUp(0) && world.isUp(1))
}

@Test func aWipedDiskIsEmptyAndARestoredOneIsOld() throws {
    let wiped = try world("at 1s ask 0 store 5", "at 2s wipe 0 for=1s")
    #expect(diary(wiped, 0) == ["born 1 with 0"])
    let restored = try world(
        "at 1s ask 0 store 5", "at 2s crash 0 for=100ms", "at 3s ask 0 store 6", "at 4s restore 0 from=1500ms for=1s")
    #expect(diary(restored, 0) == ["born 2 with 1"], "the count of boots is as old as the disk")
}

@Test func aSlowDiskIsSlowAndAFullOneWaits() throws {
    let world = try world(
        "at 1s slow-disk 0 latency=2s for=1s", "at 1s full-disk 1 for=4s", "at 1500ms ask 0 store 1",
        "at 2s ask 1 store 1", "at 2s ask 0 wake 1000", "at 2s ask 1 wake 2000", "at 4s ask 1 wake 5000")
    #expect(diary(world, 0).suffix(2) == ["woken at wall 3000", "stored 1"])
    #expect(diary(world, 1).suffix(2) == ["stored 1", "woken at wall 9000"])
}

@Test func aLyingDiskIsToldApartByItsCrash() throws {
    var checker = Checker<Scribe>("forgetful")
    checker.hear = { happening, _ in
        if case .died(let node, forgetful: true) = happening { return Finding("forgot", at: node) }
        return nil
    }
    let honest = try world("at 1s ask 0 store 1", "at 2s crash 0 for=1s", checkers: [checker])
    #expect(honest.violation == nil)
    let lying = try world(
        "at 0s lying-disk 0 for=5s", "at 1s ask 0 store 1", "at 2s crash 0 for=1s", checkers: [checker])
    #expect(lying.violation?.oracle == "forgetful" && lying.violation?.node == 0)
    #expect(lying.violation?.time == .seconds(2) && lying.violation?.event == 1)
}

@Test func aPausedNodeHearsEverythingLater() throws {
    let world = try world("at 1s ask 0 wake 1500", "at 2s pause 0 for=3s", "at 3s ask 1 send 300 0")
    let lines = diary(world, 0)
    #expect(lines.count { $0.hasPrefix("heard") } == 256, "the rest did not fit into its socket")
    #expect(lines.contains("woken at wall 5000"))
}

@Test func clocksRunAsTheyAreSet() throws {
    let world = try world(
        "at 0s clock 0 jump=-1782864000s drift=100000", "at 1s ask 0 wake 1100", "at 1s ask 1 wake 1100")
    #expect(diary(world, 0).last == "woken at wall \(-SimulatedClock.epoch + 2_200)", "1970 and ten per cent too fast")
    #expect(diary(world, 1).last == "woken at wall 2100")
}

@Test func faultsOfTheLinksEndWithTheSafetyPhase() throws {
    let world = try world(
        "at 9s ask 0 send 5 1", "at 9s cut 1 0 for=99s", "at 11s ask 0 send 5 1", "at 11s ask 1 send 1 0",
        near: "delay=1ms loss=1000000")
    #expect(world.inspect(1) { $0.received } == 5)
    #expect(world.inspect(0) { $0.received } == 1)
}

@Test func theFirstViolationEndsTheRun() throws {
    var late = Checker<Scribe>("late")
    late.atEnd = { _ in Finding("never said") }
    var step = Checker<Scribe>("step")
    step.afterStep = { node, world in world.receivedBytes(node) >= 200 ? Finding("enough", at: node) : nil }
    let world = try world("at 1s ask 0 send 9 1", checkers: [late, step])
    let found = world.violation
    let violation = try #require(found)
    #expect(violation.oracle == "step" && violation.node == 1 && violation.event == 2)
    #expect("\(violation)".hasPrefix("step at node 1, 1001ms into the run, event 2: enough"))
}

@Test func checkpointsComeEverySecondAndAtTheEnd() throws {
    var times: [Interval] = []
    var checker = Checker<Scribe>("clockwork")
    checker.atCheckpoint = { world in
        times.append(world.now)
        return nil
    }
    _ = try world("at 1s ask 0 send 1 1", checkers: [checker])
    #expect(times == (1...15).map { .seconds($0) } + [.seconds(15)])
}

/// An inhabitant whose deadline never moves.
private struct Insomniac: Inhabitant {
    var deadline: Instant? = .zero
    var stateHash: UInt64 { 0 }
    static let markers: [String] = []
    static func marker(of note: Never) -> Int {}
    func receive(
        _: inout MutableRawSpan, from: Path, at: Now, into: inout Outbox<WorldEffect<Never, Never>>
    ) {}
    func perform(_: Never, id: RequestID, at: Now, into: inout Outbox<WorldEffect<Never, Never>>) {}
    func persisted(_: Ticket, at: Now, into: inout Outbox<WorldEffect<Never, Never>>) {}
    func wake(at: Now, into: inout Outbox<WorldEffect<Never, Never>>) {}
}

@Test func aNodeThatNeverSleepsIsFoundOut() {
    let script = Script(
        scenario: "", seed: 1, nodes: 1, safety: .seconds(1), settle: .zero, near: .clear, far: .clear)
    var world = World<Insomniac>(
        script, Stage(bear: { _ in Insomniac() }, request: { _ in nil }, checkers: { _ in [] }))
    world.run()
    #expect(world.violation?.oracle == "progress")
}
