internal import Base
internal import Crypto

/// What a replica says of itself: only what its disk has.
struct Standing {
    let heads: [Head]
    let fingerprint: Fingerprint
    let epochMark: UInt32
    let forkMark: UInt32

    struct Head {
        var writer: Writer
        var sequence: UInt64
        var id: Digest
    }

    init(_ replica: Replica, upTo spoken: VersionVector, in epoch: Epoch) {
        let heads = spoken.dots.compactMap { dot -> Head? in
            // A fork may have cut a log short since.
            guard let log = replica.logs[dot.writer], case let end = min(dot.sequence, log.head), end > 0 else {
                return nil
            }
            return log.id(of: end).map { Head(writer: dot.writer, sequence: end, id: $0) }
        }
        let epoch = Replica.hash(epoch)
        var forks = ByteWriter(capacity: 64)
        for (_, fork) in replica.forks { fork.proof.encode(into: &forks) }
        let proofs = Digest(hashing: forks.bytes.raw)
        var all = ByteWriter(capacity: 64 + heads.count * 56)
        all.digest(epoch)
        all.digest(proofs)
        for head in heads where !(replica.bug == .digestWithoutDeletions && replica.isDeletion(head)) {
            Dot(head.writer, head.sequence).encode(into: &all)
            all.digest(head.id)
        }
        self.heads = heads
        fingerprint = Fingerprint(Digest(hashing: all.bytes.raw))
        epochMark = UInt32(truncatingIfNeeded: epoch.value.w0)
        forkMark = replica.forks.isEmpty ? 0 : UInt32(truncatingIfNeeded: proofs.value.w0)
    }

    func words(seed: UInt32) -> [UInt64] {
        heads.map { Heads.word(Pack.short($0.writer, seed: seed), $0.sequence, $0.id, seed: seed) }
    }

    func heads(epoch: UInt64, _ content: Heads.Content) -> Heads {
        Heads(epoch: epoch, epochMark: epochMark, forkMark: forkMark, content: content)
    }
}

extension Replica {
    fileprivate func isDeletion(_ head: Standing.Head) -> Bool {
        transaction(Dot(head.writer, head.sequence))?.operations.allSatisfy(\.isRemoval) ?? false
    }
}

/// Writers by their four keyed bytes.
struct ShortNames {
    private let places: [UInt32: Int]
    private let writers: [Writer]

    init(_ writers: [Writer], seed: UInt32) {
        var places: [UInt32: Int] = [:]
        places.reserveCapacity(writers.count)
        // Of two with one short name the latter is not known by it; another seed tells them apart.
        for (place, writer) in writers.enumerated() { places[Pack.short(writer, seed: seed)] = place }
        self.places = places
        self.writers = writers
    }

    subscript(short: UInt32) -> Writer? { places[short].map { writers[$0] } }
}

/// How another replica's heads differ from the own ones.
struct Comparison {
    struct Target: Hashable, Sendable {
        var short: UInt32
        /// How far the other's log goes.
        var sequence: UInt64
    }

    /// Where the other has more.
    private(set) var behind: [Target] = []
    /// Where it has less: how far it has come.
    private(set) var ahead: [Dot] = []
    /// Where it holds another transaction in the same place.
    private(set) var forked: [Dot] = []

    /// Nil when the sketch was too small.
    init?(_ standing: Standing, _ theirs: Heads.Content) {
        let words: [UInt64]
        let difference: [UInt64]
        switch theirs {
        case .list(let seed, let others):
            words = standing.words(seed: seed)
            let known = Set(words)
            let theirs = Set(others)
            difference = others.filter { !known.contains($0) } + words.filter { !theirs.contains($0) }
        case .sketch(let sketch):
            words = standing.words(seed: sketch.seed)
            guard let found = sketch.difference(from: words) else { return nil }
            difference = found
        }
        find(difference, among: words, standing)
    }

    private mutating func find(_ difference: [UInt64], among words: [UInt64], _ standing: Standing) {
        var mine: [UInt64: Int] = [:]
        for (place, word) in words.enumerated() { mine[word] = place }
        var places: [UInt32: Int] = [:]
        for (place, word) in words.enumerated() { places[UInt32(word >> 32)] = place }
        var answered: [UInt32: Bool] = [:]
        for word in difference where mine[word] == nil {
            let short = UInt32(word >> 32)
            answered[short] = true
            let head = places[short].map { standing.heads[$0] }
            let sequence = Heads.sequence(word, near: head?.sequence ?? 0)
            if sequence > head?.sequence ?? 0 {
                behind.append(Target(short: short, sequence: sequence))
            } else if let head {
                let dot = Dot(head.writer, sequence)
                if sequence < head.sequence { ahead.append(dot) } else { forked.append(dot) }
            }
        }
        for word in difference {
            guard let place = mine[word], answered[UInt32(word >> 32)] == nil else { continue }
            ahead.append(Dot(standing.heads[place].writer, 0))
        }
        behind.sort { $0.short < $1.short }
        ahead.sort()
        forked.sort()
    }
}
