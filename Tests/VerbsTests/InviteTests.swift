import Base
import Control
import Crypto
import Testing
import Text
import Trust

@testable import Verbs

/// An invitation as the first node of a young mesh makes it, with so many addresses.
private func token(hints: Int, head: Digest? = nil) -> String {
    var entropy = Entropy.seeded(3)
    let key = SigningKey.drawn(from: &entropy)
    let mesh = Samples.genesis.id
    let invite = Invite(
        head: head ?? mesh, authority: Digest(hashing: [1].raw), inviter: SignerKey(Samples.key(0).publicKey),
        key: SignerKey(key.publicKey), terms: Charter.everyNode, uses: 1, expires: Samples.at)
    let addresses = (0..<hints).map { Address(v4: 0x0A09_000B + UInt32($0), port: 7946) }
    let record = Record(.invite(invite), by: Samples.key(0), in: mesh)
    return InviteToken(mesh: mesh, invite: record, key: key, hints: addresses).text
}

private func stage(_ token: String, _ columns: Int, _ rows: Int) -> Stage {
    let stage = Stage(answering: .invitation(InvitationReply(token: token, uses: 1, expires: Samples.at)))
    stage.isTerminal = true
    stage.size = (columns, rows)
    return stage
}

/// The lines of the code on the screen.
private func code(_ stage: Stage) -> [Substring] {
    let lines = stage.output.split(separator: "\n").dropFirst()
    return lines.map { line in
        let (start, end) = ("\u{1B}[30;47m", "\u{1B}[0m")
        #expect(line.hasPrefix(start) && line.hasSuffix(end))
        return line.dropFirst(start.count).dropLast(end.count)
    }
}

@Test func aShortTokenHasItsCodeOnAScreenOfTwentyFourRows() {
    let stage = stage("MARRAM3-AH7K2-QW", 80, 24)
    #expect(stage.run("invite") == .done)
    #expect(stage.narration.isEmpty)
    #expect(stage.output.hasPrefix("\u{1B}[1mMARRAM3-AH7K2-QW\u{1B}[0m    1 use, until 2026-11-20 14:02:11 UTC\n"))
    #expect(code(stage).map { "|\($0)|" } == golden)
}

/// The figures of docs/decisions/0022.
@Test(arguments: [(1, 65, 33), (2, 65, 33), (3, 65, 33), (8, 69, 35)])
func aTokensCodeIsDrawnWhereThereIsRoom(_ hints: Int, _ columns: Int, _ lines: Int) throws {
    let token = token(hints: hints)
    if hints == 1 { #expect(token.count == 426) }
    let tight = stage(token, columns, lines + 1)
    #expect(tight.run("invite") == .done)
    #expect(tight.narration.isEmpty && tight.output.hasPrefix("\u{1B}[1m\(token)\u{1B}[0m    1 use"))
    let drawn = code(tight)
    #expect(drawn.count == lines && drawn.allSatisfy { $0.count == columns })
    let bare = "MARRAM3-" + token.dropFirst(8).filter { $0 != "-" }
    #expect(drawn.map(String.init) == QRCode(bare)?.lines)
    // Without the hyphens it is the same token.
    #expect(try InviteToken(text: bare).text == token)

    for (width, height) in [(columns - 1, lines + 1), (columns, lines), (80, 24)] {
        let small = stage(token, width, height)
        #expect(small.run("invite") == .done)
        #expect(code(small).isEmpty)
        #expect(
            small.narration
                == "a QR code of the token takes \(columns) columns and \(lines + 1) rows; this terminal has \(width) "
                + "and \(height)\n")
    }
}

@Test func eightAddressesAfterAChangedRootFitEightyColumns() {
    let stage = stage(token(hints: 8, head: Digest(hashing: [2].raw)), 80, 50)
    #expect(stage.run("invite") == .done)
    #expect(code(stage).count == 37)
}

@Test func nobodyButAPersonGetsACode() {
    let token = token(hints: 1)
    let allowed = "1 use, until 2026-11-20 14:02:11 UTC\n"
    let plain = "\(token)    \(allowed)"
    func output(_ line: String, _ change: (Stage) -> Void) -> String {
        let stage = stage(token, 200, 100)
        change(stage)
        #expect(stage.run(line) == .done)
        #expect(stage.narration == (stage.isTerminal || line != "invite" ? "" : allowed))
        return stage.output
    }
    #expect(output("invite") { $0.isTerminal = false } == "\(token)\n")
    #expect(output("invite") { $0.environment["NO_COLOR"] = "1" } == plain)
    #expect(output("invite --no-color") { _ in } == plain)
    #expect(output("invite") { $0.environment["TERM"] = "dumb" } == plain)
    for ascii in [output("invite --ascii") { _ in }, output("invite") { $0.environment["LANG"] = "C" }] {
        #expect(ascii == "\u{1B}[1m\(token)\u{1B}[0m    \(allowed)")
    }
    #expect(output("invite -o name") { _ in } == "\(token)\n")
    #expect(output("invite --json") { _ in }.hasPrefix("{"))
    // A terminal that does not say how large it is, and a token that no code holds.
    #expect(!output("invite") { $0.size = nil }.contains("█"))
    let strange = Reply.invitation(InvitationReply(token: "MARRAM3-\u{E4}", uses: 1, expires: Samples.at))
    #expect(!output("invite") { $0.answer = { _ in Samples.envelope(strange) } }.contains("█"))
}

private let golden = [
    "|                             |",
    "|                             |",
    "|    █▀▀▀▀▀█ ▀▄▀ ▀ █▀▀▀▀▀█    |",
    "|    █ ███ █ ▄█▀▄  █ ███ █    |",
    "|    █ ▀▀▀ █ █ ▄▄▀ █ ▀▀▀ █    |",
    "|    ▀▀▀▀▀▀▀ █▄▀▄█ ▀▀▀▀▀▀▀    |",
    "|    █ ▄▄█▄▀▀██▀█▄█▀▀█▀ ▄█    |",
    "|    ▀█ █▀▄▀▀▀ █▀ █▄▀▀▄▄ █    |",
    "|     ▀  ▀ ▀ █▄  ██▄▄ █▄      |",
    "|    █▀▀▀▀▀█ ▀▀ ▄██▄ ▄▀ ▄█    |",
    "|    █ ███ █ ▀▀▀▀▄▄█  █▄▄█    |",
    "|    █ ▀▀▀ █  ███  ▀▀▄█▀ ▄    |",
    "|    ▀▀▀▀▀▀▀ ▀▀▀ ▀▀▀▀  ▀▀▀    |",
    "|                             |",
    "|                             |",
]
