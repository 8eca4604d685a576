package import Base

/// All updates of the root that were ever signed by enough persons, as a tree that grows from the genesis, and the one
/// path through it that counts. The path follows from the tree alone, so who has the same updates has the same law,
/// whatever came first.
package struct RootChain: Hashable, Sendable {
    package struct Link: Hashable, Sendable {
        package let id: Digest
        let parent: Digest?
        /// The genesis has none.
        package let height: Int
        package let state: RootState
        package let changes: [RootChange]
        /// How many persons signed.
        let weight: Int
        fileprivate var children: [Digest] = []

        /// The fork rule: of two updates that follow the same one, the one that more persons signed; then the one that
        /// removes somebody, since what a removal undoes may be the other; then the lower hash.
        func isPreferred(to other: Link) -> Bool {
            if weight != other.weight { return weight > other.weight }
            let (removes, otherRemoves) = (
                changes.contains(where: \.isRemoval), other.changes.contains(where: \.isRemoval)
            )
            return removes == otherRemoves ? id < other.id : removes
        }
    }

    package let mesh: Digest
    package let name: String
    private var tree = SortedMap<Digest, Link>()
    /// From the genesis to the head.
    package private(set) var path: [Link] = []
    /// Where on the path a head stands.
    private var heights = SortedMap<Digest, Int>()

    /// Throws unless it is a genesis, signed by enough of those whom it makes operators. Its hash is the mesh's id.
    init(_ genesis: Verified) throws(RootRefusal) {
        guard case .genesis(let said) = genesis.statement else { throw .record(.wrongKind) }
        mesh = genesis.id
        name = said.name
        do throws(RootState.Refusal) {
            let state = try RootState(said)
            tree[mesh] = Link(id: mesh, parent: nil, height: 0, state: state, changes: [], weight: 0)
        } catch {
            throw .state(error)
        }
        choosePath()
    }

    package enum RootRefusal: Error, Hashable, Sendable {
        case otherMesh
        case record(RecordRefusal)
        case state(RootState.Refusal)
    }

    package var head: Link { path[path.count - 1] }

    package func height(of head: Digest) -> Int? { heights[head] }

    package func has(_ id: Digest) -> Bool { tree[id] != nil }

    /// All updates, those that lost too; the genesis is none.
    var updates: [Digest] { tree.keys.filter { $0 != mesh } }

    enum Admission: Hashable, Sendable {
        case new
        case known
        case waiting
        case full
        case refused(RootState.Refusal)
    }

    mutating func admit(_ update: RootUpdate, id: Digest) -> Admission {
        if tree[id] != nil { return .known }
        guard let parent = tree[update.parent] else { return .waiting }
        guard tree.count <= Limits.rootUpdates else { return .full }
        do throws(RootState.Refusal) {
            let (state, weight) = try parent.state.updated(by: update)
            tree[id] = Link(
                id: id, parent: parent.id, height: parent.height + 1, state: state, changes: update.changes,
                weight: weight)
            tree.update(parent.id, default: parent) { $0.children = ($0.children + [id]).risingOnce }
        } catch {
            return .refused(error)
        }
        choosePath()
        return .new
    }

    private mutating func choosePath() {
        path = []
        heights = SortedMap()
        var next = tree[mesh]
        while let link = next {
            path.append(link)
            heights[link.id] = link.height
            next = link.children.compactMap { tree[$0] }.reduce(nil) { best, child in
                guard let best else { return child }
                return child.isPreferred(to: best) ? child : best
            }
        }
    }
}
