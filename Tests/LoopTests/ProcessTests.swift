import Base
import Glibc
import Testing

@testable import Loop

/// A child and what it said.
final class Watched {
    let child: ChildProcess
    var output: [UInt8] = []
    var error: [UInt8] = []
    var end: ChildProcess.End?

    init(_ child: consuming ChildProcess) {
        self.child = child
        self.child.onOutput { [unowned self] channel, bytes in
            #expect(end == nil)
            switch channel {
            case .output: output += bytes.bytes
            case .error: error += bytes.bytes
            }
        }
        self.child.onEnd { [unowned self] end in self.end = end }
    }
}

private func isGone(_ pid: Int32) -> Bool { kill(pid, 0) != 0 && errno == ESRCH }

@Suite struct ChildProcessTests {
    private func shell(_ script: String) -> [String] { ["sh", "-c", script] }

    @Test func aChildsOutputAndStatusArrive() throws {
        let loop = try EventLoop()
        let watched = Watched(try ChildProcess(.init(shell("echo out; echo err >&2; exit 7")), on: loop))
        try run(loop) { watched.end != nil }
        #expect(watched.output.text == "out\n")
        #expect(watched.error.text == "err\n")
        #expect(watched.end == .exited(status: 7))
        #expect(isGone(watched.child.pid))
        loop.run()
        #expect(loop.openHandles == 0)
    }

    @Test func argumentsEnvironmentAndDirectoryAreTheChilds() throws {
        let loop = try EventLoop()
        let command = ChildProcess.Command(
            shell("echo \"$0 $NAME $(pwd)\"; env") + ["two words"],
            environment: ["NAME=value", "PATH=/usr/bin:/bin"], directory: "/")
        let watched = Watched(try ChildProcess(command, on: loop))
        try run(loop) { watched.end != nil }
        let lines = watched.output.text.split(separator: "\n")
        #expect(lines.first == "two words value /")
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
    }

    @Test func aProgramThatIsNotThereIsAnError() throws {
        let loop = try EventLoop()
        #expect(throws: LoopError.notFound) { _ = try ChildProcess(.init(["/no/such/program"]), on: loop) }
        loop.run()
        #expect(loop.openHandles == 0)
    }

    @Test func aChildIsEndedOnRequestAndSaysByWhichSignal() throws {
        let loop = try EventLoop()
        let asked = Watched(try ChildProcess(.init(["sleep", "600"]), on: loop))
        let forced = Watched(try ChildProcess(.init(["sleep", "600"]), on: loop))
        asked.child.terminate()
        forced.child.kill()
        try run(loop) { asked.end != nil && forced.end != nil }
        #expect(asked.end == .killed(signal: SIGTERM))
        #expect(forced.end == .killed(signal: SIGKILL))
        // The number may be another's by now: this must do nothing.
        asked.child.kill()
    }

    @Test func aDroppedChildIsKilledAndLeavesNoZombie() throws {
        let loop = try EventLoop()
        var pid: Int32 = 0
        do {
            let child = try ChildProcess(.init(["sleep", "30"]), on: loop)
            child.onEnd { _ in Issue.record("nobody wants to hear of a dropped child") }
            pid = child.pid
        }
        try run(loop) { loop.openHandles == 1 }
        #expect(isGone(pid))
    }

    @Test func outputTakesItsLimitAndDropsTheRest() throws {
        let loop = try EventLoop()
        for (printed, dropped) in [(5_000, 0), (5_001, 1), (300_000, 295_000)] {
            let command = ChildProcess.Command(shell("head -c \(printed) /dev/zero"), outputLimit: 5_000)
            let watched = Watched(try ChildProcess(command, on: loop))
            try run(loop) { watched.end != nil }
            #expect(watched.output.count == 5_000)
            #expect(watched.child.droppedBytes == UInt64(dropped))
            #expect(watched.end == .exited(status: 0))
        }
    }

    @Test func aGrandchildThatKeepsThePipesDoesNotHoldTheEndBack() throws {
        let loop = try EventLoop()
        let watched = Watched(try ChildProcess(.init(shell("sleep 30 & echo $!")), on: loop))
        try run(loop) { watched.end != nil }
        #expect(watched.end == .exited(status: 0))
        let grandchild = try #require(Int32(watched.output.text.dropLast()))
        #expect(kill(grandchild, SIGKILL) == 0)
    }
}

@Suite struct SignalTests {
    @Test func signalsBecomeCallsOfTheLoop() throws {
        let loop = try EventLoop()
        let signals = try Signals(on: loop)
        let seen = Seen<Signal>()
        signals.onSignal { seen.values.append($0) }
        for number in [SIGHUP, SIGTERM, SIGINT] { #expect(kill(getpid(), number) == 0) }
        try run(loop) { seen.values.count >= 3 }
        #expect(Set(seen.values) == Set(Signal.allCases))
    }

    @Test func waitingForSignalsAloneDoesNotKeepALoop() throws {
        let loop = try EventLoop()
        let signals = try Signals(on: loop)
        signals.onSignal { _ in }
        loop.run()
        #expect(loop.openHandles == Signal.allCases.count)
    }

    @Test func aBrokenPipeIsAnErrorAndNotTheEndOfTheProcess() throws {
        _ = try EventLoop()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        #expect(write(ends[1], "x", 1) == -1)
        #expect(errno == EPIPE)
        close(ends[1])
    }
}
