import Base
import Testing

@testable import Replication

/// How many cells it takes to tell sets of 1,000 apart that differ in so many.
private func cells(_ differences: Int, seed: UInt64) -> Int? {
    var random = Random(seed: seed)
    let shared = (0..<1_000).map { _ in random.next() }
    let mine = (0..<differences / 2).map { _ in random.next() }
    let theirs = (0..<differences - differences / 2).map { _ in random.next() }
    return (1...3 * differences + 10).first { count in
        let sketch = Sketch(of: shared + theirs, cells: count, seed: UInt32(seed))
        return sketch.difference(from: shared + mine).map { Set($0) == Set(mine + theirs) } ?? false
    }
}

@Test func aSketchTellsWhatDiffersFromThreeCellsADifferenceAtMost() {
    for differences in [1, 2, 10, 100] {
        var sum = 0
        for seed in 1...UInt64(10) {
            guard let count = cells(differences, seed: seed) else {
                Issue.record("\(differences) differences were not told by three times as many cells, seed \(seed)")
                return
            }
            sum += count
        }
        if differences == 100 { #expect(sum <= 10 * 180, "\(sum) cells in ten runs of 100 differences") }
    }
}

/// Old and new heads of logs, by words that begin with the writer's name.
@Test func aHeadThatMovedIsToldByASingleCell() {
    var random = Random(seed: 3)
    for seed in UInt32(1)...50 {
        let mine = (0..<1_000).map { _ in random.next() }
        var theirs = mine
        let moved = random.below(1_000)
        theirs[moved] ^= UInt64(1 + random.below(1 << 30))
        let sketch = Sketch(of: theirs, cells: 1, seed: seed)
        #expect(sketch.difference(from: mine).map { Set($0) } == Set([mine[moved], theirs[moved]]))
        // Two of them in one cell are too many, and it says so.
        let other = (moved + 1) % 1_000
        theirs[other] ^= 7 << 8
        #expect(Sketch(of: theirs, cells: 1, seed: seed).difference(from: mine) == nil)
    }
}

@Test func equalSetsHaveNoDifferenceAndASmallSketchSaysSo() {
    let words = (0..<50).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    #expect(Sketch(of: words, cells: 4, seed: 1).difference(from: words) == [])
    #expect(Sketch(of: words, cells: 4, seed: 1).difference(from: []) == nil)
}
