import Base

/// Facts as a node would store them, drawn from a seed: a few keys that change often, some that are forgotten, now and
/// then a large value.
enum Workload {
    static func batch(_ random: inout Random, keys: Int) -> [Fact] {
        (0...random.below(5)).map { _ in
            let key = fact(UInt8(random.below(3)), "key \(random.below(keys))", nil)
            if random.below(6) == 0 { return key }
            let size = random.below(12) == 0 ? 9_000 : random.below(600)
            return Fact(
                shelf: key.shelf, key: key.key,
                value: [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: size))
        }
    }

    static func apply(_ batch: [Fact], to model: inout SortedMap<String, Fact>) {
        for fact in batch {
            let key = "\(fact.shelf) " + String(decoding: fact.key, as: UTF8.self)
            model[key] = fact.value == nil ? nil : fact
        }
    }

    /// `count` batches, and what a store holds after none, one, two … of them.
    static func script(seed: UInt64, count: Int) -> (batches: [[Fact]], states: [[Fact]]) {
        var random = Random(seed: seed)
        var model = SortedMap<String, Fact>()
        var batches: [[Fact]] = []
        var states: [[Fact]] = [[]]
        while batches.count < count {
            let batch = batch(&random, keys: 12)
            apply(batch, to: &model)
            // Every state is another than the one before, or the checks below could not tell them apart.
            guard model.values != states.last else { continue }
            batches.append(batch)
            states.append(model.values)
        }
        return (batches, states)
    }
}
