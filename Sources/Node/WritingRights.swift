internal import Base
internal import Crypto
internal import Replication
internal import Trust

/// The law about writing in the words of the engine that keeps what is written. The law knows the store's logs as it
/// knows its own feeds: by a digest, which for a log is its writer's sixteen bytes and sixteen zeros.
extension Authority {
    init(_ law: WritingLaw) {
        self.init(
            rules: law.rules.map { rule in
                Rule(closed: Self.patterns(rule.closed), before: Self.vector(rule.before))
            },
            grants: law.rights.map { right in
                Grant(
                    author: right.author.key.nodeID, patterns: Self.patterns(right.scope),
                    ends: right.ends.map(Self.vector))
            },
            ends: law.ends.map { End(author: $0.author.key.nodeID, upTo: Self.vector($0.cuts)) })
    }

    private static func patterns(_ scope: Scope) -> [Pattern] {
        let stem = Array(WritingLaw.stem.utf8)
        return scope.patterns.compactMap { pattern in
            let isPrefix = pattern.text.hasSuffix("*")
            let bytes = Array((isPrefix ? pattern.text.dropLast() : pattern.text[...]).utf8)
            if isPrefix, stem.starts(with: bytes) { return Pattern([]) }
            return bytes.starts(with: stem) ? Pattern(Array(bytes.dropFirst(stem.count)), isPrefix: isPrefix) : nil
        }
    }

    private static func vector(_ cuts: [Cut]) -> VersionVector {
        var vector = VersionVector()
        for cut in cuts {
            let words = cut.feed.value
            guard words.w2 == 0, words.w3 == 0 else { continue }
            vector.raise(to: Dot(Writer(high: words.w0, low: words.w1), cut.sequence))
        }
        return vector
    }
}

extension ReplicationEngine {
    /// The ends of logs as cuts that leave all that was written until now.
    func cuts(of author: NodeID?) -> [Cut] {
        replica.ends(of: author).map { end in
            let log = Digest(Bytes32(end.dot.writer.high, end.dot.writer.low, 0, 0))
            return Cut(feed: log, sequence: end.dot.sequence, entry: end.id)
        }.risingOnce
    }
}
