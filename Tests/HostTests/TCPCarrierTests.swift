import Base
import Loop
import Testing

@testable import Host

/// The daemon of a peer dies, or its machine does: its connections end, and with them nothing else. Both ends go
/// through it, the one that dialled and the one that was called.
@Test(arguments: [true, false]) func aConnectionThatEndsTakesNothingWithIt(diallerEnds: Bool) throws {
    let loop = try EventLoop()
    let home = Address(v4: 0x7F00_0001, port: 0)
    let one = try UDPSocket(bind: home, on: loop)
    let other = try UDPSocket(bind: home, on: loop)
    var dialler: TCPCarrier? = try TCPCarrier(beside: one.localAddress, on: loop)
    var called: TCPCarrier? = try TCPCarrier(beside: other.localAddress, on: loop)
    var heard = 0
    called?.onReceive = { _, path in
        heard += 1
        called?.send([2].raw, to: path.address, at: loop.now().instant)
    }
    dialler?.onReceive = { _, _ in heard += 1 }
    dialler?.open()
    called?.open()
    dialler?.send([1].raw, to: other.localAddress, at: loop.now().instant)

    let alarm = try Alarm(on: loop)
    alarm.timer.arm(at: loop.now().instant + .seconds(10))
    loop.onTurnEnd = {
        for carrier in [dialler, called] { carrier?.tidy(at: loop.now().instant) }
        guard heard == 2, dialler != nil, called != nil else { return }
        if diallerEnds { dialler = nil } else { called = nil }
        // Some turns later the end of it has come to the other, too.
        alarm.timer.arm(at: loop.now().instant + .milliseconds(100))
    }
    loop.run()
    loop.onTurnEnd = nil
    #expect(heard == 2)
    #expect((dialler == nil) == diallerEnds && (called == nil) != diallerEnds)
    #expect((dialler ?? called)?.deadline == nil, "who is left has let go of the connection")
    (dialler, called) = (nil, nil)
}

/// Ends a run.
private final class Alarm {
    let timer: Timer

    init(on loop: EventLoop) throws {
        timer = try Timer(on: loop)
        timer.onFire { loop.stop() }
    }
}
