import Base
import Disk
import Glibc
import Testing

private func error(_ body: () throws(FileError) -> Void) -> FileError.Kind? {
    do throws(FileError) {
        try body()
        return nil
    } catch {
        return error.kind
    }
}

@Test func aFileIsWrittenWholeWithItsMode() throws {
    let scratch = Scratch()
    let path = scratch.file("identity")
    try DurableFile.write([1, 2, 3], to: path)
    #expect(try DurableFile.read(path, atMost: 100, ownerOnly: true) == [1, 2, 3])
    try DurableFile.write([], to: path, mode: 0o666)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o666, "whatever the mask says")
    #expect(try DurableFile.read(path, atMost: 0) == [])
    #expect(scratch.names == ["identity"])
}

@Test func whatAnInterruptedWriteLeftIsNoHindrance() throws {
    let scratch = Scratch()
    try DurableFile.write([9], to: scratch.file("a.new"))
    try DurableFile.write([1], to: scratch.file("a"))
    #expect(try DurableFile.read(scratch.file("a"), atMost: 1) == [1])
    #expect(scratch.names == ["a"])
}

@Test func aFileIsReadUpToItsLimitAndNotBeyond() throws {
    let scratch = Scratch()
    let path = scratch.file("a")
    let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0) }
    try DurableFile.write(bytes, to: path)
    #expect(try DurableFile.read(path, atMost: bytes.count) == bytes)
    #expect(error { () throws(FileError) in _ = try DurableFile.read(path, atMost: bytes.count - 1) } == .tooLarge)
}

@Test func whatIsNotAFileIsNotRead() throws {
    let scratch = Scratch()
    #expect(error { () throws(FileError) in _ = try DurableFile.read(scratch.path, atMost: 10) } == .ioError)
    #expect(error { () throws(FileError) in _ = try DurableFile.read(scratch.file("no"), atMost: 10) } == .notFound)
    #expect(error { () throws(FileError) in try DurableFile.write([], to: scratch.file("no/a")) } == .notFound)
}

@Test func aSecretThatOthersMayReadIsRefused() throws {
    let scratch = Scratch()
    let path = scratch.file("identity")
    try DurableFile.write([1], to: path, mode: 0o640)
    #expect(error { () throws(FileError) in _ = try DurableFile.read(path, atMost: 10, ownerOnly: true) } == .exposed)
}

@Test func whatIsSomebodyElsesIsRefused() throws {
    let scratch = Scratch()
    let path = scratch.file("identity")
    try DurableFile.write([1], to: path)
    asNobody {
        #expect(error { () throws(FileError) in _ = try DurableFile.read(path, atMost: 10) } == .permission)
        #expect(error { () throws(FileError) in try DurableFile.write([2], to: path) } == .permission)
    }
    #expect(try DurableFile.read(path, atMost: 10) == [1])
}

@Test func aFullDiskLeavesTheOldFile() throws {
    let scratch = Scratch()
    guard mount("tmpfs", scratch.path, "tmpfs", 0, "size=64k") == 0 else {
        print("skipped: no file system can be mounted here (errno \(errno))")
        return
    }
    defer { umount2(scratch.path, Int32(MNT_DETACH)) }
    let path = scratch.file("a")
    try DurableFile.write([1], to: path)
    let large = [UInt8](repeating: 2, count: 100_000)
    #expect(error { () throws(FileError) in try DurableFile.write(large, to: path) } == .full)
    #expect(try DurableFile.read(path, atMost: 10) == [1])
    #expect(scratch.names == ["a"])
}

@Test func aFileIsRenamed() throws {
    let scratch = Scratch()
    try DurableFile.write([1], to: scratch.file("a"))
    try DurableFile.rename(scratch.file("a"), to: scratch.file("b"))
    #expect(scratch.names == ["b"])
    #expect(DurableFile.exists(scratch.file("b")) && !DurableFile.exists(scratch.file("a")))
}

// MARK: The lock of a directory

@Test func aDirectoryIsOneDaemons() throws {
    let scratch = Scratch()
    do {
        let lock = try DirectoryLock(scratch.path)
        let refused = complaint { _ = try DirectoryLock(scratch.path) }
        #expect(refused?.code == .directoryInUse)
        #expect(refused?.what == "another marramd (process \(getpid())) runs on \(scratch.path)")
        _ = consume lock
    }
    #expect(complaint { _ = try DirectoryLock(scratch.path) } == nil, "free again")
}

@Test func whatStandsInAnAbandonedLockFileMeansNothing() throws {
    let scratch = Scratch()
    try DurableFile.write([UInt8](repeating: 0x39, count: 1_000), to: scratch.file("lock"))
    let lock = try DirectoryLock(scratch.path)
    #expect(try DurableFile.read(scratch.file("lock"), atMost: 10) == Array("\(getpid())\n".utf8))
    try DurableFile.write(Array("no number\n".utf8), to: scratch.file("other"))
    _ = consume lock
}

@Test func aHolderThatIsUnreadableIsNotNamed() throws {
    let scratch = Scratch()
    let lock = try DirectoryLock(scratch.path)
    scratch.overwrite("lock", at: 0, with: Array("twelve\n".utf8))
    #expect(complaint { _ = try DirectoryLock(scratch.path) }?.what == "another marramd runs on \(scratch.path)")
    scratch.overwrite("lock", at: 0, with: [UInt8](repeating: 0x31, count: Limits.processIDBytes + 1))
    #expect(complaint { _ = try DirectoryLock(scratch.path) }?.what == "another marramd runs on \(scratch.path)")
    _ = consume lock
}

@Test func aLockNeedsADirectoryOfOnesOwn() throws {
    #expect(complaint { _ = try DirectoryLock("/tmp/marram/is/not/here") }?.code == .notInitialised)
    let scratch = Scratch()
    asNobody {
        #expect(complaint { _ = try DirectoryLock(scratch.path) }?.code == .directoryNotWritable)
    }
}
