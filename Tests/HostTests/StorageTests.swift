import Base
import Loop
import Testing

@testable import Host

private func fact(_ key: UInt8, bytes: Int = 1) -> Fact {
    Fact(shelf: Shelf.members, key: [key], value: [UInt8](repeating: key, count: bytes))
}

@Test func whatATurnGathersIsStoredAsOneCommitInItsOrder() throws {
    let scratch = Scratch()
    let loop = try EventLoop()
    let storage = try Storage(scratch.directory, on: loop)
    var stored: [[Ticket]] = []
    storage.onStored = { stored.append($0) }
    #expect(storage.boot == 1 && storage.isIdle)
    storage.put([fact(2), fact(1)], Ticket(number: 1))
    storage.put([fact(1, bytes: 5)], Ticket(number: 2))
    #expect(!storage.isIdle)
    storage.commit(at: .zero)
    // What comes while a commit is under way waits for the next one.
    storage.put([fact(3)], Ticket(number: 3))
    storage.commit(at: .zero)
    loop.run()
    #expect(stored == [[Ticket(number: 1), Ticket(number: 2)]])
    #expect(!storage.isIdle)
    storage.commit(at: .zero)
    loop.run()
    #expect(stored.last == [Ticket(number: 3)])
    #expect(storage.isIdle)
    #expect(try storage.load() == [fact(1, bytes: 5), fact(2), fact(3)])
}

@Test func aBatchThatFailsIsKeptAndTriedAgainInItsTime() throws {
    let scratch = Scratch()
    let loop = try EventLoop()
    let storage = try Storage(scratch.directory, on: loop)
    var stored: [Ticket] = []
    var troubles: [Complaint] = []
    storage.onStored = { stored += $0 }
    storage.onTrouble = { troubles.append($0) }
    // No disk takes a fact above the limit, so this one fails each time.
    storage.put([fact(1, bytes: Limits.factValueBytes + 1)], Ticket(number: 1))
    storage.commit(at: .zero)
    loop.run()
    #expect(troubles.map(\.code) == [.diskFails])
    #expect(storage.trouble?.code == .diskFails && !storage.isIdle)
    let first = try #require(storage.retry)

    storage.put([fact(2)], Ticket(number: 2))
    storage.commit(at: first + .nanoseconds(-1))
    loop.run()
    #expect(storage.retry == first, "it is too early to try again")

    storage.commit(at: first)
    #expect(storage.retry == nil, "it is being tried")
    loop.run()
    #expect(try #require(storage.retry) > first)
    #expect(troubles.count == 1, "the same trouble is said once")
    #expect(stored.isEmpty, "what comes later does not overtake what failed")
}
