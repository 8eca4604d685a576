internal import Base
internal import CSQLite

/// The C side of a `PowerLossVolume`: SQLite's tables of functions, filled with functions that find the volume and ask
/// it. SQLite keeps pointers to the tables for as long as they are registered, so they live at one address.
@safe final class VolumeRegistration {
    /// Unique among the volumes of the moment, since no two tables have one address.
    let name: String
    private let cName: UnsafeMutablePointer<CChar>
    private let system: UnsafeMutablePointer<sqlite3_vfs>
    fileprivate let methods: UnsafeMutablePointer<sqlite3_io_methods>

    init() {
        unsafe system = .allocate(capacity: 1)
        unsafe methods = .allocate(capacity: 1)
        name = "marram-\(UInt(bitPattern: unsafe system))"
        let characters = name.utf8CString
        unsafe cName = .allocate(capacity: characters.count)
        for (index, character) in characters.enumerated() { unsafe (cName + index).initialize(to: character) }
        unsafe system.initialize(to: fileSystem())
        unsafe methods.initialize(to: fileMethods())
        unsafe system.pointee.zName = UnsafePointer(cName)
    }

    /// Makes SQLite know `volume`, which must live as long as the registration does.
    func register(_ volume: PowerLossVolume) {
        unsafe system.pointee.pAppData = Unmanaged.passUnretained(volume).toOpaque()
        let result = unsafe sqlite3_vfs_register(system, 0)
        precondition(result == SQLITE_OK, "registering takes a list and a mutex, neither of which fails")
    }

    deinit {
        unsafe sqlite3_vfs_unregister(system)
        unsafe system.deallocate()
        unsafe methods.deallocate()
        unsafe cName.deallocate()
    }
}

/// What SQLite allocates for an open file: its own part first, then ours.
@unsafe private struct FileRecord {
    var base: sqlite3_file
    var opened: Unmanaged<OpenFile>?
}

/// The file of a call. SQLite calls these functions only on files that `xOpen` has opened.
private func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile {
    let record = unsafe UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: FileRecord.self)
    guard let opened = unsafe record?.pointee.opened else { preconditionFailure("a call on a file that is not open") }
    return unsafe opened.takeUnretainedValue()
}

private func volume(_ system: UnsafeMutablePointer<sqlite3_vfs>?) -> PowerLossVolume {
    guard let data = unsafe system?.pointee.pAppData else { preconditionFailure("a call on no file system") }
    return unsafe Unmanaged<PowerLossVolume>.fromOpaque(data).takeUnretainedValue()
}

extension PowerLossVolume.Failure {
    /// The extended code that SQLite expects of the operation: `SQLITE_IOERR` with its number (sqlite3.h).
    fileprivate func code(_ operation: Int32) -> Int32 {
        switch self {
        case .full: SQLITE_FULL
        case .ioError: SQLITE_IOERR | operation << 8
        }
    }
}

extension PowerLossVolume.Failure? {
    fileprivate func code(_ operation: Int32) -> Int32 { self?.code(operation) ?? SQLITE_OK }
}

private func fileSystem() -> sqlite3_vfs {
    var system = unsafe sqlite3_vfs()
    unsafe system.iVersion = 1
    unsafe system.szOsFile = Int32(MemoryLayout<FileRecord>.size)
    unsafe system.mxPathname = 255
    unsafe system.xOpen = { system, name, file, flags, _ in
        let record = unsafe UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: FileRecord.self)
        // SQLite closes a file whose opening failed only when it has methods.
        unsafe record?.pointee.base.pMethods = nil
        // A file without a name is a temporary one, and those are kept in memory (PRAGMA temp_store).
        guard let name = unsafe name.map({ unsafe String(cString: $0) }), unsafe record != nil else {
            return SQLITE_CANTOPEN
        }
        let volume = unsafe volume(system)
        let isNew = !volume.contains(name)
        if isNew {
            guard flags & SQLITE_OPEN_CREATE != 0 else { return SQLITE_CANTOPEN }
            if let failure = volume.make(name) { return failure == .full ? SQLITE_FULL : SQLITE_CANTOPEN }
        }
        guard volume.isUp, let found = volume.files[name] else { return SQLITE_CANTOPEN }
        let isJournal = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0
        let opened = OpenFile(found, on: volume, synchronisesDirectory: isNew && isJournal)
        unsafe record?.pointee.opened = .passRetained(opened)
        unsafe record?.pointee.base.pMethods = UnsafePointer(volume.registration.methods)
        return SQLITE_OK
    }
    unsafe system.xDelete = { system, name, synchronising in
        guard let name = unsafe name.map({ unsafe String(cString: $0) }) else { return SQLITE_MISUSE }
        let volume = unsafe volume(system)
        guard volume.contains(name) else { return SQLITE_IOERR | 23 << 8 }  // SQLITE_IOERR_DELETE_NOENT
        return volume.delete(name, synchronising: synchronising != 0).code(10)  // SQLITE_IOERR_DELETE
    }
    unsafe system.xAccess = { system, name, _, answer in
        let isThere = unsafe name.map { unsafe volume(system).contains(String(cString: $0)) } ?? false
        unsafe answer?.pointee = isThere ? 1 : 0
        return SQLITE_OK
    }
    unsafe system.xFullPathname = { _, name, room, answer in
        guard let name = unsafe name, let answer = unsafe answer else { return SQLITE_CANTOPEN }
        var index = 0
        while index < Int(room) {
            unsafe answer[index] = name[index]
            if unsafe name[index] == 0 { return SQLITE_OK }
            index += 1
        }
        return SQLITE_CANTOPEN
    }
    // The time is nobody's business here, and SQLite takes its chance from the system's own file system.
    unsafe system.xRandomness = { _, _, _ in 0 }
    unsafe system.xSleep = { _, microseconds in microseconds }
    unsafe system.xCurrentTime = { _, answer in
        unsafe answer?.pointee = 2_440_587.5  // 1970-01-01 as a Julian day
        return SQLITE_OK
    }
    unsafe system.xGetLastError = { _, _, _ in 0 }
    return unsafe system
}

private func fileMethods() -> sqlite3_io_methods {
    var methods = sqlite3_io_methods()
    methods.iVersion = 1
    unsafe methods.xClose = { file in
        let record = unsafe UnsafeMutableRawPointer(file)?.assumingMemoryBound(to: FileRecord.self)
        unsafe record?.pointee.opened?.release()
        unsafe record?.pointee.opened = nil
        return SQLITE_OK
    }
    unsafe methods.xRead = { file, buffer, count, offset in
        let opened = unsafe opened(file)
        guard !opened.isStale else { return SQLITE_IOERR | 1 << 8 }  // SQLITE_IOERR_READ
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
        let isWhole = unsafe opened.file.read(into: bytes, at: Int(offset))
        return isWhole ? SQLITE_OK : SQLITE_IOERR | 2 << 8  // SQLITE_IOERR_SHORT_READ
    }
    unsafe methods.xWrite = { file, buffer, count, offset in
        let opened = unsafe opened(file)
        let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: Int(count))
        return unsafe opened.volume.write(bytes, at: Int(offset), to: opened).code(3)  // SQLITE_IOERR_WRITE
    }
    unsafe methods.xTruncate = { file, size in
        let opened = unsafe opened(file)
        return opened.volume.truncate(opened, to: Int(size)).code(6)  // SQLITE_IOERR_TRUNCATE
    }
    unsafe methods.xSync = { file, _ in
        let opened = unsafe opened(file)
        return opened.volume.synchronise(opened) == nil ? SQLITE_OK : SQLITE_IOERR | 4 << 8  // SQLITE_IOERR_FSYNC
    }
    unsafe methods.xFileSize = { file, answer in
        unsafe answer?.pointee = Int64(opened(file).file.cache.count)
        return SQLITE_OK
    }
    unsafe methods.xLock = { _, _ in SQLITE_OK }
    unsafe methods.xUnlock = { _, _ in SQLITE_OK }
    unsafe methods.xCheckReservedLock = { _, answer in
        unsafe answer?.pointee = 0
        return SQLITE_OK
    }
    unsafe methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    unsafe methods.xSectorSize = { _ in 4_096 }
    // Bytes beside the written ones keep: the promise that SQLite's own file system makes by default, too.
    unsafe methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    return methods
}
