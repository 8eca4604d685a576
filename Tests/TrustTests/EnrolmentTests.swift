import Base
import Crypto
import Testing

@testable import Trust

private let worker = Grant.Terms(site: "front", can: [.renew], scope: scope("site:front"))
private let sponsor = Grant.Terms(site: "front", can: [.sponsor, .renew], scope: scope("site:front"))

/// A site with four nodes that operators made, each of whom may vouch.
private struct Door {
    var court = Court(operators: 1, threshold: 1)
    var office: Digest
    var grants: [Int: Digest] = [:]
    var feeds: [Int: Digest] = [:]

    init() {
        office = court.feed(of: 0)
        for node in 20...23 {
            grants[node] = court.write(.grant(Grant(.node(court.node(node)), sponsor)), in: office)
            feeds[node] = court.feed(of: node)
        }
    }

    @discardableResult
    mutating func write(_ act: Act, by node: Int) -> Digest {
        court.write(act, in: feeds[node] ?? office, under: grants[node])
    }

    mutating func redeem(_ invite: Verified, by sponsor: Int, as node: Int) -> Digest {
        write(.redeem(court.redemption(of: invite, key: 40, node: node)), by: sponsor)
    }

    func standing(_ node: Int) -> Judgement.Standing? { court.judgement.members[court.key(node)]?.standing }
}

@Test func aTokenComesBackFromPaper() throws {
    let court = Court(operators: 1, threshold: 1)
    let invite = court.invite(by: 0, key: 40, terms: worker)
    let hint = Address(v4: 0x0A09_000B, port: 7946)
    let token = InviteToken(mesh: court.mesh, invite: invite.record, key: Court.signer(40), hints: [hint])
    let text = token.text
    for typed in [
        text, text.lowercased(), " " + text.replacing("-", with: " ").replacing("MARRAM3 ", with: "MARRAM3-"),
    ] {
        let read = try InviteToken(text: typed)
        #expect(read.encoded == token.encoded && read.mesh == court.mesh && read.hints == [hint])
        #expect(read.invite == invite.record)
    }
}

/// What the newcomer can work out is not in it, and yet the invite is the one that was signed, byte by byte.
@Test func aTokenLeavesOutWhatIsUsual() throws {
    let court = Court(operators: 1, threshold: 1)
    let (v4, v6) = (Address(v4: 0x0A09_000B, port: 7946), Address(high: 1 << 61, low: 1, port: 7946))
    let other = Digest(hashing: [1].raw)
    func check(_ terms: Grant.Terms, head: Digest?, authority: Digest?, _ hints: [Address], _ bytes: Int) throws {
        let invite = court.invite(by: 0, key: 40, terms: terms, authority: authority, head: head).record
        let token = InviteToken(mesh: court.mesh, invite: invite, key: Court.signer(40), hints: hints)
        #expect(token.encoded.count == bytes)
        let read = try InviteToken(text: token.text)
        #expect(read.invite == invite && read.hints == hints && read.encoded == token.encoded)
    }
    try check(Charter.everyNode, head: nil, authority: other, [v4], 214)
    try check(Charter.everyNode, head: nil, authority: nil, [], 175)
    try check(Charter.everyNode, head: other, authority: nil, [], 207)
    try check(Charter.everyNode, head: nil, authority: nil, [v4, v6], 175 + 7 + 19)
    try check(worker, head: nil, authority: nil, [], 175 + worker.encoded.count)
    try check(Charter.everyNode, head: other, authority: other, [Address](repeating: v6, count: 8), 239 + 8 * 19)
}

/// One token has one text: what is usual cannot be spelled out instead.
@Test func aTokenThatSpellsOutWhatIsUsualIsRefused() throws {
    let court = Court(operators: 1, threshold: 1)
    let invite = court.invite(by: 0, key: 40, terms: Charter.everyNode)
    let hint = Address(v4: 0x0A09_000B, port: 7946)
    let bytes = InviteToken(mesh: court.mesh, invite: invite.record, key: Court.signer(40), hints: [hint]).encoded
    #expect(bytes[64...65] == [0, 0] && bytes[99] == 0)
    func refusal(_ bytes: [UInt8]) -> InviteToken.Refusal? {
        do throws(InviteToken.Refusal) {
            _ = try InviteToken(decoding: bytes.raw)
            return nil
        } catch {
            return error
        }
    }
    #expect(refusal(bytes) == nil)
    #expect(refusal(bytes[..<64] + [1] + court.mesh.encoded + bytes[65...]) == .malformed)
    #expect(refusal(bytes[..<99] + [1] + Charter.everyNode.encoded + bytes[100...]) == .malformed)
    #expect(refusal(bytes.dropLast(7) + [6] + hint.encoded) == .malformed)
    #expect(refusal(bytes.dropLast(7) + [5] + bytes.suffix(6)) == .malformed)
    // No uses, and more than anybody may give.
    for uses in [[0, 0], [0xFF, 0xFF]] as [[UInt8]] {
        #expect(refusal(bytes[..<100] + uses + bytes[102...]) == .malformed)
    }
    #expect(refusal(bytes[..<100] + [2] + bytes[101...]) == .notAuthentic)
}

private func refusal(_ text: String) -> InviteToken.Refusal? {
    do throws(InviteToken.Refusal) {
        _ = try InviteToken(text: text)
        return nil
    } catch {
        return error
    }
}

@Test func aTokenThatIsMistypedForeignOrForgedIsRefused() {
    let court = Court(operators: 1, threshold: 1)
    let invite = court.invite(by: 0, key: 40, terms: worker)
    func text(_ mesh: Digest, _ record: Record, _ key: Int) -> String {
        InviteToken(mesh: mesh, invite: record, key: Court.signer(key), hints: []).text
    }
    let good = text(court.mesh, invite.record, 40)
    #expect(refusal(good) == nil)
    for length in stride(from: 9, to: good.count, by: 5) { #expect(refusal(String(good.prefix(length))) != nil) }
    var digits = Array(good)
    digits[30] = digits[30] == "Z" ? "Y" : "Z"
    #expect(refusal(String(digits)) == .mistyped)
    #expect(refusal("MARRAM1-AAAAA") == .notAToken && refusal("") == .notAToken)
    #expect(refusal(text(Court(operators: 2).mesh, invite.record, 40)) == .notAuthentic)
    #expect(refusal(text(court.mesh, invite.record, 41)) == .notAuthentic)
    let unsigned = Record(body: invite.record.body, seals: [Record.Seal(court.key(0), Court.noSignature)])
    #expect(refusal(text(court.mesh, unsigned, 40)) == .notAuthentic)
}

@Test func aNewcomerIsOnProbationUntilItsSiteVouches() {
    var door = Door()
    let redemption = door.redeem(door.court.invite(by: 0, key: 40, terms: worker), by: 20, as: 30)
    #expect(door.standing(30) == .probation)
    for node in [20, 21] {
        door.write(.confirm(redemption: redemption), by: node)
        #expect(door.standing(30) == .probation)
    }
    // Twice by one node is once.
    door.write(.confirm(redemption: redemption), by: 21)
    #expect(door.standing(30) == .probation)
    door.write(.confirm(redemption: redemption), by: 22)
    #expect(door.standing(30) == .full && door.court.judgement.alarms.isEmpty)
}

@Test func anOperatorsWordMakesANewcomerFull() {
    var door = Door()
    let redemption = door.redeem(door.court.invite(by: 0, key: 40, terms: worker), by: 20, as: 30)
    door.court.write(.confirm(redemption: redemption), in: door.office)
    #expect(door.standing(30) == .full)
}

@Test func twoNodesWithOneInvitationAreBothOnProbationUntilAPersonDecides() {
    var door = Door()
    let invite = door.court.invite(by: 0, key: 40, terms: worker)
    let redemptions = [door.redeem(invite, by: 20, as: 30), door.redeem(invite, by: 21, as: 31)]
    for redemption in redemptions {
        for node in [20, 21, 22] { door.write(.confirm(redemption: redemption), by: node) }
    }
    #expect(door.standing(30) == .probation && door.standing(31) == .probation)
    let nodes = [30, 31].map(door.court.key).sorted()
    #expect(door.court.judgement.alarms == [.overspent(invite: invite.id, nodes: nodes)])
    door.court.write(.resolve(invite: invite.id, keep: [door.court.key(31)]), in: door.office)
    #expect(door.standing(30) == nil && door.standing(31) == .full && door.court.judgement.alarms.isEmpty)
    #expect(door.court.judgement.verdict(on: redemptions[0]) == .void(.notKept))
}

/// Two partitions, a thousand nodes, one use.
@Test func aThousandRedemptionsOfOneUseMakeAtMostOneFullMember() {
    var court = Court(operators: 1, threshold: 1, isSigned: false)
    let office = court.feed(of: 0)
    let sponsors = [20, 21, 22].map { court.write(.grant(Grant(.node(court.node($0)), sponsor)), in: office) }
    let feeds = [20, 21, 22].map { court.feed(of: $0) }
    let invite = court.invite(by: 0, key: 40, terms: worker)
    for number in 0..<1_000 {
        let side = number % 2
        let redemption = court.write(
            .redeem(court.redemption(of: invite, key: 40, node: 1_000 + number)), in: feeds[side],
            under: sponsors[side])
        for index in 0..<3 { court.write(.confirm(redemption: redemption), in: feeds[index], under: sponsors[index]) }
    }
    let judgement = court.judgement
    #expect(judgement.members.count { $1.standing == .full } == 3, "the sponsors themselves")
    #expect(judgement.members.count == 1_003 && judgement.alarms.count == 1)
}

@Test func theSameNodeMayComeAgain() {
    var door = Door()
    let invite = door.court.invite(by: 0, key: 40, terms: worker)
    let first = door.redeem(invite, by: 20, as: 30)
    _ = door.redeem(invite, by: 21, as: 30)
    for node in [20, 21, 22] { door.write(.confirm(redemption: first), by: node) }
    #expect(door.standing(30) == .full && door.court.judgement.alarms.isEmpty)
}

@Test func aRedemptionThatWasOverheardIsWorthNothing() throws {
    let court = Court(operators: 1, threshold: 1)
    let invite = court.invite(by: 0, key: 40, terms: worker)
    let good = court.redemption(of: invite, key: 40, node: 30)
    #expect(throws: Never.self) { try good.verified(in: court.mesh) }
    // Another channel, another node, another invitation, another mesh.
    let relayed = Redemption(invite: good.invite, node: good.node, channel: .zero, signature: good.signature)
    let stolen = Redemption(
        invite: good.invite, node: court.node(31), channel: good.channel, signature: good.signature)
    let swapped = Redemption(
        invite: court.invite(by: 0, key: 40, terms: sponsor).record, node: good.node, channel: good.channel,
        signature: good.signature)
    for bad in [relayed, stolen, swapped] {
        #expect(throws: RecordRefusal.notAuthentic) { try bad.verified(in: court.mesh) }
    }
    #expect(throws: RecordRefusal.notAuthentic) { try good.verified(in: Court(operators: 2).mesh) }
    let entry = Entry(
        feed: court.mesh, sequence: 1, previous: court.mesh, head: court.mesh, authority: nil,
        time: HybridTime(bits: 0), act: .redeem(relayed))
    #expect(throws: RecordRefusal.notAuthentic) {
        try Verified(Record(.entry(entry), by: Court.signer(20), in: court.mesh), in: court.mesh)
    }
}

@Test func aSponsorRefusesWhatIsSpentExpiredOrNobodysToGive() {
    var door = Door()
    func refusal(_ invite: Verified, for node: Int, floor: Int64 = 0, _ door: Door) -> InviteRefusal? {
        let time = TimeBracket(storedFloor: WallTime(milliseconds: floor), slack: .seconds(1), at: now)
        return door.court.judgement.refusal(
            of: invite, for: door.court.key(node), in: door.court.whole, time: time, at: now)
    }
    let invite = door.court.invite(by: 0, key: 40, terms: worker, expires: 600_000)
    #expect(refusal(invite, for: 30, door) == nil)
    #expect(refusal(invite, for: 30, floor: 600_001, door) == .expired)
    _ = door.redeem(invite, by: 20, as: 30)
    #expect(refusal(invite, for: 31, door) == .spent(1) && refusal(invite, for: 30, door) == nil)
    #expect(refusal(door.court.invite(by: 20, key: 40, terms: worker), for: 31, door) == .void(.notAnOperator))
    let greedy = door.court.invite(by: 20, key: 40, terms: sponsor, authority: door.grants[20])
    #expect(refusal(greedy, for: 31, door) == .void(.lacks(.invite)))
}

@Test func whoeverInvitedTakesBackWhatCameOfItThoughTheSponsorIsUnknown() {
    var door = Door()
    let inviting = Grant.Terms(site: "front", can: [.invite, .renew], scope: scope("site:front"), delegate: 1)
    let right = door.court.write(.grant(Grant(.node(door.court.node(24)), inviting)), in: door.office)
    let invite = door.court.invite(by: 24, key: 40, terms: worker, authority: right)
    // The sponsor uses a grant that nobody has seen.
    let redemption = door.court.write(
        .redeem(door.court.redemption(of: invite, key: 40, node: 30)), in: door.feeds[20] ?? door.office,
        under: Digest(Bytes32(1, 2, 3, 4)))
    let own = door.court.feed(of: 24)
    let revocation = door.court.write(
        .revoke(Revocation(.grant(redemption), reason: .mistake, cuts: [])), in: own, under: right)
    #expect(door.court.judgement.verdict(on: redemption) == .void(.noSuchGrant))
    #expect(door.court.judgement.verdict(on: revocation) == .valid)
}
