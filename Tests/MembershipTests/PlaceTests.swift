import Base
import Testing

@testable import Membership

private func place(_ last: UInt32, port: UInt16) -> Address { Address(v4: 0x0A09_0000 | last, port: port) }

extension [Effect] {
    fileprivate var facts: [Fact] { compactMap { if case .persist(let fact) = $0 { fact } else { nil } } }
    /// Where hellos to member `number` went.
    fileprivate func doors(of number: UInt64) -> Set<Address> {
        Set(
            compactMap { effect in
                guard case .send(.hello, to: let contact) = effect, contact.node == id(number) else { return nil }
                return contact.address
            })
    }
}

extension Subject {
    fileprivate mutating func notice(_ number: UInt64, at source: Address) -> [Effect] {
        collect { $0.notice(id(number), at: source, now: time($1), into: &$2) }
    }

    fileprivate func places(of number: UInt64) -> [Address] { engine.members[id(number)]?.places.map(\.address) ?? [] }
}

@Test func whereAMemberIsHeardIsStoredWithWhatItsPathIsLike() throws {
    var subject = Subject(2...4)
    _ = subject.run(until: 120_000)
    let facts = subject.notice(2, at: place(1, port: 2)).facts
    let value = try #require(facts.first?.value)
    let stored = try StoredMember(decoding: value.raw)
    #expect(facts.count == 1 && stored.record.name == record(2).name && stored.record.seal == record(2).seal)
    #expect(stored.places.map(\.address) == [place(1, port: 2)])
    #expect(stored.places[0].heard == WallTime(milliseconds: 120_000) && stored.places[0].loss != nil)
    #expect(subject.notice(2, at: place(1, port: 2)).isEmpty, "it is known")
}

@Test func nobodyMakesANodeWriteOften() {
    var subject = Subject(2...4)
    var writes = 0
    for hop in UInt32(1)...3_600 {
        _ = subject.run(until: Int64(hop) * 1_000)
        writes += subject.notice(2, at: place(hop % 200, port: 2)).facts.count
    }
    #expect((5...7).contains(writes), "an hour of hopping is \(writes) writes")
    #expect(subject.places(of: 2).count == Limits.placesPerMember)
    #expect(subject.notice(2, at: place(300, port: 77)).isEmpty, "it does not listen there")
    #expect(subject.notice(99, at: place(1, port: 99)).isEmpty, "nobody knows it")
}

@Test func aNodeThatComesBackKnocksAtEveryDoorItKnew() throws {
    let old = [place(1, port: 80), place(2, port: 80), place(3, port: 80)]
    var subject = Subject(stored: [storedFact(record(80), heardAt: old), storedFact(record(81))])
    let said = subject.run(until: 120_000)
    #expect(said.doors(of: 80) == Set(old + [port(80)]))
    #expect(said.doors(of: 81) == [port(81)])
}

@Test func factsOfAnEarlierVersionAreRead() {
    var old = record(80)
    old.seal = nil
    let fact = Fact(shelf: Shelf.members, key: id(80).value.bytes, value: old.encoded)
    let subject = Subject(stored: [fact])
    #expect(subject.state(of: 80) == .unreachable && subject.places(of: 80).isEmpty)
}

/// One whose address has changed is taken at its word, and stays known at the old place too.
@Test func aMemberThatMovedIsFoundWhereItIsNow() throws {
    var subject = Subject(stored: [storedFact(record(80), heardAt: [place(1, port: 80)])])
    _ = subject.run(until: 60_000)
    var moved = record(80, boot: 2)
    moved.address = place(9, port: 80)
    _ = subject.receive(.hello(sealed(moved), pulse: 1), from: 80)
    let facts = subject.notice(80, at: moved.address).facts
    #expect(subject.state(of: 80) == .alive)
    #expect(subject.engine.members[id(80)]?.record.contact.address == moved.address)
    let value = try #require(facts.last?.value)
    let stored = try StoredMember(decoding: value.raw)
    #expect(stored.places.map(\.address) == [moved.address, place(1, port: 80)])
}

/// Sixteen nodes lose one neighbour at one moment. However long it stays away, they never knock in step again.
@Test func thoseThatMissOneMemberDoNotKnockTogether() {
    var seconds = [Int](repeating: 0, count: 900)
    for seed in UInt64(1)...16 {
        var subject = Subject(2...6, chance: seed)
        _ = subject.run(until: 60_000)
        subject.beating[2] = nil
        for _ in 0..<20 {
            for peer in [UInt64(3), 4] {
                _ = subject.receive(.accuse(word(by: peer, charge(2, pulse: 60))), from: peer)
            }
            _ = subject.run(until: subject.now + 250)
        }
        for second in 65..<900 {
            let hellos = subject.run(until: Int64(second + 1) * 1_000).sent.count { sent in
                if case .hello = sent.message { sent.to == 2 } else { false }
            }
            seconds[second] += hellos
        }
    }
    let late = seconds[450...]
    #expect(late.reduce(0, +) > 16 * 5, "they do knock, for ever")
    #expect((late.max() ?? 0) <= 8, "of sixteen, \(late.max() ?? 0) in one second")
}
