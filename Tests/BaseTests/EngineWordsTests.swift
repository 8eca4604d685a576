import Base
import Testing

@Test func anOutboxKeepsEffectsInOrderAndItsStorage() {
    var outbox = Outbox<Int>()
    for number in 0..<100 { outbox.put(number) }
    outbox.arena.raw([1, 2, 3])
    #expect(outbox.effects == Array(0..<100))
    let capacity = outbox.effects.capacity
    outbox.removeAll()
    #expect(outbox.isEmpty)
    #expect(outbox.arena.count == 0)
    #expect(outbox.effects.capacity == capacity)
}

@Test func mischiefStrikesWhereItIsOnAndNowhereElse() {
    #expect(Mischief.Point.allCases.allSatisfy { !Mischief.none.strikes($0) })
    for point in Mischief.Point.allCases {
        let mischief = Mischief([point])
        #expect(Mischief.Point.allCases.filter { mischief.strikes($0) } == [point])
        #expect(mischief.points == [point])
        #expect(Mischief(bits: mischief.bits) == mischief)
    }
    #expect(Mischief(Mischief.Point.allCases).points == Mischief.Point.allCases)
}

@Test func everyPointOfMischiefHasABitOfItsOwn() {
    #expect(Mischief.Point.allCases.allSatisfy { $0.rawValue < 64 })
    #expect(Mischief(Mischief.Point.allCases).bits.nonzeroBitCount == Mischief.Point.allCases.count)
}

@Test func ticketsAndRequestsAreOrderedByNumber() {
    #expect(Ticket(number: 1) < Ticket(number: 2))
    #expect(RequestID(number: 1) < RequestID(number: 2))
}

@Test(arguments: [(-1, 0), (0, 0), (3, 3), (5, 5), (6, 5)])
func aValueIsClampedToItsRange(_ value: Int, _ clamped: Int) {
    #expect(value.clamped(to: 0...5) == clamped)
}
