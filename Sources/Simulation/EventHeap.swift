/// Something that will happen. Twenty-four bytes, so that a heap of them moves quickly.
struct Event {
    enum Kind: UInt8 {
        /// A packet arrives; `detail` is its slot in the pool.
        case packet
        /// A node's deadline; `detail` is the life it belongs to.
        case wake
        /// A node's disk finished a write; `detail` is the life it belongs to.
        case disk
        /// An action of the script begins, ends, or has its snapshot taken; `detail` is its index.
        case begin
        case end
        case snapshot
        /// A node's process starts for the first time.
        case birth
        /// The checkers look at the whole world.
        case checkpoint
        /// The faults are over.
        case calm
        /// A node hears what came of dialling a TCP connection; `detail` is the other node, doubled, and the outcome.
        case dial
    }

    /// Nanoseconds since the world began.
    var at: Int64
    /// Events at one time happen in the order in which they were planned. The low four bits are the kind.
    private var order: UInt64
    var node: Int32
    var detail: Int32

    init(at: Int64, number: UInt64, kind: Kind, node: Int, detail: Int) {
        self.at = at
        order = number << 4 | UInt64(kind.rawValue)
        self.node = Int32(truncatingIfNeeded: node)
        self.detail = Int32(truncatingIfNeeded: detail)
    }

    var kind: Kind {
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: order & 15)) else {
            preconditionFailure("only kinds are written into the low bits")
        }
        return kind
    }

    @inline(__always)
    func isBefore(_ other: Event) -> Bool { at == other.at ? order < other.order : at < other.at }
}

/// What will happen, earliest first: a heap in which every node has four children. It is half as deep as the usual
/// one, and the four children lie next to each other in memory.
struct EventHeap {
    private var heap: [Event] = []
    private var planned: UInt64 = 0

    var count: Int { heap.count }

    mutating func push(at: Int64, _ kind: Event.Kind, node: Int, detail: Int) {
        planned += 1
        let event = Event(at: at, number: planned, kind: kind, node: node, detail: detail)
        heap.append(event)
        var hole = heap.count - 1
        while hole > 0 {
            let parent = (hole - 1) >> 2
            guard event.isBefore(heap[parent]) else { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = event
    }

    /// Takes out the earliest event that happens not later than `limit`.
    mutating func pop(upTo limit: Int64) -> Event? {
        guard let first = heap.first, first.at <= limit else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        var hole = 0
        while true {
            let child = hole << 2 + 1
            guard child < heap.count else { break }
            var least = child
            for other in child + 1..<max(min(child + 4, heap.count), child + 1) where heap[other].isBefore(heap[least])
            {
                least = other
            }
            guard heap[least].isBefore(last) else { break }
            heap[hole] = heap[least]
            hole = least
        }
        heap[hole] = last
        return first
    }
}
