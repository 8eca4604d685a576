package import Base
internal import Crypto

/// A binary tree of hashes over some byte strings, as in RFC 9162 (section 2.1) with BLAKE2b-256: its root stands for
/// all of them, and a path of a few hashes shows that one is among them. Leaves and inner nodes are hashed differently,
/// so that no inner node passes for a leaf.
package struct HashTree: Sendable {
    /// Level by level, leaves first.
    private let levels: [[Digest]]

    /// Leaves are not given back; who shows one has it.
    package init(_ leaves: [[UInt8]]) {
        precondition(!leaves.isEmpty, "a tree of nothing has no root")
        var level = leaves.map(Self.leaf)
        var levels = [level]
        while level.count > 1 {
            // An odd one out goes up as it is, as the RFC's largest power of two smaller than the count has it.
            level = stride(from: 0, to: level.count, by: 2).map { index in
                index + 1 < level.count ? Self.inner(level[index], level[index + 1]) : level[index]
            }
            levels.append(level)
        }
        self.levels = levels
    }

    package var root: Digest { levels[levels.count - 1][0] }

    /// The hashes beside the way from a leaf to the root; nil where the way goes up alone.
    package func path(to leaf: Int) -> [Digest] {
        precondition(levels[0].indices.contains(leaf), "a path leads to a leaf that is there")
        var index = leaf
        var path: [Digest] = []
        for level in levels.dropLast() {
            if level.indices.contains(index ^ 1) { path.append(level[index ^ 1]) }
            index /= 2
        }
        return path
    }

    /// Whether `bytes` are leaf number `index` of the `count` under `root`.
    package static func proves(
        _ bytes: [UInt8], at index: Int, of count: Int, under root: Digest, by path: [Digest]
    ) -> Bool {
        guard index >= 0, index < count else { return false }
        var (hash, index, width, rest) = (leaf(bytes), index, count, path[...])
        while width > 1 {
            if index ^ 1 < width {
                guard let beside = rest.popFirst() else { return false }
                hash = index.isMultiple(of: 2) ? inner(hash, beside) : inner(beside, hash)
            }
            index /= 2
            width = (width + 1) / 2
        }
        return rest.isEmpty && hash == root
    }

    private static func leaf(_ bytes: [UInt8]) -> Digest {
        var writer = ByteWriter(capacity: bytes.count + 1)
        writer.u8(0)
        writer.raw(bytes)
        return Digest(hashing: writer.bytes.raw)
    }

    private static func inner(_ left: Digest, _ right: Digest) -> Digest {
        var writer = ByteWriter(capacity: 65)
        writer.u8(1)
        writer.digest(left)
        writer.digest(right)
        return Digest(hashing: writer.bytes.raw)
    }
}
