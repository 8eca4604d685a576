package import Base

/// Who may write what, as the law of the mesh has it. It asks no clock: what a rule or a revocation leaves is said by a
/// place in each log, so that replicas with the same law and the same logs show the same, in whatever order they came.
package struct Authority: Hashable, Sendable {
    /// Keys that begin with these bytes, or the one key that has just these.
    package struct Pattern: Hashable, Sendable {
        package var bytes: [UInt8]
        package var isPrefix: Bool

        package init(_ bytes: [UInt8], isPrefix: Bool = true) {
            self.bytes = bytes
            self.isPrefix = isPrefix
        }

        func covers(_ key: [UInt8]) -> Bool { isPrefix ? key.starts(with: bytes) : key == bytes }
    }

    package struct Grant: Hashable, Sendable {
        package var author: NodeID
        package var patterns: [Pattern]
        /// Where it was taken back: of each log no more counts than every one of these says.
        package var ends: [VersionVector]

        package init(author: NodeID, patterns: [Pattern], ends: [VersionVector] = []) {
            self.author = author
            self.patterns = patterns
            self.ends = ends
        }

        package init(author: NodeID, prefix: [UInt8]) { self.init(author: author, patterns: [Pattern(prefix)]) }
    }

    /// From here on these keys take a grant, and all others are open to every member.
    package struct Rule: Hashable, Sendable {
        package var closed: [Pattern]
        /// What had been written before it was made: that is judged by the rule before.
        package var before: VersionVector

        package init(closed: [Pattern], before: VersionVector = VersionVector()) {
            self.closed = closed
            self.before = before
        }
    }

    /// The last of an author that was thrown out.
    package struct End: Hashable, Sendable {
        package var author: NodeID
        package var upTo: VersionVector

        package init(author: NodeID, upTo: VersionVector) {
            self.author = author
            self.upTo = upTo
        }
    }

    /// In the order in which they were made. Without any, every member may write every key.
    package var rules: [Rule]
    package var grants: [Grant]
    package var ends: [End]

    package init(rules: [Rule] = [], grants: [Grant] = [], ends: [End] = []) {
        self.rules = rules
        self.grants = grants
        self.ends = ends
    }

    /// Every key takes one of these grants.
    package init(grants: [Grant]) { self.init(rules: [Rule(closed: [Pattern([])])], grants: grants) }

    package func allows(_ author: NodeID, toWrite key: [UInt8], at dot: Dot) -> Bool {
        for end in ends where end.author == author {
            guard end.upTo.covers(dot) else { return false }
        }
        guard let rule = rules.last(where: { !$0.before.covers(dot) }),
            rule.closed.contains(where: { $0.covers(key) })
        else { return true }
        return grants.contains { grant in
            grant.author == author && grant.patterns.contains { $0.covers(key) }
                && grant.ends.allSatisfy { $0.covers(dot) }
        }
    }
}
