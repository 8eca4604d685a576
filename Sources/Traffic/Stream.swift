internal import Base

/// One open stream: what we say on it and what the peer says.
struct Stream: Sendable {
    let id: StreamID
    let service: Service
    var send = SendHalf(window: Limits.streamWindow)
    var receive: ReceiveHalf
    /// In how many feedbacks to come this stream's state is said again, since any of them may be lost.
    var progressDue = 0
    /// The mixed packets of the stream's end that came, by block.
    var mixed: [MixedRows] = []
    /// The blocks of the stream's end that we mix; none while there is something fresh to send.
    var mixing: [Mixing] = []

    init(id: StreamID, service: Service, delivery: Delivery) {
        self.id = id
        self.service = service
        receive = ReceiveHalf(window: Limits.streamWindow, delivery: delivery)
    }

    var isClosed: Bool { send.isDone && receive.isDone }
}

/// The open streams by id: some dozens at most, so a sorted array is the fastest there is.
struct StreamTable: Sendable {
    private(set) var streams: [Stream] = []

    var count: Int { streams.count }
    var indices: Range<Int> { streams.indices }

    subscript(index: Int) -> Stream {
        _read { yield streams[index] }
        _modify { yield &streams[index] }
    }

    func index(of id: StreamID) -> Int? {
        let index = position(of: id)
        return index < streams.count && streams[index].id == id ? index : nil
    }

    private func position(of id: StreamID) -> Int {
        var low = 0
        var high = streams.count
        while low < high {
            let middle = (low + high) / 2
            if streams[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func insert(_ stream: Stream) -> Int {
        let index = position(of: stream.id)
        streams.insert(stream, at: index)
        return index
    }

    mutating func remove(at index: Int) { streams.remove(at: index) }
}

/// Which streams the peer has opened so far: packets overtake one another, so a higher one may come first. The highest,
/// and a bit for each of those below it that were seen.
struct StreamWindow: Sendable {
    enum Entry { case new, old, tooFar }

    /// One above the highest that was seen; streams count from 0 here.
    private var top: UInt64 = 0
    /// The bit of stream n is bit n modulo the window's width.
    private var seen = [UInt64](repeating: 0, count: Limits.streamsAhead / 64)

    mutating func enter(_ index: UInt64) -> Entry {
        let width = UInt64(Limits.streamsAhead)
        guard index < top + width else { return .tooFar }
        guard index + width >= top else { return .old }
        while top <= index {
            mark(top, false)
            top += 1
        }
        guard !isMarked(index) else { return .old }
        mark(index, true)
        return .new
    }

    private func isMarked(_ index: UInt64) -> Bool {
        seen[Int(index / 64 % UInt64(seen.count))] & (1 << (index % 64)) != 0
    }

    private mutating func mark(_ index: UInt64, _ value: Bool) {
        let word = Int(index / 64 % UInt64(seen.count))
        if value { seen[word] |= 1 << (index % 64) } else { seen[word] &= ~(1 << (index % 64)) }
    }
}
