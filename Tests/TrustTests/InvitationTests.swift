import Base
import Testing

@testable import Trust

private let sample = Invitation(
    mesh: "store-0412", meshKey: Bytes32(1, 2, 3, 4),
    seeds: [Address(v4: 0x0A09_000B, port: 7946), Address(high: 0xFE80 << 48, low: 1, port: 7947)],
    expires: WallTime(milliseconds: 1_795_269_720_000), uses: 20)

@Test func aTokenGivesBackItsInvitation() throws {
    #expect(sample.token.hasPrefix("MARRAM1-"))
    #expect(try Invitation(token: sample.token) == sample)
}

@Test func aTokenMayBeTypedInSmallLettersWithSpacesAndLookAlikes() throws {
    let typed = "  " + sample.token.lowercased().replacing("-", with: "").replacing("marram1", with: "marram1-") + "\n"
    #expect(try Invitation(token: typed) == sample)
    let lookAlikes = "MARRAM1-" + sample.token.dropFirst(8).replacing("0", with: "O").replacing("1", with: "l")
    #expect(try Invitation(token: lookAlikes) == sample)
}

@Test func aTokenWithAnyOneCharacterChangedIsRefused() {
    let characters = Array(sample.token)
    for index in 8..<characters.count where characters[index] != "-" {
        var changed = characters
        changed[index] = characters[index] == "Z" ? "Y" : "Z"
        #expect(throws: Complaint.self, "changed at \(index)") { try Invitation(token: String(changed)) }
    }
}

@Test func aTokenCutShortAnywhereIsRefused() {
    let token = sample.token
    for length in 0..<token.count where token.dropLast(token.count - length).last != "-" {
        #expect(throws: Complaint.self, "cut at \(length)") { try Invitation(token: String(token.prefix(length))) }
    }
}

@Test func garbageIsNoToken() {
    for garbage in [
        "", "MARRAM1-", "MARRAM1", "hello", "MARRAM2-AAAA", "MARRAM1-ÄÖÜ", "MARRAM1-U",
        String(repeating: "A", count: 9_999),
    ] {
        do throws(Complaint) {
            _ = try Invitation(token: garbage)
            Issue.record("\(garbage.prefix(20)) was taken for a token")
        } catch {
            #expect(error.code == .invitationUnreadable)
        }
    }
}
