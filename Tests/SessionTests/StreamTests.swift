import Base
import Crypto
import Testing
import Traffic

@testable import Session

/// What becomes of streams when keys, peers and places change under them. `marram-sim lines` has found each of these.
@Suite struct StreamsOverSessions {
    private func events(_ house: House) -> [StreamEvent] { house.streams.map(\.1) }

    @Test func ofALineThatLostARaceNoStreamIsTold() {
        let hamlet = Hamlet(2)
        // Both begin at one moment, and each opens a stream as soon as it has a session.
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.say("hello", from: 2, to: Contact(nil, at: port(1)))
        for _ in 0..<200 {
            hamlet.run(milliseconds: 1)
            for (number, peer) in [(UInt16(1), UInt16(2)), (2, 1)] where events(hamlet[number]).isEmpty {
                hamlet[number].open(to: hamlet[peer].id, writing: "bytes", at: hamlet.now)
            }
        }
        hamlet.run(milliseconds: 2_000)
        for number in [UInt16(1), 2] {
            // After the loser's streams were lost, no number of a stream is opened twice.
            let told = events(hamlet[number])
            let last = told.lastIndex(of: .lost).map { $0 + 1 } ?? 0
            let opened = told[last...].filter { if case .opened = $0 { true } else { false } }
            #expect(Set(opened).count == opened.count)
        }
        #expect(hamlet[1].notes.contains(.ended(hamlet[2].id, .lostRace)))
    }

    @Test func aStreamToAPeerThatRestartedIsLostAlthoughNobodySaysAnything() {
        let hamlet = Hamlet(2)
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        let peer = hamlet[2].id
        hamlet.restart(2, boot: 2)
        hamlet[1].open(to: peer, writing: "nobody reads this", at: hamlet.now)
        hamlet.run(milliseconds: 30_000)
        #expect(events(hamlet[1]) == [.lost])
        #expect(hamlet[1].notes.contains(.ended(peer, .peerRestarted)))
    }

    @Test func aStreamToAPlaceThatThePeerHasLeftFindsItWhereItIsSaidToBe() {
        let hamlet = Hamlet(2)
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        hamlet[2].address = port(77)
        hamlet.say("from elsewhere", from: 2, to: Contact(hamlet[1].id, at: port(1)))
        hamlet.run(milliseconds: 100)
        hamlet[2].address = port(2)
        hamlet[1].open(to: hamlet[2].id, writing: "where are you", at: hamlet.now)
        hamlet.run(milliseconds: 30_000)
        #expect(events(hamlet[2]).contains { if case .readable = $0 { true } else { false } })
    }

    @Test func aPeerThatIsGoneForGoodIsAskedForSeldom() {
        let hamlet = Hamlet(2)
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        hamlet[1].open(to: hamlet[2].id, writing: "nobody hears this", at: hamlet.now)
        hamlet[2].address = port(99)
        hamlet.tamper = { $0.from.address == port(99) ? nil : $0 }
        hamlet.run(milliseconds: 60_000)
        let before = hamlet.past.count
        hamlet.run(milliseconds: 60_000)
        let beginnings = hamlet.past.dropFirst(before).filter {
            $0.bytes[1] == Packet.Kind.first.rawValue && $0.to.carrier == .udp
        }
        #expect((6...13).contains(beginnings.count), "\(beginnings.count)")
    }

    @Test func theLoadCountsWhatOthersCanMakeGrow() {
        let hamlet = Hamlet(2)
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        let begun = SessionLoad(attempts: 1, candidates: 0, indices: 1, peers: 0, addresses: 0)
        #expect(hamlet[1].load == begun)
        hamlet.run(milliseconds: 15)
        let candidate = SessionLoad(attempts: 0, candidates: 1, indices: 1, peers: 0, addresses: 0)
        #expect(hamlet[2].load == candidate)
        hamlet.run(milliseconds: 100)
        let settled = SessionLoad(attempts: 0, candidates: 0, indices: 1, peers: 1, addresses: 1)
        #expect(hamlet[1].load == settled && hamlet[2].load == settled)
    }
}
