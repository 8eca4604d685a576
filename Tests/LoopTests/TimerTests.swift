import Base
import Glibc
import Testing

@testable import Loop

@Suite struct TimerTests {
    @Test func timersFireInTheOrderOfTheirDeadlinesAndNotBefore() throws {
        let loop = try EventLoop()
        let fired = Seen<(name: String, at: Instant)>()
        let start = loop.now().instant
        let late = try Timer(on: loop)
        let early = try Timer(on: loop)
        let past = try Timer(on: loop)
        late.onFire {
            fired.values.append(("late", loop.now().instant))
            loop.stop()
        }
        early.onFire { fired.values.append(("early", loop.now().instant)) }
        past.onFire { fired.values.append(("past", loop.now().instant)) }
        late.arm(at: start + .milliseconds(30))
        early.arm(at: start + .milliseconds(10))
        past.arm(at: .zero)

        try run(loop)

        #expect(fired.values.map(\.name) == ["past", "early", "late"])
        #expect(fired.values[1].at >= start + .milliseconds(10))
        #expect(fired.values[2].at >= start + .milliseconds(30))
        #expect(late.deadline == nil && early.deadline == nil && past.deadline == nil)
    }

    @Test func aTimerArmedAgainFiresOnlyAtItsNewDeadline() throws {
        let loop = try EventLoop()
        let fired = Seen<Instant>()
        let start = loop.now().instant
        let timer = try Timer(on: loop)
        timer.onFire { fired.values.append(loop.now().instant) }
        timer.arm(at: start + .milliseconds(5))
        timer.arm(at: start + .milliseconds(25))
        let end = try Timer(on: loop)
        end.onFire { loop.stop() }
        end.arm(at: start + .milliseconds(40))

        try run(loop)

        #expect(fired.values.count == 1)
        #expect(fired.values.allSatisfy { $0 >= start + .milliseconds(25) })
    }

    @Test func aTimerMayArmItselfFromItsOwnCall() throws {
        let loop = try EventLoop()
        let fired = Seen<Instant>()
        let timer = try Timer(on: loop)
        timer.arm(at: .zero)
        let again = Again(timer)
        again.timer.onFire { [unowned again] in
            fired.values.append(loop.now().instant)
            if fired.values.count < 5 { again.timer.arm(at: loop.now().instant + .milliseconds(1)) }
        }

        try run(loop) { fired.values.count == 5 }

        #expect(fired.values.count == 5)
    }

    private final class Again {
        let timer: Timer
        init(_ timer: consuming Timer) { self.timer = timer }
    }

    @Test func aDisarmedTimerDoesNotFireAndDoesNotKeepTheLoop() throws {
        let loop = try EventLoop()
        let timer = try Timer(on: loop)
        timer.onFire { Issue.record("a disarmed timer fired") }
        timer.arm(at: loop.now().instant + .hours(1))
        timer.disarm()
        loop.run()
        #expect(timer.deadline == nil)
    }

    /// The machine cannot be suspended for a test; which clock the kernel counts on can be read.
    @Test func theTimersClockGoesOnWhileTheMachineIsSuspended() throws {
        let loop = try EventLoop()
        let box = try TimerBox(loop.core)
        defer { box.close() }
        let facts = try #require(fopen("/proc/self/fdinfo/\(box.descriptor)", "r"))
        defer { fclose(facts) }
        var text = [CChar](repeating: 0, count: 1_024)
        let count = fread(&text, 1, text.count - 1, facts)
        let lines = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(lines.contains("clockid: \(CLOCK_BOOTTIME)"))
    }

    @Test func theFarthestInstantIsArmedAndNeverFires() throws {
        let loop = try EventLoop()
        let timer = try Timer(on: loop)
        timer.onFire { Issue.record("the end of time has come") }
        timer.arm(at: Instant(nanoseconds: .max))
        let end = try Timer(on: loop)
        end.onFire { loop.stop() }
        end.arm(at: loop.now().instant + .milliseconds(5))
        try run(loop)
        #expect(timer.deadline == Instant(nanoseconds: .max))
    }
}

@Suite struct EventLoopTests {
    @Test func bothClocksAreRead() throws {
        let loop = try EventLoop()
        let first = loop.now()
        let second = loop.now()
        #expect(second.instant >= first.instant)
        #expect(first.wall.milliseconds > 1_600_000_000_000)
    }

    @Test func aLoopWithNothingToWaitForReturnsAtOnce() throws {
        let loop = try EventLoop()
        var turns = 0
        loop.onTurnEnd = { turns += 1 }
        loop.run()
        #expect(turns >= 1)
        #expect(loop.openHandles == 0)
    }

    @Test func theTurnEndsOnceAfterEveryCallbackOfTheTurn() throws {
        let loop = try EventLoop()
        let order = Seen<String>()
        let one = try UDPSocket(bind: loopback, on: loop)
        let other = try UDPSocket(bind: loopback, on: loop)
        one.onReceive { _, _ in order.values.append("packet") }
        other.onReceive { _, _ in order.values.append("packet") }
        one.send([1], to: other.localAddress)
        other.send([1], to: one.localAddress)
        try run(loop) {
            order.values.append("end")
            return order.values.count >= 4
        }
        #expect(order.values.prefix(4) == ["end", "packet", "packet", "end"])
    }

    @Test func droppingAHandleClosesIt() throws {
        let loop = try EventLoop()
        do {
            let timer = try Timer(on: loop)
            timer.arm(at: loop.now().instant + .hours(1))
            #expect(loop.openHandles == 1)
        }
        loop.run()
        #expect(loop.openHandles == 0)
    }

    @Test func theLoopOutlivesItsOwnerAsLongAsAHandleHoldsIt() throws {
        func orphan() throws -> Timer { try Timer(on: EventLoop()) }
        let timer = try orphan()
        timer.arm(at: .zero)
        #expect(timer.deadline == .zero)
    }
}

@Suite struct OffloadTests {
    @Test func aThousandJobsComeBackToTheLoop() throws {
        let loop = try EventLoop()
        let thread = pthread_self()
        let sums = Seen<Int>()
        for number in 1...1_000 {
            loop.offload({ number * 2 }) { doubled in
                #expect(pthread_equal(thread, pthread_self()) != 0)
                sums.values.append(doubled)
            }
        }
        #expect(loop.jobsInFlight == 1_000)
        try run(loop) { sums.values.count == 1_000 }
        #expect(sums.values.reduce(0, +) == 1_001_000)
        #expect(loop.jobsInFlight == 0)
    }

    @Test func theLimitOfJobsIsToldBeforeItIsReached() throws {
        let loop = try EventLoop()
        for _ in 1..<Limits.jobsInFlight { loop.offload({ 0 }) { _ in } }
        #expect(loop.hasRoomForJobs)
        loop.offload({ 0 }) { _ in }
        #expect(!loop.hasRoomForJobs)
        try run(loop) { loop.jobsInFlight == 0 }
        #expect(loop.hasRoomForJobs)
    }

    @Test func aLoopThatGoesDropsTheResultsOfItsJobs() throws {
        let called = Seen<Int>()
        do {
            let loop = try EventLoop()
            loop.offload({ 1 }) { called.values.append($0) }
        }
        #expect(called.values.isEmpty)
    }
}
