import Base
import Crypto
import Foundation
import Testing
import Trust

@testable import Host

private let now = WallTime(milliseconds: 1_795_183_331_118)

private let expires = now + .hours(1)

/// A token of a mesh that somebody founded elsewhere.
private let invitation: String = {
    var entropy = Entropy.seeded(1)
    let key = SigningKey.drawn(from: &entropy)
    let ada = Person(name: "ada", keys: [SignerKey(key.publicKey)])
    let genesis = Charter.genesis(of: "store-0412", by: ada, key: key, nonce: Bytes32(1, 2, 3, 4))
    let founder = NodeIdentity(founding: genesis, key: key, from: &entropy)
    let signatory = Signatory(founder, from: &entropy)
    return signatory.token(
        under: signatory.charter[2].id, head: signatory.mesh, terms: Charter.everyNode, uses: 20, expires: expires,
        hints: [Address(v4: 0x0A09_000B, port: 7946)], from: &entropy
    ).text
}()

/// The permission bits of a file.
private func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
}

/// Every file below a directory with its content.
private func contents(_ path: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
        contents[name] = FileManager.default.contents(atPath: path + "/" + name)
    }
    return contents
}

@Test func foundingMakesADirectoryForItsOwnerAlone() throws {
    let scratch = Scratch()
    let directory = DataDirectory(path: scratch.path + "/a/till-01")
    let founding = try directory.initialise(
        mesh: "store-0412", name: "till-01", site: "front", listen: Address(v4: 0x7F00_0001, port: 7947),
        passphrase: nil)
    #expect(founding.mesh == "store-0412" && founding.name == "till-01" && founding.path == directory.path)
    #expect(try mode(directory.path) == 0o700)
    #expect(try mode(scratch.path + "/a") == 0o700)
    #expect(try mode(directory.identityPath) == 0o600)
    #expect(try mode(directory.configurationPath) == 0o600)
    #expect(
        Set(try contents(directory.path).keys) == ["identity", "marram.toml", "operator"],
        "nothing half-written is left")
    let identity = try directory.identity()
    #expect(identity.id == founding.id && identity.seeds.isEmpty)
    let law = try Law(genesis: identity.charter[0], mesh: identity.mesh)
    #expect(law.root.name == "store-0412" && law.root.head.state.operators.map(\.person.name) == ["operator"])
    #expect(try mode(directory.operatorPath) == 0o600)
}

@Test func theWrittenConfigurationReadsBack() throws {
    let scratch = Scratch()
    let listen = Address(high: 0, low: 1, port: 7947)
    _ = try scratch.directory.initialise(
        mesh: "store-0412", name: "till-01", site: "front", listen: listen, passphrase: nil)
    let configuration = try scratch.directory.configuration().configuration
    var expected = Configuration()
    expected.node.name = "till-01"
    expected.node.site = "front"
    expected.listen.address = listen
    #expect(configuration == expected)
}

@Test func aConfigurationThatWasThereBeforeIsKept() throws {
    let scratch = Scratch()
    try scratch.write("[log]\nlevel = \"debug\"\n", to: "marram.toml")
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: nil, listen: nil, passphrase: nil)
    #expect(try scratch.directory.configuration().configuration.log.level == .debug)
}

@Test func whereANodeLivesNoOtherMoves() throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: nil, listen: nil, passphrase: nil)
    let before = try contents(scratch.path)
    let again = complaint {
        _ = try scratch.directory.initialise(mesh: "other", name: "b", site: "c", listen: nil, passphrase: nil)
    }
    #expect(again?.code.description == "M1204")
    let joined = complaint {
        _ = try scratch.directory.join(token: invitation, name: "b", site: nil, listen: nil, now: now)
    }
    #expect(joined?.code.description == "M1204")
    #expect(try contents(scratch.path) == before)
}

@Test(arguments: ["", "two words", "-till", "till/01", "ä", String(repeating: "a", count: 64)])
func aNameThatIsNoneIsRefusedAndNothingWritten(_ name: String) throws {
    let scratch = Scratch()
    let directory = DataDirectory(path: scratch.path + "/node")
    for attempt in [
        { _ = try directory.initialise(mesh: name, name: "till-01", site: nil, listen: nil, passphrase: nil) },
        { _ = try directory.initialise(mesh: "store", name: name, site: nil, listen: nil, passphrase: nil) },
        { _ = try directory.initialise(mesh: "store", name: "till-01", site: name, listen: nil, passphrase: nil) },
        { _ = try directory.join(token: invitation, name: name, site: nil, listen: nil, now: now) },
    ] as [() throws -> Void] {
        #expect(complaint(attempt)?.code.description == "M1205")
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path))
}

@Test func joiningTakesWhatTheInvitationSays() throws {
    let scratch = Scratch()
    let founding = try scratch.directory.join(
        token: invitation, name: "till-02", site: nil, listen: nil, now: now)
    let token = try InviteToken(text: invitation)
    #expect(founding.mesh == "mesh-\(token.mesh.description.prefix(8))" && founding.name == "till-02")
    let identity = try scratch.directory.identity()
    #expect(identity.mesh == token.mesh && identity.invite == token.invite && identity.seeds == token.hints)
    #expect(try mode(scratch.directory.identityPath) == 0o600)
    // Again with the same token is nothing new.
    let again = try scratch.directory.join(token: invitation, name: "till-02", site: nil, listen: nil, now: now)
    #expect(again.id == founding.id)
}

@Test func anInvitationIsGoodUntilItsDateAndNoLonger() throws {
    let scratch = Scratch()
    func join(at time: WallTime) -> Complaint? {
        complaint {
            _ = try scratch.directory.join(token: invitation, name: "till-02", site: nil, listen: nil, now: time)
        }
    }
    #expect(join(at: expires)?.code.description == "M1207")
    #expect(try contents(scratch.path).isEmpty)
    #expect(join(at: expires + .milliseconds(-1)) == nil)
}

@Test func anIdentityThatOthersMayReadIsRefused() throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: nil, listen: nil, passphrase: nil)
    let path = scratch.directory.identityPath
    func refusal() -> String? { complaint { _ = try scratch.directory.identity() }?.code.description }
    for mode in [0o640, 0o604, 0o620, 0o601] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(refusal() == "M1209", "mode \(String(mode, radix: 8))")
    }
    for mode in [0o600, 0o400] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(refusal() == nil)
    }
}

@Test func aDamagedIdentityIsRefusedAndAMissingOneIsNoNode() throws {
    let scratch = Scratch()
    func refusal() -> String? { complaint { _ = try scratch.directory.identity() }?.code.description }
    #expect(refusal() == "M1201")
    #expect(complaint { _ = try scratch.directory.lock() }?.code.description == "M1201")
    for text in ["", "nonsense", String(repeating: "a", count: NodeIdentity.fileBytes + 1)] {
        try scratch.write(text, to: "identity")
        #expect(refusal() == "M1209")
    }
}

@Test func aNodeOfTheTimeBeforeOperatorsIsToldWhatToDo() throws {
    let scratch = Scratch()
    try scratch.write("\u{1}\u{5}store", to: "identity")
    let refused = complaint { _ = try scratch.directory.identity() }
    #expect(refused?.code.description == "M1220" && refused?.remedy.contains("marram init") ?? false)
    let token = complaint {
        _ = try DataDirectory.check(token: "MARRAM1-AH7K2", now: now)
    }
    #expect(token?.code.description == "M1208" && token?.because.contains("earlier version") ?? false)
}

@Test func aSlashAtTheEndOfThePathMeansNothing() throws {
    let scratch = Scratch()
    #expect(DataDirectory(path: scratch.path + "/").path == scratch.path)
    #expect(DataDirectory(path: scratch.path + "/").socketPath == scratch.directory.socketPath)
    #expect(DataDirectory(path: "/").path == "/")
    let founding = try DataDirectory(path: scratch.path + "/new/").initialise(
        mesh: "store-0412", name: "till-01", site: nil, listen: nil, passphrase: nil)
    #expect(founding.path == scratch.path + "/new")
    #expect(try DataDirectory(path: scratch.path + "/new").identity().id == founding.id)
}

@Test func aTokenIsCheckedWithoutAskingAnybody() throws {
    let report = try DataDirectory.check(token: invitation, now: now)
    #expect(
        report.uses == 20 && report.expires == expires && report.addresses == [Address(v4: 0x0A09_000B, port: 7946)])
    #expect(complaint { _ = try DataDirectory.check(token: invitation, now: expires) }?.code.description == "M1207")
    let cut = String(invitation.dropLast(3))
    #expect(complaint { _ = try DataDirectory.check(token: cut, now: now) }?.code.description == "M1208")
}

@Test func aDirectoryThatOthersMayEnterIsNoPlaceForKeys() throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(mesh: "store", name: "till-01", site: nil, listen: nil, passphrase: nil)
    for mode in [0o750, 0o701, 0o755] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: scratch.path)
        #expect(complaint { _ = try scratch.directory.lock() }?.code.description == "M1215")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: scratch.path)
    #expect(complaint { _ = try scratch.directory.lock() } == nil)
}
