internal import Base
internal import Loop

/// Says every millisecond how many of something are due, so that as many happen in a second as were asked for; what a
/// busy machine missed is made up for, up to a tenth of a second. Stops the loop after its time.
final class Pace {
    private let loop: EventLoop
    private let timer: Timer
    private let perSecond: Double
    private let start: Instant
    private let end: Instant
    private var counted: Double = 0
    private var due: (Int) -> Void = { _ in }

    init(perSecond: Double, seconds: Double, on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        self.perSecond = perSecond
        timer = try Timer(on: loop)
        start = loop.now().instant
        end = start + .nanoseconds(Int64(seconds * 1e9))
        timer.onFire { [unowned self] in fire() }
        timer.arm(at: start)
    }

    func onDue(_ act: @escaping (Int) -> Void) { due = act }

    private func fire() {
        let now = loop.now().instant
        guard now < end else { return loop.stop() }
        let total = Double((now - start).nanoseconds) / 1e9 * perSecond
        counted = max(counted, total - perSecond / 10)
        let count = Int(total - counted)
        if count > 0 {
            counted += Double(count)
            due(count)
        }
        timer.arm(at: now + .milliseconds(1))
    }
}
