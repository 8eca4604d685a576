import Base
import Testing

@Test(arguments: 0..<30 as Range<UInt64>)
func aSortedMapAgreesWithADictionary(_ seed: UInt64) throws {
    var random = Random(seed: seed)
    var map = SortedMap<Int, Int>()
    var model: [Int: Int] = [:]
    for _ in 0..<500 {
        let key = random.below(40)
        let value = random.below(1_000)
        switch random.below(7) {
        case 0, 1:
            map[key] = value
            model[key] = value
        case 2:
            map[key] = nil
            model[key] = nil
        case 3:
            try #require(
                map.update(key, default: 5) {
                    $0 += value; return $0
                } == model[key, default: 5] + value)
            model[key, default: 5] += value
        case 4:
            let (index, found) = map.position(of: key)
            try #require(found == (model[key] != nil))
            try #require(index == model.keys.count { $0 < key })
            if found {
                map.update(at: index) { $0 = value }
                model[key] = value
            }
        default: try #require(map[key] == model[key])
        }
        try #require(map.count == model.count)
    }
    try #require(map.keys == model.keys.sorted())
    try #require(map.values == model.keys.sorted().map { model[$0] })
    try #require(map.map(\.0) == map.keys)
}

@Test func aSortedMapIsEqualHoweverItWasFilled() {
    var (up, down) = (SortedMap<Int, String>(), SortedMap<Int, String>())
    for key in 0..<50 { up[key] = "\(key)" }
    for key in (0..<50).reversed() { down[key] = "\(key)" }
    #expect(up == down)
    up.removeAll()
    #expect(up.isEmpty)
    #expect(up != down)
}
