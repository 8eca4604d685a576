import Base
import Crypto
import Testing
import Traffic

@testable import Session

/// Knocks of so many members at node 1, none of which arrived.
private func knocks(_ hamlet: Hamlet, _ members: ClosedRange<UInt16>) -> [Hamlet.Letter] {
    hamlet.tamper = { _ in nil }
    let before = hamlet.past.count
    for member in members { hamlet.say("hello", from: member, to: Contact(nil, at: port(1))) }
    hamlet.tamper = { $0 }
    return hamlet.past.dropFirst(before).filter { $0.bytes[1] == Packet.Kind.knock.rawValue }
}

@Suite struct Gates {
    @Test func inAFloodASenderHasToShowThatItReceivesAtItsAddress() {
        let hamlet = Hamlet(4)
        let known = Contact(nil, at: port(1))
        for _ in 0..<Limits.unprovedHandshakes + 10 {
            hamlet.restart(2, boot: 1)
            let fresh = knocks(hamlet, 2...2)
            hamlet.inject(fresh[0].bytes, from: fresh[0].from, to: fresh[0].to)
        }
        hamlet.run(milliseconds: 11)
        #expect(hamlet[1].notes.contains(.cookieAsked(Path(port(2)))))
        // An honest node pays one round trip more.
        hamlet.say("honest", from: 4, to: known)
        hamlet.run(milliseconds: 100)
        #expect(hamlet[1].notes.contains(.cookieAsked(Path(port(4)))))
        #expect(hamlet[1].heard.contains { $0.1 == "honest" })
        #expect(hamlet[4].notes.contains(.proofAsked(known, .address)), "who pays it knows why")
    }

    @Test func aCookieIsForOneAddressOnly() {
        var gate = gate()
        let beginning = coded(payload: 100)
        fill(&gate)
        var arena = ByteWriter()
        let verdict = try? gate.judge(beginning.raw, isKnock: true, from: port(5), at: moment(0), into: &arena)
        guard case .cookie(let range)? = verdict else {
            Issue.record("no cookie was asked for: \(String(describing: verdict))")
            return
        }
        #expect(range.count == 64 && range.count <= beginning.count)
        let cookie = open(Array(arena.bytes[range]), of: beginning)
        let proved = coded(payload: 100, cookie: cookie)
        func isWorth(_ source: Address, at milliseconds: Int64) -> Bool {
            var arena = ByteWriter()
            if case .workOnIt? = try? gate.judge(
                proved.raw, isKnock: true, from: source, at: moment(milliseconds), into: &arena)
            {
                return true
            }
            return false
        }
        #expect(isWorth(port(5), at: 1))
        #expect(!isWorth(port(6), at: 1), "another host")
        #expect(!isWorth(Address(v4: port(5).v4 ?? 0, port: 1), at: 1), "another port")
        fill(&gate, at: 130_000)
        #expect(isWorth(port(5), at: 130_001), "the secret before still counts")
        fill(&gate, at: 260_000)
        #expect(!isWorth(port(5), at: 260_001), "and the one before that does not")
    }

    @Test func aCodeIsAskedForBeforeACookie() {
        var gate = gate()
        fill(&gate)
        var beginning = coded(payload: 100)
        beginning[50] ^= 1
        var arena = ByteWriter()
        #expect(throws: Refusal.badCode) {
            _ = try gate.judge(beginning.raw, isKnock: true, from: port(5), at: moment(0), into: &arena)
        }
        #expect(arena.count == 0)
    }

    @Test func oneNetworkMayBeginSoOftenAndNoMoreWhileItFloods() {
        var gate = gate()
        fill(&gate)
        let cookie = open(asked(&gate, by: port(5)), of: coded(payload: 100))
        let proved = coded(payload: 100, cookie: cookie)
        var worked = 0
        for _ in 0..<Limits.handshakeBurst + 1 {
            var arena = ByteWriter()
            if case .workOnIt? = try? gate.judge(
                proved.raw, isKnock: true, from: port(5), at: moment(1), into: &arena)
            {
                worked += 1
            }
        }
        #expect(worked == Limits.handshakeBurst)
    }

    @Test func candidatesAreBoundedAndTheOldestGoes() {
        let hamlet = Hamlet(2)
        let first = knocks(hamlet, 2...2)
        hamlet[1].hear(first[0].bytes, from: first[0].from, at: hamlet.now)
        // So slowly that no proof of address is asked for.
        for number in 0..<Limits.candidates {
            hamlet.restart(2, boot: UInt64(number) + 2)
            let letter = knocks(hamlet, 2...2)[0]
            hamlet[1].hear(letter.bytes, from: letter.from, at: hamlet.now + .milliseconds(Int64(number) * 5))
        }
        #expect(hamlet[1].candidates == Limits.candidates)
    }

    private static let mesh = Digest(hashing: [1, 2, 3].raw)

    private func gate() -> Gate {
        var entropy = Entropy.seeded(3)
        let key = AgreementKey(from: &entropy)
        return Gate(me: key.publicKey, mesh: Self.mesh, entropy: entropy, at: moment(0))
    }

    /// So many handshakes in this second that addresses have to be proved.
    private func fill(_ gate: inout Gate, at milliseconds: Int64 = 0) {
        let beginning = coded(payload: 100)
        for _ in 0..<Limits.unprovedHandshakes {
            var arena = ByteWriter()
            _ = try? gate.judge(
                beginning.raw, isKnock: true, from: port(9), at: moment(milliseconds), into: &arena)
        }
    }

    private func asked(_ gate: inout Gate, by source: Address) -> [UInt8] {
        var arena = ByteWriter()
        guard
            case .cookie(let range)? = try? gate.judge(
                coded(payload: 100).raw, isKnock: true, from: source, at: moment(0), into: &arena)
        else { return [] }
        return Array(arena.bytes[range])
    }

    private func coded(payload: Int, cookie: AuthenticationCode? = nil) -> [UInt8] {
        var writer = ByteWriter()
        Packet.begin(.knock, in: &writer)
        writer.u32(77)
        writer.reserve(payload)
        _ = Codes.put(behind: 0, MeshKeys.code(of: nil, in: Self.mesh), cookie: cookie, in: &writer)
        return writer.bytes
    }

    /// The cookie in an answer, as whoever sent the beginning reads it.
    private func open(_ answer: [UInt8], of beginning: [UInt8]) -> AuthenticationCode? {
        guard answer.count == 64, let codes = try? Codes(of: beginning.raw) else { return nil }
        var envelope = Array(answer.dropFirst(8))
        var span = envelope.mutableRaw
        guard
            let text = try? MeshKeys.cookie(of: nil, in: Self.mesh).open(&span, with: codes.first.encoded.raw)
        else { return nil }
        return try? AuthenticationCode(decoding: span.bytes.extracting(text))
    }
}

@Suite struct Windows {
    @Test func aNumberIsFreshOnceAndTheWindowMovesUpOnly() {
        var window = ReplayWindow()
        for number in [0, 5, 3, 1_000, 999, 1_000 - ReplayWindow.width + 1] as [UInt64] {
            #expect(window.isFresh(number))
            window.enter(number)
            #expect(!window.isFresh(number))
        }
        #expect(!window.isFresh(1_000 - ReplayWindow.width), "one below the window")
        #expect(window.isFresh(998))
    }

    @Test func itAgreesWithASetOfAllNumbersSeen() {
        for seed in 0..<20 as Range<UInt64> {
            var random = Random(seed: seed)
            var window = ReplayWindow()
            var seen: Set<UInt64> = []
            var highest: UInt64 = 0
            for _ in 0..<5_000 {
                let jump = random.below(200) == 0 ? UInt64(random.below(3_000)) : UInt64(random.below(6))
                let back = UInt64(random.below(1_400))
                let number = random.below(2) == 0 ? highest + jump : highest - min(back, highest)
                let isOld = highest >= ReplayWindow.width && number <= highest - ReplayWindow.width
                #expect(window.isFresh(number) == (!seen.contains(number) && !isOld))
                guard window.isFresh(number) else { continue }
                window.enter(number)
                seen.insert(number)
                highest = max(highest, number)
            }
        }
    }

    @Test func theHighestNumbersDoNotOverflow() {
        var window = ReplayWindow()
        window.enter(.max - 1)
        #expect(!window.isFresh(.max - 1) && !window.isFresh(0) && window.isFresh(.max - 2))
        #expect(!window.isFresh(.max - 1 - ReplayWindow.width))
        window.enter(.max - 2)
        #expect(!window.isFresh(.max - 2))
    }
}
