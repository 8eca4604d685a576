import Base
import Loop
import Testing

@testable import Host

/// The daemon of a peer dies, or its machine does: its connections end, and with them nothing else. Both ends go
/// through it, the one that dialled and the one that was called.
@Test(arguments: [true, false]) func aConnectionThatEndsTakesNothingWithIt(diallerEnds: Bool) throws {
    let loop = try EventLoop()
    let home = Address(v4: 0x7F00_0001, port: 0)
    let (one, other) = (try UDPSocket(bind: home, on: loop), try UDPSocket(bind: home, on: loop))
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

    var turns = 0
    let watchdog = try Timer(on: loop)
    watchdog.onFire { loop.stop() }
    watchdog.arm(at: loop.now().instant + .seconds(10))
    loop.onTurnEnd = {
        for carrier in [dialler, called] { carrier?.tidy(at: loop.now().instant) }
        if heard == 2 {
            if diallerEnds { dialler = nil } else { called = nil }
            turns += 1
            // Some turns later the end of it has come, too.
            watchdog.arm(at: loop.now().instant + .milliseconds(50))
        }
    }
    loop.run()
    #expect(heard == 2 && turns > 0)
    // Whoever is left can be written to and dialled anew, and is still there.
    #expect((diallerEnds ? called : dialler)?.deadline == nil, "it has let go of the connection")
    loop.onTurnEnd = nil
}
