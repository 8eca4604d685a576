import Base
import Testing

@Test(arguments: 1...9)
func aRingKeepsTheLastThatWerePutIn(_ capacity: Int) {
    var ring = Ring<Int>(capacity: capacity)
    for number in 0..<30 {
        #expect(ring.put(number) == (number < capacity ? nil : number - capacity))
        let kept = Array(max(0, number + 1 - capacity)...number)
        #expect(Array(ring) == kept)
        #expect(ring.count == kept.count)
        #expect((0..<ring.count).map { ring[$0] } == kept)
        #expect(ring.last == number)
    }
}

@Test func anEmptiedRingStartsAnew() {
    var ring = Ring<Int>(capacity: 3)
    for number in 0..<5 { ring.put(number) }
    ring.removeAll()
    #expect(ring.isEmpty)
    #expect(ring.last == nil)
    ring.put(7)
    #expect(Array(ring) == [7])
}

@Test func aRingHasNoElementBeyondItsLast() async {
    await #expect(processExitsWith: .failure) {
        var ring = Ring<Int>(capacity: 3)
        ring.put(1)
        _ = ring[1]
    }
}
