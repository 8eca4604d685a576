package import Base
internal import Crypto
internal import Disk
internal import Loop
package import Trust

/// How a node comes into a mesh by files alone. The machine that asks makes its key first and keeps it beside where the
/// identity will be; the answer brings the law, which the node keeps in a file of its own, for no line brought it.
extension DataDirectory {
    /// The key of a node that has asked, and has no mesh yet.
    private var candidatePath: String { path + "/candidate" }
    /// What an answer brought.
    private var lawPath: String { path + "/law" }

    /// Asks to be let in as a node of this name. Asked again, it is the same node that asks.
    package func request(name: String?, site: String?, listen: Address?) throws(Complaint) -> JoinRequest {
        try Sodium.start()
        let name = name ?? Machine.hostName
        try prepare(name: name, site: site)
        if !DurableFile.exists(candidatePath) {
            var entropy = Entropy.system
            let candidate = NodeIdentity(of: Digest(.zero), from: &entropy)
            try Self.attempt { () throws(FileError) in try Directory.make(path) }
            try write(name: name, site: site, listen: listen)
            try Self.attempt { () throws(FileError) in try DurableFile.write(candidate.encoded, to: candidatePath) }
        }
        return JoinRequest(of: try identity(at: candidatePath), named: name)
    }

    /// What a request says, checked.
    package static func read(request bytes: [UInt8]) throws(Complaint) -> JoinRequest {
        try Sodium.start()
        guard let request = try? JoinRequest(decoding: bytes.raw) else { throw Complaint(.requestUnreadable) }
        guard (try? request.verify()) != nil else {
            throw Complaint(.requestUnreadable, what: "the request is not signed by the node that it names")
        }
        return request
    }

    /// Makes this the directory of a node of the mesh that answered. The same answer again changes nothing, or mends
    /// what was lost of it.
    package func join(answer bytes: [UInt8], name: String?) throws(Complaint) -> Founding {
        try Sodium.start()
        guard let answer = try? JoinAnswer(decoding: bytes.raw) else { throw Complaint(.answerUnreadable) }
        let mesh: String
        do throws(JoinAnswer.Flaw) {
            mesh = try answer.check()
        } catch {
            throw Self.complaint(about: error)
        }
        let isKnown = DurableFile.exists(identityPath)
        guard isKnown || DurableFile.exists(candidatePath) else { throw Complaint(.nothingAsked) }
        let candidate = try identity(at: isKnown ? identityPath : candidatePath)
        guard !isKnown || candidate.mesh == answer.law.mesh && candidate.id == answer.node else {
            throw Complaint(.alreadyInitialised, what: "\(path) holds a node already")
        }
        guard candidate.id == answer.node else {
            throw Complaint(
                .answerForAnother, what: "the answer lets in \(answer.node.short), and here asked \(candidate.id.short)"
            )
        }
        let identity = NodeIdentity(candidate, of: answer.law.mesh, seeds: answer.seeds)
        try Self.attempt { () throws(FileError) in
            try DurableFile.write(answer.law.encoded, to: lawPath)
            if !isKnown { try DurableFile.write(identity.encoded, to: identityPath) }
            try DurableFile.remove(candidatePath)
        }
        let name = try configuration().configuration.node.name ?? name ?? Machine.hostName
        return Founding(mesh: mesh, name: name, id: identity.id, path: path)
    }

    private static func complaint(about flaw: JoinAnswer.Flaw) -> Complaint {
        switch flaw {
        case .law(let flaw): Complaint(.answerUnreadable, what: "the law in the answer: \(LawDesk.words(flaw))")
        case .noMember: Complaint(.answerUnreadable, what: "by the law in the answer the node is no member")
        case .revoked: Complaint(.alreadyRevoked, what: "by the law in the answer the node was thrown out")
        }
    }

    /// What the node knows of the law besides its database and its identity, as facts.
    func lawFacts(of mesh: Digest) throws(Complaint) -> [Fact] {
        guard DurableFile.exists(lawPath) else { return [] }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try DurableFile.read(lawPath, atMost: Limits.lawFileBytes, ownerOnly: true)
        } catch {
            throw Complaint(.lawRefused, what: "\(lawPath): \(error.reason)")
        }
        guard let file = try? LawFile(decoding: bytes.raw), file.mesh == mesh, (try? file.check()) != nil else {
            throw Complaint(
                .lawRefused, what: "\(lawPath) is damaged", remedy: "marram join ANSWER again, with the same file")
        }
        return file.records.map { Fact(shelf: Shelf.records, key: $0.id.value.bytes, value: $0.encoded) }
    }
}
