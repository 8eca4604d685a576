import Base
import Glibc
import Testing

@testable import Disk

private func volume(_ seed: UInt64 = 1) -> PowerLossVolume { PowerLossVolume(random: Random(seed: seed)) }

/// Opens a file of the volume as SQLite would.
private func opened(_ name: String, on volume: PowerLossVolume, asJournal: Bool = false) throws -> OpenFile {
    if !volume.contains(name) { #expect(volume.make(name) == nil) }
    return OpenFile(try #require(volume.files[name]), on: volume, synchronisesDirectory: asJournal)
}

extension PowerLossVolume {
    fileprivate func write(_ bytes: [UInt8], at offset: Int, to file: OpenFile) -> Failure? {
        bytes.withUnsafeBytes { write($0, at: offset, to: file) }
    }
}

@Test func everyUnsynchronisedSectorMeetsEachFateAndTheSynchronisedKeep() throws {
    var kept = 0
    var dropped = 0
    var other = 0
    for seed in UInt64(0)..<200 {
        let volume = volume(seed)
        let file = try opened("a", on: volume, asJournal: true)
        #expect(volume.write([UInt8](repeating: 1, count: 4_096), at: 0, to: file) == nil)
        #expect(volume.synchronise(file) == nil)
        // Within sectors 1 to 4, beginning and ending inside of one.
        #expect(volume.write([UInt8](repeating: 2, count: 1_700), at: 700, to: file) == nil)
        volume.losePower()
        let bytes = try #require(volume.bytes(of: "a"))
        #expect(bytes.count == 4_096)
        #expect(bytes[..<700].allSatisfy { $0 == 1 } && bytes[2_400...].allSatisfy { $0 == 1 })
        for sector in [700..<1_024, 1_024..<1_536, 1_536..<2_048, 2_048..<2_400] {
            if bytes[sector].allSatisfy({ $0 == 2 }) {
                kept += 1
            } else if bytes[sector].allSatisfy({ $0 == 1 }) {
                dropped += 1
            } else {
                other += 1
            }
        }
    }
    #expect(min(kept, dropped, other) > 100, "\(kept) kept, \(dropped) dropped, \(other) torn or garbage")
}

@Test func aSectorWrittenTwiceMayKeepEitherWriting() throws {
    // Garbage may be anything, so three of these values mean little by themselves; none of them may be missing.
    var found: Set<UInt8> = []
    for seed in UInt64(0)..<1_000 {
        let volume = volume(seed)
        let file = try opened("a", on: volume, asJournal: true)
        for value in UInt8(1)...3 {
            #expect(volume.write([value], at: 0, to: file) == nil)
            if value == 1 { #expect(volume.synchronise(file) == nil) }
        }
        volume.losePower()
        found.insert(try #require(volume.bytes(of: "a")?.first))
    }
    #expect(found.isSuperset(of: [1, 2, 3]))
}

@Test func aCutThatWasNotSynchronisedHappensOrNot() throws {
    var sizes: Set<Int> = []
    for seed in UInt64(0)..<50 {
        let volume = volume(seed)
        let file = try opened("a", on: volume, asJournal: true)
        #expect(volume.write([UInt8](repeating: 1, count: 3_000), at: 0, to: file) == nil)
        #expect(volume.synchronise(file) == nil)
        #expect(volume.truncate(file, to: 1_000) == nil)
        #expect(volume.bytes(of: "a")?.count == 1_000)
        volume.losePower()
        let bytes = try #require(volume.bytes(of: "a"))
        #expect(bytes.allSatisfy { $0 == 1 })
        sizes.insert(bytes.count)
    }
    #expect(sizes == [1_000, 3_000])
}

@Test func namesReachTheDiskInTheirOrder() throws {
    var outcomes: Set<[String]> = []
    for seed in UInt64(0)..<100 {
        let volume = volume(seed)
        _ = try opened("a", on: volume)
        _ = try opened("b", on: volume)
        #expect(volume.delete("a", synchronising: false) == nil)
        #expect(volume.names == ["b"])
        volume.losePower()
        outcomes.insert(volume.names)
    }
    #expect(outcomes == [[], ["a"], ["a", "b"], ["b"]])
}

@Test func aSynchronisedDirectoryKeepsItsNames() throws {
    for seed in UInt64(0)..<20 {
        let volume = volume(seed)
        _ = try opened("a", on: volume)
        let journal = try opened("b", on: volume, asJournal: true)
        #expect(volume.synchronise(journal) == nil)
        try volume.rename("a", to: "c")
        volume.losePower()
        #expect(volume.names == ["b", "c"])
    }
}

@Test func whatAFailedSynchronisingDidNotWriteNoLaterOneWrites() throws {
    var lost = 0
    for seed in UInt64(0)..<50 {
        let volume = volume(seed)
        let file = try opened("a", on: volume, asJournal: true)
        #expect(volume.synchronise(file) == nil)
        #expect(volume.write([UInt8](repeating: 1, count: 512), at: 0, to: file) == nil)
        volume.fail(at: volume.operations + 1, .ioError)
        #expect(volume.synchronise(file) == .ioError)
        #expect(volume.bytes(of: "a") == [UInt8](repeating: 1, count: 512), "it reads as if it had been written")
        #expect(volume.write([2], at: 512, to: file) == nil)
        #expect(volume.synchronise(file) == nil)
        volume.losePower()
        let bytes = try #require(volume.bytes(of: "a"))
        #expect(bytes.count == 513 && bytes.last == 2)
        if bytes.dropLast() != ArraySlice(repeating: 1, count: 512) { lost += 1 }
    }
    #expect(lost > 0)
}

@Test func nothingWorksWithoutPowerNorFilesOpenedBeforeIt() throws {
    let volume = volume()
    let file = try opened("a", on: volume, asJournal: true)
    #expect(volume.synchronise(file) == nil)
    volume.powerGoesAt = volume.operations + 1
    #expect(volume.write([1], at: 0, to: file) == .ioError)
    #expect(!volume.isUp)
    #expect(volume.make("b") == .ioError)
    volume.restart()
    #expect(volume.write([1], at: 0, to: file) == .ioError)
    #expect(volume.make("b") == nil)
}

@Test func aVolumeHoldsItsCapacityAndNoMore() throws {
    let volume = PowerLossVolume(random: Random(seed: 1), capacity: 1_000)
    let file = try opened("a", on: volume)
    #expect(volume.write([UInt8](repeating: 1, count: 1_000), at: 0, to: file) == nil)
    #expect(volume.write([2], at: 1_000, to: file) == .full)
    #expect(volume.write([2], at: 999, to: file) == nil, "no more room is needed")
    #expect(volume.usedBytes == 1_000)
}

@Test func failuresComeOnceOrForEver() {
    let volume = volume()
    volume.fail(at: 2, .full)
    #expect(["a", "b", "c"].map { volume.make($0) } == [nil, .full, nil])
    volume.fail(at: 4, .ioError, forever: true)
    #expect(["d", "e"].map { volume.make($0) } == [.ioError, .ioError])
    volume.heal()
    #expect(volume.make("f") == nil)
}

/// Pages of memory that this process has in use.
private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4_096
}

@Test func fiveHundredStoresLiveSideBySide() throws {
    let count = 500
    let rounds = 20
    let clock = ContinuousClock()
    let before = residentBytes()
    var stores: [FactStore] = []
    let opening = try clock.measure {
        for seed in 0..<count { stores.append(try FactStore(at: .volume(volume(UInt64(seed))))) }
    }
    let applying = try clock.measure {
        for round in 0..<rounds {
            for (index, store) in stores.enumerated() {
                try store.apply([fact(1, "\(index % 7)", "\(round)"), fact(2, "\(round)", "\(index)")])
            }
        }
    }
    let memory = residentBytes() - before
    for (index, store) in stores.enumerated() {
        let facts = try store.load()
        #expect(facts.count == rounds + 1)
        #expect(facts.first == fact(1, "\(index % 7)", "\(rounds - 1)"))
    }
    print(
        """
        \(count) stores on volumes: \(opening / count) to open, \(applying / (count * rounds)) a durable transaction, \
        \(memory / count / 1_024) KiB each
        """)
}
