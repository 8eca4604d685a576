import Base
import Glibc
import Testing

@testable import Disk

private let name = "marram.db"

@Test func factsComeBackInOrder() throws {
    let scratch = Scratch()
    do {
        let store = try FactStore(at: .directory(scratch.path))
        #expect(store.boot == 1)
        #expect(try store.load() == [])
        try store.apply([fact(2, "b", "1"), fact(1, "z", ""), fact(2, "a", "2"), fact(1, "gone", "3")])
        try store.apply([fact(2, "b", "newer"), fact(1, "gone", nil), fact(9, "never was", nil)])
    }
    #expect(scratch.names == [name], "a store that closes leaves no log")
    let store = try FactStore(at: .directory(scratch.path))
    #expect(store.boot == 2)
    #expect(try store.load() == [fact(1, "z", ""), fact(2, "a", "2"), fact(2, "b", "newer")])
}

@Test func theLastOfTwoFactsWithOneKeyWins() throws {
    let store = try FactStore(at: .volume(PowerLossVolume(random: Random(seed: 1))))
    try store.apply([fact(1, "a", "1"), fact(1, "a", nil), fact(1, "a", "2")])
    #expect(try store.load() == [fact(1, "a", "2")])
}

@Test func aStoreEqualsASortedMapWhateverIsApplied() throws {
    let volume = PowerLossVolume(random: Random(seed: 3))
    var random = Random(seed: 4)
    var store: FactStore? = try FactStore(at: .volume(volume), settings: .init(checkpointPages: 10))
    var model = SortedMap<String, Fact>()
    for round in 0..<200 {
        let batch = Workload.batch(&random, keys: 40)
        try store?.apply(batch)
        Workload.apply(batch, to: &model)
        if round % 40 == 39 {
            volume.killProcess()
            store = nil
            volume.restart()
            store = try FactStore(at: .volume(volume), settings: .init(checkpointPages: 10))
            #expect(try store?.load() == model.values)
        }
    }
    #expect(try store?.load() == model.values)
}

@Test func aFactAtTheLimitIsStoredAndOneAboveIsNot() throws {
    let store = try FactStore(at: .volume(PowerLossVolume(random: Random(seed: 1))))
    let key = [UInt8](repeating: 1, count: Limits.factKeyBytes)
    let value = [UInt8](repeating: 2, count: Limits.factValueBytes)
    let largest = Fact(shelf: 255, key: key, value: value)
    try store.apply([largest])
    for tooLarge in [
        Fact(shelf: 1, key: key + [1], value: []), Fact(shelf: 1, key: key + [1], value: nil),
        Fact(shelf: 1, key: [], value: value + [2]),
    ] {
        let failure = #expect(throws: CommitFailure.self) { try store.apply([fact(1, "beside", "1"), tooLarge]) }
        guard case .notDone(let error) = failure else {
            Issue.record("\(String(describing: failure))")
            continue
        }
        #expect(error.kind == .tooBig)
    }
    #expect(try store.load() == [largest])
}

@Test func aDatabaseAtItsLimitRefusesMoreAndLivesOn() throws {
    let volume = PowerLossVolume(random: Random(seed: 1))
    let store = try FactStore(at: .volume(volume), settings: .init(largestBytes: 40 * Connection.pageBytes))
    func put(_ number: UInt8) throws(CommitFailure) {
        try store.apply([Fact(shelf: 1, key: [number], value: [UInt8](repeating: number, count: 40_000))])
    }
    var stored: UInt8 = 0
    let failure = #expect(throws: CommitFailure.self) {
        while true {
            try put(stored)
            stored += 1
        }
    }
    guard case .notDone(let error) = failure else {
        Issue.record("\(String(describing: failure))")
        return
    }
    #expect(error.kind == .full)
    #expect(stored == 3)
    try store.apply([Fact(shelf: 1, key: [0], value: nil)])
    try put(stored)
    #expect(try store.load().count == 3)
}

@Test func onlyTheOwnerMayReadTheDatabase() throws {
    let scratch = Scratch()
    let store = try FactStore(at: .directory(scratch.path))
    for file in [name, name + "-wal"] {
        var status = stat()
        #expect(stat(scratch.file(file), &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600, "\(file)")
    }
    withExtendedLifetime(store) {}
}

// MARK: What is wrong at the start

@Test func aNewerStoreIsRefusedAndLeftAlone() throws {
    let scratch = Scratch()
    do {
        let connection = try Connection(path: scratch.file(name))
        try FactStore.schema.migrate(connection)
        try connection.execute("PRAGMA user_version = 99")
    }
    let complaint = complaint { _ = try FactStore(at: .directory(scratch.path)) }
    #expect(complaint?.code == .databaseNewer)
    #expect(complaint?.what.contains("version 99") == true)
    #expect(scratch.names == [name])
}

@Test func anotherProgramsFileIsRefusedAndLeftAlone() throws {
    let scratch = Scratch()
    try Connection(path: scratch.file(name)).execute("CREATE TABLE theirs (a)")
    #expect(complaint { _ = try FactStore(at: .directory(scratch.path)) }?.code == .databaseForeign)
    #expect(scratch.names == [name])
}

@Test func aDamagedPageIsFoundAndTheFileKeptAside() throws {
    let scratch = Scratch()
    do {
        let store = try FactStore(at: .directory(scratch.path))
        for number in 0..<200 { try store.apply([fact(1, "key \(number)", String(repeating: "x", count: 300))]) }
    }
    let garbage = [UInt8](repeating: 0xA5, count: 64)
    scratch.overwrite(name, at: 4 * Connection.pageBytes, with: garbage)
    let complaint = complaint { _ = try FactStore(at: .directory(scratch.path)) }
    #expect(complaint?.code == .databaseCorrupt)
    #expect(complaint?.because.contains(scratch.file("marram.db.corrupt-1")) == true)
    #expect(complaint?.remedy.contains("restore a backup as \(scratch.file(name))") == true)
    #expect(scratch.names == ["marram.db.corrupt-1", "marram.db.corrupt-1-wal"])
    let store = try FactStore(at: .directory(scratch.path))
    #expect(try store.load() == [])
    #expect(store.boot == 1)
}

@Test func aDamagedDatabaseTakesItsLogAlong() throws {
    let volume = PowerLossVolume(random: Random(seed: 1))
    var store: FactStore? = try FactStore(at: .volume(volume), settings: .init(checkpointPages: 20))
    for number in 0..<200 { try store?.apply([fact(1, "key \(number)", String(repeating: "x", count: 300))]) }
    volume.killProcess()
    store = nil
    volume.restart()
    #expect(volume.names == [name, name + "-wal"])
    let log = try #require(volume.bytes(of: name + "-wal"))
    // Every page but the first: the log has newer ones of some, and those would hide the damage.
    let pages = try #require(volume.bytes(of: name)).count - Connection.pageBytes
    volume.overwrite(name, at: Connection.pageBytes, with: [UInt8](repeating: 0xA5, count: pages))
    #expect(complaint { _ = try FactStore(at: .volume(volume)) }?.code == .databaseCorrupt)
    #expect(volume.names == ["marram.db.corrupt-1", "marram.db.corrupt-1-wal"])
    #expect(volume.bytes(of: "marram.db.corrupt-1-wal") == log)
}

@Test func aKeepingAsideThatWasCutShortIsFinished() throws {
    let volume = PowerLossVolume(random: Random(seed: 1))
    var store: FactStore? = try FactStore(at: .volume(volume))
    try store?.apply([fact(1, "a", "b")])
    volume.killProcess()
    store = nil
    volume.restart()
    try volume.rename(name, to: "marram.db.corrupt-3")
    store = try FactStore(at: .volume(volume))
    #expect(try store?.load() == [])
    #expect(volume.contains("marram.db.corrupt-3-wal"))
}

@Test func factsThatNobodyCanHaveStoredAreDamage() throws {
    let volume = PowerLossVolume(random: Random(seed: 1))
    do {
        _ = try FactStore(at: .volume(volume))
        let connection = try Connection(path: name, on: volume)
        try connection.run("INSERT INTO fact VALUES (256, x'00', x'00')")
    }
    let store = try FactStore(at: .volume(volume))
    #expect(complaint { _ = try store.load() }?.code == .databaseCorrupt)
    #expect(volume.contains("marram.db.corrupt-1"))
    #expect(throws: CommitFailure.self) { try store.apply([]) }
}

@Test func damagedDatabasesAreKeptUpToALimitAndNeverDeleted() throws {
    let volume = PowerLossVolume(random: Random(seed: 1))
    for number in 1...Limits.keptDatabases + 1 {
        _ = try FactStore(at: .volume(volume))
        volume.overwrite(name, at: 0, with: Array("not a database".utf8))
        let complaint = complaint { _ = try FactStore(at: .volume(volume)) }
        #expect(complaint?.code == .databaseCorrupt)
        #expect(volume.contains("marram.db.corrupt-\(number)") == (number <= Limits.keptDatabases))
    }
    #expect(volume.contains(name))
}

@Test func aFullDiskAtTheStartIsSaid() throws {
    // From no room at all to almost enough for the first start.
    for pages in 0..<12 {
        let volume = PowerLossVolume(random: Random(seed: 1), capacity: pages * 1_000)
        let complaint = complaint { _ = try FactStore(at: .volume(volume)) }
        #expect(complaint?.code == .diskFull, "\(pages)")
    }
    _ = try FactStore(at: .volume(PowerLossVolume(random: Random(seed: 1), capacity: 100_000)))
}

@Test func aMissingDirectoryIsSaid() {
    #expect(complaint { _ = try FactStore(at: .directory("/tmp/marram/is/not/here")) }?.code == .notInitialised)
}

@Test func aDirectoryOfSomebodyElseIsSaid() throws {
    let scratch = Scratch()
    asNobody {
        #expect(complaint { _ = try FactStore(at: .directory(scratch.path)) }?.code == .directoryNotWritable)
    }
}

@Test func aStoreInUseIsSaid() throws {
    let scratch = Scratch()
    let store = try FactStore(at: .directory(scratch.path))
    let second = complaint { _ = try FactStore(at: .directory(scratch.path), settings: .init(busyMilliseconds: 0)) }
    #expect(second?.code == .directoryInUse)
    withExtendedLifetime(store) {}
}

@Test func aFullFileSystemIsMetWithGrace() throws {
    let scratch = Scratch()
    guard mount("tmpfs", scratch.path, "tmpfs", 0, "size=256k") == 0 else {
        print("skipped: no file system can be mounted here (errno \(errno))")
        return
    }
    defer { umount2(scratch.path, Int32(MNT_DETACH)) }
    var stored: [Fact] = []
    do {
        let store = try FactStore(at: .directory(scratch.path))
        let failure = #expect(throws: CommitFailure.self) {
            for number in 0..<100 {
                let next = Fact(shelf: 1, key: [UInt8(number)], value: [UInt8](repeating: 1, count: 10_000))
                try store.apply([next])
                stored.append(next)
            }
        }
        #expect(failure?.error.kind == .full)
        guard case .indeterminate = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }
    #expect(stored.count > 3)
    // Full as it is, the store may not open; but it says why, and loses nothing.
    do throws(Complaint) {
        _ = try FactStore(at: .directory(scratch.path))
    } catch {
        #expect(error.code == .diskFull)
    }
    #expect(mount("tmpfs", scratch.path, "tmpfs", UInt(MS_REMOUNT), "size=4m") == 0)
    let found = try FactStore(at: .directory(scratch.path)).load()
    #expect(found.prefix(stored.count) == stored[...])
    #expect(found.count <= stored.count + 1)
}

@Test func aReadOnlyFileSystemIsSaid() throws {
    let scratch = Scratch()
    guard mount("tmpfs", scratch.path, "tmpfs", UInt(MS_RDONLY), nil) == 0 else {
        print("skipped: no file system can be mounted here (errno \(errno))")
        return
    }
    defer { umount2(scratch.path, Int32(MNT_DETACH)) }
    #expect(complaint { _ = try FactStore(at: .directory(scratch.path)) }?.code == .directoryNotWritable)
}
