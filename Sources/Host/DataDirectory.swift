package import Base
internal import Disk
internal import Replication
package import Text
internal import Trust

/// The directory that makes a machine a node: its identity, its configuration, its database, its control socket, its
/// flight recording, and the lock that lets one daemon at a time have them.
package struct DataDirectory: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    package var socketPath: String { path + "/marram.sock" }
    var identityPath: String { path + "/identity" }
    /// The key of the operator who founded a mesh here.
    package var operatorPath: String { path + "/operator" }
    var configurationPath: String { path + "/marram.toml" }
    func recordingPath(_ number: Int) -> String { "\(path)/flight-\(number)" }

    /// Claims the directory for this process. Refused when no node lives here, or when another daemon has it.
    func lock() throws(Complaint) -> DirectoryLock {
        guard DurableFile.exists(identityPath) else {
            throw Complaint(.notInitialised, what: "there is no node in \(path)")
        }
        try checkPrivate()
        return try DirectoryLock(path)
    }

    /// Refuses a directory of keys that others than its owner may enter.
    func checkPrivate() throws(Complaint) {
        guard Directory.isPrivate(path) else {
            throw Complaint(
                .directoryExposed, what: "others than its owner may enter \(path)",
                remedy: "chmod 0700 \(path), if nobody else can have read it")
        }
    }

    func identity() throws(Complaint) -> NodeIdentity { try identity(at: identityPath) }

    func identity(at identityPath: String) throws(Complaint) -> NodeIdentity {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try DurableFile.read(identityPath, atMost: NodeIdentity.fileBytes, ownerOnly: true)
        } catch {
            switch error.kind {
            case .exposed:
                throw Complaint(
                    .identityUnreadable, what: "\(identityPath) may be read by others than its owner",
                    because: "its mode is not 0600, so its key may be no secret any more",
                    remedy: "chmod 0600 \(identityPath), if nobody else can have read it; else join anew")
            case .notFound: throw Complaint(.notInitialised, what: "there is no node in \(path)")
            case .permission, .full, .tooLarge, .ioError:
                throw Complaint(.identityUnreadable, what: "\(identityPath): \(error.reason)")
            }
        }
        guard !NodeIdentity.isOfSharedKey(bytes) else {
            throw Complaint(.identityOfSharedKey, what: "\(identityPath) holds the key of a whole mesh")
        }
        do throws(DecodeError) {
            return try NodeIdentity(decoding: bytes.raw)
        } catch {
            throw Complaint(.identityUnreadable, what: "\(identityPath) is damaged: \(error)")
        }
    }

    /// How often the node has started, told by a file of its own besides the database: a node whose database was lost
    /// must not begin to count anew, or its peers would take what it says for old.
    func countBoot(atLeast count: UInt64) throws(Complaint) -> UInt64 {
        let path = path + "/boots"
        do throws(FileError) {
            let known = DurableFile.exists(path) ? try DurableFile.read(path, atMost: 32) : []
            let before = UInt64(String(decoding: known.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) ?? 0
            let boot = max(count, before + 1)
            try DurableFile.write(Array("\(boot)\n".utf8), to: path)
            return boot
        } catch {
            throw error.complaint
        }
    }

    /// The words for a store that the node must not run on with. Its database is left as it is.
    func complaint(about flaw: StoreFlaw) -> Complaint {
        let database = "\(path)/marram.db"
        switch flaw {
        case .otherMesh: return Complaint(.storeForeign, what: "\(database) holds the keys of another mesh")
        case .otherNode(let node):
            return Complaint(.storeForeign, what: "\(database) holds the keys of another node, \(node.short)")
        case .misfits(let count):
            let rows = count == 1 ? "a row" : "\(count) rows"
            return Complaint(.storeEdited, what: "\(rows) of \(database) do not fit to the others")
        case .unsigned:
            return Complaint(.storeEdited, what: "the last signature in \(database) does not vouch for what is there")
        }
    }

    // MARK: Configuration

    /// The files that configure the node: its own when it has one, else those of the machine.
    package func configurationSources() throws(Complaint) -> [SourceText] {
        try Self.configurationSources(own: configurationPath)
    }

    private static let machinePath = "/etc/marram/marram.toml"
    private static let machineFolder = "/etc/marram/conf.d"

    private static func configurationSources(own: String) throws(Complaint) -> [SourceText] {
        if DurableFile.exists(own) { return [try source(own)] }
        var paths = DurableFile.exists(machinePath) ? [machinePath] : []
        paths += Directory.names(in: machineFolder).filter { $0.hasSuffix(".toml") }.map { "\(machineFolder)/\($0)" }
        var sources: [SourceText] = []
        for path in paths { sources.append(try source(path)) }
        return sources
    }

    /// One file as it is. A file that is too large is read so far that the reader says so.
    package static func source(_ path: String) throws(Complaint) -> SourceText {
        do throws(FileError) {
            return SourceText(path: path, bytes: try DurableFile.read(path, atMost: Limits.configurationBytes))
        } catch {
            throw Complaint(
                .configurationUnreadable, what: "\(path): \(error.reason)",
                remedy: "make the file readable for the user that runs this, and at most 1 MiB large")
        }
    }

    /// The configuration to run with, or one complaint with the first of what is wrong.
    func configuration() throws(Complaint) -> ConfigurationReading {
        switch ConfigurationFile.read(try configurationSources()) {
        case .success(let reading): return reading
        case .failure(let refusal):
            let first = refusal.rows[0]
            throw Complaint(
                .configurationRefused,
                what: "the configuration has \(refusal.rows.count == 1 ? "an error" : "\(refusal.rows.count) errors")",
                because: first.sentence,
                remedy: "marram config check --data \(path)")
        }
    }
}
