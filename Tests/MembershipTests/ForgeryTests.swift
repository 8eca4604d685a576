import Base
import Crypto
import Testing

@testable import Membership

/// What a member can say of others that is not so, and what it gets by it.

/// A record that node 4 might make up of node 3: changed, under the seal of what node 3 did say.
private func forged(_ change: (inout MemberRecord) -> Void) -> MemberRecord {
    var lie = record(3)
    change(&lie)
    return lie
}

private func isForged(_ effects: [Effect]) -> Bool {
    effects.notes.contains(.ignored(.forged)) && effects.notes.contains(.lied(id(4), about: id(3)))
}

private func settled() -> Subject {
    var subject = Subject(2...6)
    _ = subject.run(until: 20_000)
    return subject
}

@Test(arguments: [1, 60_000]) func aLongerLifeIsForTheSubjectToSay(leap: UInt64) {
    for change in [
        { (lie: inout MemberRecord) in lie.life.beat += leap }, { lie in lie.life.boot += leap },
        { lie in
            lie.life.beat += leap
            lie.seal = nil
        },
    ] {
        var subject = settled()
        let claim = Claim(forged(change), .here)
        #expect(isForged(subject.receive(.news([claim]), from: 4)))
        #expect(subject.engine.members[id(3)]?.record.life == Life(boot: 1, beat: 0))
        #expect(subject.engine.members[id(4)]?.caught?.count == 1)
        #expect(subject.engine.members[id(4)]?.caught?.about == id(3))
    }
}

@Test func aForgedGoodbyeMovesNobody() {
    var subject = settled()
    let claim = Claim(forged { $0.isLeaving = true }, .left)
    #expect(isForged(subject.receive(.news([claim]), from: 4)))
    #expect(subject.state(of: 3) == .alive)
    let own = Claim(record(3, leaving: true), .left)
    #expect(subject.receive(.news([own]), from: 5).moves == ["3 alive left"], "its own is believed, whoever brings it")
}

@Test func whoNeverWasIsNotMadeUp() {
    var subject = settled()
    var invented = record(9)
    invented.seal = record(8).seal
    let answer = Answer(pulse: 5, root: 1, claims: [Claim(invented, .here)], rest: .nothing)
    let effects = subject.receive(.told(answer), from: 4)
    #expect(effects.notes.contains(.lied(id(4), about: id(9))) && subject.state(of: 9) == nil)
}

@Test func theDeadAreNotRaisedByOthers() {
    var subject = settled()
    subject.beating[3] = nil
    for _ in 0..<20 {
        for peer in [UInt64(2), 5] { _ = subject.receive(.accuse(word(by: peer, charge(3, pulse: 20))), from: peer) }
        _ = subject.run(until: subject.now + 250)
    }
    #expect(subject.state(of: 3) == .unreachable)
    _ = subject.receive(.news([Claim(record(3), .here)]), from: 4)
    #expect(subject.state(of: 3) == .unreachable, "told in the life that it died in: it is asked, and no more")
    #expect(isForged(subject.receive(.news([Claim(forged { $0.life.beat += 1 }, .here)]), from: 4)))
    #expect(subject.state(of: 3) == .unreachable)
    _ = subject.beat(of: 3, pulse: 5)
    #expect(subject.state(of: 3) == .unreachable, "a beat from before its death is no sign of life")
}

@Test func aVerdictThatNobodySharesCostsSomePings() {
    var subject = settled()
    let claim = verdict(over: record(3), by: [(4, 1 << 40)])
    let effects = subject.receive(.news([claim]), from: 4) + subject.run(until: 30_000)
    #expect(subject.state(of: 3) == .alive && effects.told(3, .down).isEmpty)
    #expect((1...64).contains(effects.pings(of: 3)))
}

@Test func ofALiarOneForgeryInTenSecondsIsLookedAt() {
    var subject = settled()
    var notes: [Note] = []
    for number in UInt64(0)..<10_000 {
        let lie = Claim(forged { $0.life.beat = number + 1 }, .here)
        notes += subject.receive(.news([lie]), from: 4).notes
    }
    #expect(notes.count { $0 == .ignored(.forged) } == 1)
    #expect(notes.count { $0 == .ignored(.toldByALiar) } == 9_999)
    #expect(subject.receive(.news([Claim(record(3, beat: 1), .here)]), from: 5).notes.isEmpty, "others are believed")
    _ = subject.run(until: 31_000)
    #expect(isForged(subject.receive(.news([Claim(forged { $0.life.beat = 7 }, .here)]), from: 4)))
    #expect(subject.engine.members[id(4)]?.caught?.count == 2)
}

@Test func tenThousandAccusationsASecondAreAnsweredEightTimesAndKillNobody() {
    var subject = settled()
    var answers = 0
    for step in 0..<10_000 {
        answers += subject.receive(.accuse(word(by: 4, charge(3, pulse: 20))), from: 4).sent.count
        if step % 500 == 499 { _ = subject.run(until: subject.now + 50) }
    }
    #expect((1...9).contains(answers), "\(answers) in a second")
    _ = subject.run(until: 40_000)
    #expect(subject.state(of: 3) == .alive)
}

@Test func whatIsHeldIsNotVerifiedAgain() {
    var subject = settled()
    var copy = record(3)
    copy.seal = nil
    #expect(subject.receive(.news([Claim(copy, .here)]), from: 4).notes == [.ignored(.stale)])
}

@Test func ofItselfANodeBelievesOnlyItsOwnSignature() {
    var subject = settled()
    var lie = record(1)
    lie.life.beat = 60_000
    #expect(subject.receive(.news([verdict(over: lie, by: [])]), from: 4).notes.contains(.lied(id(4), about: id(1))))
    #expect(subject.engine.me.life == Life(boot: 1, beat: 0))
    let held = Held(life: Life(boot: 1, beat: 60_000), pulse: 4)
    _ = subject.receive(.ping(number: 5, pulse: 30, held: held), from: 5)
    #expect(subject.engine.me.life == Life(boot: 1, beat: 0), "a longer life in a ping has no signature")
}

@Test func nobodyIsToldWhatIsNotSignedYet() {
    var engine = MembershipEngine(
        me: record(1), settings: MembershipSettings(interval: .seconds(1)), notary: .invented(5), seeds: [], stored: [],
        random: Random(seed: 1), mischief: .none, at: time(0))
    var outbox = Outbox<Effect>()
    engine.receive(.hello(record(2), pulse: 1), from: id(2), at: time(1), into: &outbox)
    outbox.removeAll()
    engine.perform(.leave, at: time(10), into: &outbox)
    guard case .sign(let record)? = outbox.effects.first, outbox.effects.count == 1 else {
        return #expect(Bool(false), "it asks for its signature and says nothing: \(outbox.effects)")
    }
    #expect(record.isLeaving && record.life == Life(boot: 1, beat: 1) && record.seal == nil)
    guard let seal = sealed(record).seal else { return }
    outbox.removeAll()
    engine.perform(.signed(seal, Life(boot: 1, beat: 0)), at: time(11), into: &outbox)
    #expect(outbox.effects.isEmpty, "a signature of what it was before is of no use")
    engine.perform(.signed(seal, record.life), at: time(12), into: &outbox)
    #expect(outbox.effects.told(1, .left) == Array(repeating: 2, count: Limits.goodbyeCopies))
}

@Test func aSealIsTheKeysOwnAndOfThisMesh() throws {
    let mesh = Digest(hashing: [1].raw)
    let key = try SigningKey(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32).raw))
    var said = record(1)
    said.id = key.publicKey.nodeID
    let sealed = said.sealed(by: key, in: mesh)
    #expect(Notary.mesh(mesh).vouches(for: sealed))
    #expect(!Notary.mesh(Digest(hashing: [2].raw)).vouches(for: sealed))
    #expect(!Notary.mesh(mesh).vouches(for: record(1)), "in a mesh a hash is no signature")
    #expect(try MemberRecord(decoding: sealed.encoded.raw) == sealed)
    let changes: [(inout MemberRecord) -> Void] = [
        { $0.id = id(2) }, { $0.name = "till-02" }, { $0.site = "back" }, { $0.address.port += 1 },
        { $0.address.low += 1 }, { $0.life.boot += 1 }, { $0.life.beat += 1 }, { $0.isLeaving = true },
        { $0.seal = nil },
    ]
    for (number, change) in changes.enumerated() {
        var lie = sealed
        change(&lie)
        #expect(!Notary.mesh(mesh).vouches(for: lie), "change \(number)")
    }
}

@Test func aHostThatOthersSawIsNotSigned() throws {
    let mesh = Digest(hashing: [1].raw)
    let key = try SigningKey(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32).raw))
    var said = record(1)
    said.id = key.publicKey.nodeID
    said.address = Address(v4: 0, port: 7_946)
    let hello = MembershipMessage.hello(said.sealed(by: key, in: mesh), pulse: 0)
    let seen = hello.located(at: Address(v4: 0x0A09_0063, port: 5), saidBy: said.id)
    guard case .hello(var record, _) = seen else { return }
    #expect(record.address == Address(v4: 0x0A09_0063, port: 7_946) && Notary.mesh(mesh).vouches(for: record))
    record.isHostSeen = false
    #expect(!Notary.mesh(mesh).vouches(for: record))
}
