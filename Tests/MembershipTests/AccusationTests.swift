import Base
import Crypto
import Testing

@testable import Membership

/// What a verdict is worth: the signatures of those who could not hear the dead.

/// A mesh of sixty, somebody of whom the subject is no observer, three who are, and somebody who tells of it.
private struct Town {
    var subject: Subject
    let dead: UInt64
    let observers: [UInt64]
    let teller: UInt64

    init(_ change: (inout MembershipRules) -> Void = { _ in }) throws {
        subject = Subject(2...60, rules: change)
        _ = subject.run(until: 5_000)
        let engine = subject.engine
        dead = try #require((UInt64(2)...60).first { engine.edges[id($0)] == nil })
        observers = Array(engine.observers(of: id(dead)).map(\.number).prefix(3))
        let strangers = [UInt64](2...60).filter { [observers, dead] in !observers.contains($0) && $0 != dead }
        teller = try #require(strangers.first { engine.edges[id($0)] != nil })
    }

    /// A verdict that the observers signed, or somebody else in their names.
    func claim(pulses: [UInt64] = [9, 9, 9], signedBy signer: UInt64? = nil) -> Claim {
        let charges = pulses.map { Charge(subject: id(dead), life: record(dead).life, pulse: $0) }
        return Claim(
            record(dead), .down,
            zip(observers, charges).map { Accusation(by: id($0), word(by: signer ?? $0, $1)) })
    }

    mutating func hear(_ claim: Claim) -> [Effect] { subject.receive(.news([claim]), from: teller) }
}

@Test func aVerdictWithThreeSignaturesIsBelievedAndPassedOnWithThem() throws {
    var town = try Town()
    let effects = town.hear(town.claim())
    #expect(effects.moves == ["\(town.dead) alive unreachable"])
    let passedOn = effects.sent.compactMap { sent in
        if case .news(let claims) = sent.message { claims } else { nil }
    }
    #expect(!passedOn.isEmpty && passedOn.allSatisfy { $0 == [town.claim()] })
}

@Test func aVerdictInTheNameOfOthersIsForgedAndItsTellerIsCaught() throws {
    var town = try Town()
    let effects = town.hear(town.claim(signedBy: town.teller))
    #expect(effects.notes.contains(.lied(id(town.teller), about: id(town.dead))) && effects.moves.isEmpty)
    #expect(town.subject.engine.members[id(town.teller)]?.caught?.about == id(town.dead))
    #expect(effects.told(town.dead, .down).isEmpty)
    let later = town.hear(town.claim())
    #expect(later.moves.isEmpty && later.notes.contains(.ignored(.toldByALiar)))
}

@Test func whatWouldNotBeBelievedAnywayIsNotLookedAt() throws {
    var town = try Town()
    var few = town.claim(signedBy: town.teller)
    few.accusations.removeLast()
    for _ in 0..<10_000 { #expect(town.hear(few).notes.isEmpty) }
    #expect(town.subject.engine.doubts.count == 1 && town.subject.engine.members[id(town.teller)]?.caught == nil)
    _ = town.subject.run(until: 10_000)
    #expect(town.subject.state(of: town.dead) == .alive)
}

/// Planted bug: where names are enough, one liar kills whom it likes.
@Test func withoutProofNamesAreEnough() throws {
    var town = try Town { $0.provesVerdicts = 0 }
    #expect(town.hear(town.claim(signedBy: town.teller)).moves == ["\(town.dead) alive unreachable"])
}

@Test func wordsOfSilencesThatEndedMakeNoVerdictTogether() throws {
    var town = try Town()
    #expect(town.hear(town.claim(pulses: [9, 9, 138])).moves.isEmpty)
    var near = try Town()
    #expect(near.hear(near.claim(pulses: [9, 0, 137])).moves == ["\(near.dead) alive unreachable"])
}

/// Planted bug: where they may lie apart, a liar that listens for long enough needs nobody.
@Test func withoutThatRuleAPatientLiarPutsAVerdictTogether() throws {
    var town = try Town { $0.beatsApart = 1 << 20 }
    #expect(town.hear(town.claim(pulses: [9, 500, 1_000])).moves == ["\(town.dead) alive unreachable"])
}

@Test func aDeathThatIsNotProvenIsNotSpreadByOneWhoNeverMetTheDead() throws {
    var town = try Town()
    var proven = verdict(over: record(70), by: zip(town.observers, [9, 9, 9]).map { ($0, pulse: $1) })
    let effects = town.hear(proven)
    #expect(town.subject.standing(of: 70) == .down && !effects.told(70, .down).isEmpty)
    var other = try Town()
    proven.accusations[1].signature = proven.accusations[0].signature
    let lie = other.hear(proven)
    #expect(other.subject.standing(of: 70) == .down && lie.told(70, .down).isEmpty)
}

@Test func anAccuserWhoSignedSomethingElseDoesNotCountAndIsCaught() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    _ = subject.run(until: 62_800)
    var forged = word(by: 4, charge(2, pulse: 59))
    forged.charge.pulse = 60
    var notes: [Note] = []
    for _ in 0..<8 {
        notes += subject.receive(.accuse(word(by: 3, charge(2, pulse: 60))), from: 3).notes
        notes += subject.receive(.accuse(forged), from: 4).notes
        notes += subject.run(until: subject.now + 250).notes
    }
    #expect(notes.contains(.lied(id(4), about: id(2))) && subject.state(of: 2) == .suspect)
    _ = subject.receive(.accuse(forged), from: 4)
    var other = subject
    _ = other.receive(.accuse(word(by: 5, charge(2, pulse: 60))), from: 5)
    #expect(other.run(until: other.now + 500).moves == ["2 suspect unreachable"], "a liar prevents no verdict")
    #expect(other.engine.members[id(2)]?.proof.accusers == [id(1), id(3), id(5)])
    _ = subject.receive(.accuse(word(by: 4, charge(2, pulse: 60))), from: 4)
    let effects = subject.run(until: subject.now + 500)
    #expect(effects.moves == ["2 suspect unreachable"])
    let shown = subject.engine.members[id(2)]?.claim.accusations ?? []
    #expect(shown.map(\.accuser) == [id(1), id(3), id(4)])
    let verdict = Claim(record(2), .down)
    #expect(shown.allSatisfy { Notary.invented(5).vouches(for: verdict.word(of: $0), by: key($0.accuser)) })
}

@Test func aBeatThatNobodyCanHaveReachedAccusesNobody() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    let said = subject.receive(.accuse(word(by: 4, charge(3, pulse: 1 << 40))), from: 4)
    #expect(said.notes == [.ignored(.impossibleLife)] && subject.engine.edges[id(3)]?.accusers.isEmpty == true)
}

@Test func nobodyAccusesBeforeItHasSigned() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    subject.signsCharges = false
    let effects = subject.run(until: 70_000)
    let asked = effects.contains { if case .signCharge(let said) = $0 { said == charge(2, pulse: 61) } else { false } }
    #expect(asked && effects.accusations(of: 2).isEmpty)
    subject.signsCharges = true
    #expect(subject.run(until: 71_000).accusations(of: 2) == [3, 4, 5])
}

@Test func anAccusationIsTheKeysOwnAndOfThisMesh() throws {
    let mesh = Digest(hashing: [1].raw)
    let key = try SigningKey(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32).raw))
    let word = charge(3, pulse: 60).signed(by: key, in: mesh)
    #expect(Notary.mesh(mesh).vouches(for: word, by: key.publicKey))
    #expect(!Notary.mesh(Digest(hashing: [2].raw)).vouches(for: word, by: key.publicKey))
    let other = try SigningKey(seed: SecretBytes(copying: [UInt8](repeating: 8, count: 32).raw))
    #expect(!Notary.mesh(mesh).vouches(for: word, by: other.publicKey))
    let changes: [(inout Charge) -> Void] = [
        { $0.subject = id(4) }, { $0.pulse += 1 }, { $0.life.boot += 1 }, { $0.life.beat += 1 },
    ]
    for (number, change) in changes.enumerated() {
        var lie = word
        change(&lie.charge)
        #expect(!Notary.mesh(mesh).vouches(for: lie, by: key.publicKey), "change \(number)")
    }
}
