package import Base
internal import CUV
internal import Glibc

/// The one thread on which a node lives: it sleeps until a socket, a timer, a signal, a child or a finished job has
/// something to say, calls whoever asked, and sleeps again (libuv's `uv_loop_t`).
///
/// A **turn** is one waking. What is decided during a turn is gathered (packets to send, facts to store, the next
/// deadline) and carried out once, when the turn ends: first `onTurnEnd`, then every socket sends the packets that it
/// gathered.
///
/// The loop and everything on it are plain classes and values that are not `Sendable`: the compiler keeps them on this
/// thread. The one door to another thread is `offload`. Every handle holds the loop, so the loop goes last, and its
/// `deinit` proves that libuv has nothing left open.
package final class EventLoop {
    let core: LoopCore
    private let turn: TurnEnd
    private var isRunning = false

    package init() throws(LoopError) {
        core = try LoopCore()
        turn = try TurnEnd(core)
        // A peer that goes away while we write to it is an error of that write, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit {
        core.isEnding = true
        turn.close()
        repeat {} while unsafe uv_run(core.pointer, UV_RUN_DEFAULT) != 0
        let code = unsafe uv_loop_close(core.pointer)
        precondition(code == 0, "every handle holds the loop, so none can be open when the loop goes")
    }

    /// Called at the end of each turn, before queued packets go out: the place to commit what the turn decided and to
    /// arm the one timer.
    package var onTurnEnd: (() -> Void)? {
        get { turn.act }
        set { turn.act = newValue }
    }

    /// Turns until `stop`, or until nothing is left that could call us. What the last turn queued is still sent.
    package func run() {
        precondition(!isRunning, "the loop already runs: this call came out of one of its callbacks")
        isRunning = true
        _ = unsafe uv_run(core.pointer, UV_RUN_DEFAULT)
        isRunning = false
        turn.end()
    }

    /// Ends `run` at the end of this turn. Does nothing to a loop that does not run: libuv would remember the wish for
    /// the next time.
    package func stop() { if isRunning { unsafe uv_stop(core.pointer) } }

    /// Both clocks. The instant counts the time that the machine was suspended (`CLOCK_BOOTTIME`).
    package func now() -> Now {
        let boot = read(CLOCK_BOOTTIME)
        let wall = read(CLOCK_REALTIME)
        return Now(
            instant: Instant(nanoseconds: UInt64(boot.tv_sec) * 1_000_000_000 + UInt64(boot.tv_nsec)),
            wall: WallTime(milliseconds: Int64(wall.tv_sec) * 1_000 + Int64(wall.tv_nsec) / 1_000_000))
    }

    private func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        let answer = unsafe clock_gettime(clock, &time)
        precondition(answer == 0, "Linux has had both clocks since 2.6.39")
        return time
    }

    /// How many handles libuv still holds, the loop's own not counted.
    package var openHandles: Int { core.openHandles - 1 }
}

/// What gathers packets during a turn and sends them when it ends.
protocol Flushing: AnyObject {
    func flush()
}

/// What a loop's handles share with it, and may still need while the loop itself is going.
@safe final class LoopCore {
    let pointer: UnsafeMutablePointer<uv_loop_t>
    var openHandles = 0
    var jobsInFlight = 0
    /// From the loop's `deinit` on, nobody is called back: those who asked are gone.
    var isEnding = false
    /// Sockets with packets to send when the turn ends.
    var unflushed: [any Flushing] = []
    /// Where every stream of the loop reads to. One is enough: bytes are handed on before the next read.
    let streamSlab = StreamSlab()
    /// Where every UDP socket of the loop receives to. Made with the first socket: it is large.
    lazy var datagramSlab = DatagramSlab()

    init() throws(LoopError) {
        unsafe pointer = .allocate(capacity: 1)
        let code = unsafe uv_loop_init(pointer)
        guard code == 0 else {
            unsafe pointer.deallocate()
            throw LoopError(code: code)
        }
    }

    deinit { unsafe pointer.deallocate() }

    func flush() {
        var index = 0
        while index < unflushed.count {
            unflushed[index].flush()
            index += 1
        }
        unflushed.removeAll(keepingCapacity: true)
    }
}

/// The end of a turn: `uv_prepare_t`, which libuv calls as the last thing before it sleeps, when every callback of the
/// turn (of closed handles and finished writes too) has run.
final class TurnEnd: Handle {
    var act: (() -> Void)?

    init(_ core: LoopCore) throws(LoopError) {
        super.init(UV_PREPARE, core)
        try adopt(unsafe uv_prepare_init(core.pointer, pointer()))
        let code = unsafe uv_prepare_start(pointer()) { handle in
            unsafe TurnEnd.of(handle?.pointee.data).end()
        }
        precondition(code == 0, "uv_prepare_start fails only without a callback")
        // A hook is no reason to go on: a loop with nothing else to wait for is done.
        unsafe uv_unref(pointer())
    }

    func end() {
        act?()
        core.flush()
    }

    override func close() {
        super.close()
        act = nil
    }
}

/// One read's worth of bytes.
@safe final class StreamSlab {
    let bytes: UnsafeMutableRawBufferPointer

    init() { unsafe bytes = .allocate(byteCount: Limits.streamReadBytes, alignment: 64) }
    deinit { unsafe bytes.deallocate() }
}
