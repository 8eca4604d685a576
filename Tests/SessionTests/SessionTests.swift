import Base
import Crypto
import Testing

@testable import Session

private func id(_ number: UInt64) -> NodeID { NodeID(Bytes32(number, 0, 0, 0)) }

private func session(_ number: UInt64, mesh: UInt64 = 1, boot: UInt64 = 1) throws -> Session {
    var entropy = Entropy.seeded(mesh)
    return Session(me: id(number), key: EnvelopeKey(from: &entropy), boot: boot, entropy: .seeded(number))
}

private let frame: [UInt8] = Array("a frame of some length".utf8)

private func sealed(_ session: inout Session) -> [UInt8] {
    var arena = ByteWriter()
    let range = session.seal(into: &arena) { $0.raw(frame) }
    return Array(arena.bytes[range])
}

/// Opens a copy of `datagram`: who sent it and what it says, or the refusal.
private func open(_ datagram: [UInt8], _ session: inout Session) throws(Refusal) -> (NodeID, [UInt8]) {
    var bytes = datagram
    var span = bytes.mutableRaw
    let opened = try session.open(&span)
    return (opened.peer, Array(bytes[opened.frame]))
}

@Test func whatOneSealsAnotherOpens() throws {
    var one = try session(1)
    var two = try session(2)
    let datagram = sealed(&one)
    #expect(datagram.count == frame.count + Session.overhead)
    let (peer, body) = try open(datagram, &two)
    #expect(peer == id(1))
    #expect(body == frame)
}

@Test func theSameDatagramTwiceIsRefused() throws {
    var one = try session(1)
    var two = try session(2)
    let first = sealed(&one)
    let second = sealed(&one)
    _ = try open(second, &two)
    _ = try open(first, &two)
    #expect(throws: Refusal.replayed) { _ = try open(first, &two) }
    #expect(throws: Refusal.replayed) { _ = try open(second, &two) }
}

@Test func aNodesOwnDatagramIsNotForItself() throws {
    var one = try session(1)
    let datagram = sealed(&one)
    #expect(throws: Refusal.reflected) { _ = try open(datagram, &one) }
}

@Test func anotherMeshsDatagramIsRefused() throws {
    var stranger = try session(1, mesh: 9)
    var two = try session(2)
    let datagram = sealed(&stranger)
    #expect(throws: Refusal.badSeal) { _ = try open(datagram, &two) }
}

@Test func everyFlippedBitIsRefusedAndChangesNothing() throws {
    var one = try session(1)
    var two = try session(2)
    let datagram = sealed(&one)
    for bit in 0..<datagram.count * 8 {
        var changed = datagram
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(throws: Refusal.self, "bit \(bit)") { _ = try open(changed, &two) }
    }
    #expect(try open(datagram, &two).0 == id(1))
}

@Test func aDatagramCutShortAnywhereIsRefused() throws {
    var one = try session(1)
    var two = try session(2)
    let datagram = sealed(&one)
    for length in 0..<datagram.count {
        #expect(throws: Refusal.self, "cut at \(length)") { _ = try open(Array(datagram[..<length]), &two) }
    }
}

@Test func aRestartedSenderIsHeard() throws {
    var before = try session(1, boot: 1)
    var after = try session(1, boot: 2)
    var two = try session(2)
    for _ in 0..<100 { _ = try open(sealed(&before), &two) }
    let late = sealed(&before)
    _ = try open(sealed(&after), &two)
    #expect(throws: Refusal.replayed) { _ = try open(late, &two) }
}

@Test func aWindowKnowsEveryNumberThatItSaw() {
    var random = Random(seed: 3)
    var window = ReplayWindow(first: 1_000)
    var seen: Set<UInt64> = [1_000]
    var highest: UInt64 = 1_000
    for _ in 0..<10_000 {
        let number = highest - UInt64(random.below(80)) + UInt64(random.below(90))
        let isFresh = number > highest || (highest - number < ReplayWindow.width && !seen.contains(number))
        #expect(window.isFresh(number) == isFresh)
        if isFresh {
            window.enter(number)
            seen.insert(number)
            highest = max(highest, number)
        }
    }
}

@Test func aWindowStandsTheLastNumberThereIs() {
    var window = ReplayWindow(first: .max - 1)
    #expect(window.isFresh(.max))
    window.enter(.max)
    #expect(!window.isFresh(.max))
    #expect(!window.isFresh(0))
}
