package import Base
internal import CUV
internal import Glibc

/// Calls once when an instant has come, and may be armed again for another. libuv's own timers run on a clock that
/// stands still while the machine is suspended; a node that slept for an hour must notice on waking that its deadlines
/// have passed. So this is a timerfd(2) on `CLOCK_BOOTTIME`, the clock of `Instant`, which the loop watches.
///
/// Host owns one and keeps it armed at the node's next deadline. Dropping the value closes it.
package struct Timer: ~Copyable {
    private let loop: EventLoop
    private let box: TimerBox

    package init(on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        box = try TimerBox(loop.core)
    }

    deinit { box.close() }

    /// When the timer fires; nil when it does not.
    package var deadline: Instant? { box.deadline }

    package func onFire(_ act: @escaping () -> Void) { box.act = act }

    /// Fires once at `deadline`, or as soon as possible when that has passed. Replaces an earlier deadline.
    package func arm(at deadline: Instant) { box.set(deadline) }

    package func disarm() { box.set(nil) }
}

final class TimerBox: Watch {
    private(set) var deadline: Instant?
    var act: (() -> Void)?

    init(_ core: LoopCore) throws(LoopError) {
        try super.init(
            FileDescriptor(timerfd_create(CLOCK_BOOTTIME, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))), core)
        want(toRead: true, toWrite: false)
        unsafe uv_unref(pointer())
    }

    func set(_ deadline: Instant?) {
        guard deadline != self.deadline else { return }
        self.deadline = deadline
        // All zeros means "never" to the kernel, so the instant zero is written as one.
        let nanoseconds = deadline.map { max($0.nanoseconds, 1) } ?? 0
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(nanoseconds / 1_000_000_000)
        setting.it_value.tv_nsec = Int(nanoseconds % 1_000_000_000)
        let answer = unsafe timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
        precondition(answer == 0, "timerfd_settime fails only on a bad descriptor or a bad number of nanoseconds")
        // An armed timer is a reason for the loop to go on, an idle one is not.
        if deadline == nil { unsafe uv_unref(pointer()) } else { unsafe uv_ref(pointer()) }
    }

    override func ready(toRead: Bool, toWrite: Bool) {
        var expirations: UInt64 = 0
        // Nothing to read: the timer was set anew after the kernel had woken us for the old deadline.
        guard unsafe read(descriptor, &expirations, 8) == 8 else { return }
        deadline = nil
        unsafe uv_unref(pointer())
        act?()
    }

    override func close() {
        super.close()
        act = nil
    }
}
