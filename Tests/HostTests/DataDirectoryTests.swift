import Base
import Foundation
import Testing
import Trust

@testable import Host

private let now = WallTime(milliseconds: 1_795_183_331_118)

private let invitation = Invitation(
    mesh: "store-0412", meshKey: Bytes32(1, 2, 3, 4), seeds: [Address(v4: 0x0A09_000B, port: 7946)],
    expires: now + .hours(1), uses: 20)

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
        mesh: "store-0412", name: "till-01", site: "front", listen: Address(v4: 0x7F00_0001, port: 7947))
    #expect(founding.mesh == "store-0412" && founding.name == "till-01" && founding.path == directory.path)
    #expect(try mode(directory.path) == 0o700)
    #expect(try mode(scratch.path + "/a") == 0o700)
    #expect(try mode(directory.identityPath) == 0o600)
    #expect(try mode(directory.configurationPath) == 0o600)
    #expect(Set(try contents(directory.path).keys) == ["identity", "marram.toml"], "nothing half-written is left")
    let identity = try directory.identity()
    #expect(identity.id == founding.id && identity.mesh == "store-0412" && identity.seeds.isEmpty)
}

@Test func theWrittenConfigurationReadsBack() throws {
    let scratch = Scratch()
    let listen = Address(high: 0, low: 1, port: 7947)
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: "front", listen: listen)
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
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: nil, listen: nil)
    #expect(try scratch.directory.configuration().configuration.log.level == .debug)
}

@Test func whereANodeLivesNoOtherMoves() throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: nil, listen: nil)
    let before = try contents(scratch.path)
    let again = complaint { _ = try scratch.directory.initialise(mesh: "other", name: "b", site: "c", listen: nil) }
    #expect(again?.code.description == "M1204")
    let joined = complaint {
        _ = try scratch.directory.join(token: invitation.token, name: "b", site: nil, listen: nil, now: now)
    }
    #expect(joined?.code.description == "M1204")
    #expect(try contents(scratch.path) == before)
}

@Test(arguments: ["", "two words", "-till", "till/01", "ä", String(repeating: "a", count: 64)])
func aNameThatIsNoneIsRefusedAndNothingWritten(_ name: String) throws {
    let scratch = Scratch()
    let directory = DataDirectory(path: scratch.path + "/node")
    for attempt in [
        { _ = try directory.initialise(mesh: name, name: "till-01", site: nil, listen: nil) },
        { _ = try directory.initialise(mesh: "store", name: name, site: nil, listen: nil) },
        { _ = try directory.initialise(mesh: "store", name: "till-01", site: name, listen: nil) },
        { _ = try directory.join(token: invitation.token, name: name, site: nil, listen: nil, now: now) },
    ] as [() throws -> Void] {
        #expect(complaint(attempt)?.code.description == "M1205")
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path))
}

@Test func joiningTakesWhatTheInvitationSays() throws {
    let scratch = Scratch()
    let founding = try scratch.directory.join(
        token: invitation.token, name: "till-02", site: nil, listen: nil, now: now)
    #expect(founding.mesh == "store-0412" && founding.name == "till-02")
    let identity = try scratch.directory.identity()
    #expect(identity.meshKey == invitation.meshKey && identity.seeds == invitation.seeds)
    #expect(try mode(scratch.directory.identityPath) == 0o600)
}

@Test func anInvitationIsGoodUntilItsDateAndNoLonger() throws {
    let scratch = Scratch()
    func join(at time: WallTime) -> Complaint? {
        complaint {
            _ = try scratch.directory.join(token: invitation.token, name: "till-02", site: nil, listen: nil, now: time)
        }
    }
    #expect(join(at: invitation.expires)?.code.description == "M1207")
    #expect(try contents(scratch.path).isEmpty)
    #expect(join(at: invitation.expires + .milliseconds(-1)) == nil)
}

@Test func anIdentityThatOthersMayReadIsRefused() throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(mesh: "store-0412", name: "till-01", site: nil, listen: nil)
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

@Test func aSlashAtTheEndOfThePathMeansNothing() throws {
    let scratch = Scratch()
    #expect(DataDirectory(path: scratch.path + "/").path == scratch.path)
    #expect(DataDirectory(path: scratch.path + "/").socketPath == scratch.directory.socketPath)
    #expect(DataDirectory(path: "/").path == "/")
    let founding = try DataDirectory(path: scratch.path + "/new/").initialise(
        mesh: "store-0412", name: "till-01", site: nil, listen: nil)
    #expect(founding.path == scratch.path + "/new")
    #expect(try DataDirectory(path: scratch.path + "/new").identity().id == founding.id)
}
