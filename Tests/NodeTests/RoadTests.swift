import Base
import Testing

@testable import Node

/// Whatever comes and goes in whatever pieces, a queue holds what an array would.
@Test func aQueueOfBytesIsAnArrayThatLosesItsFront() {
    for seed in UInt64(1)...20 {
        var random = Random(seed: seed)
        var queue = ByteQueue()
        var model: [UInt8] = []
        for step in 0..<200 {
            if random.below(2) == 0 {
                let more = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: random.below(40))
                queue.append(more)
                model += more
            } else {
                let count = random.below(model.count + 1)
                #expect(queue.first(count).map { Array($0) } == Array(model[..<count]))
                queue.drop(count)
                model.removeFirst(count)
            }
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
            #expect(queue.first(model.count + 1) == nil)
            #expect(queue.bytes.count <= 2 * max(queue.count, 1), "what has gone does not pile up")
        }
    }
}
