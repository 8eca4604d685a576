package import Base
internal import Crypto
internal import Disk
internal import Loop
internal import Trust

/// The node that now lives in a data directory.
package struct Founding: Hashable, Sendable {
    package let mesh: String
    package let name: String
    package let id: NodeID
    package let path: String

    package init(mesh: String, name: String, id: NodeID, path: String) {
        self.mesh = mesh
        self.name = name
        self.id = id
        self.path = path
    }
}

/// What a token says.
package struct TokenReport: Hashable, Sendable {
    /// The mesh's id.
    package let mesh: String
    package let uses: Int
    package let expires: WallTime
    package let addresses: [Address]

    package init(mesh: String, uses: Int, expires: WallTime, addresses: [Address]) {
        self.mesh = mesh
        self.uses = uses
        self.expires = expires
        self.addresses = addresses
    }
}

extension InviteToken.Refusal {
    fileprivate var sentence: String {
        switch self {
        case .notAToken: "it does not start with MARRAM3-; one that starts with a lower number is of an earlier version"
        case .mistyped: "a character is missing, added or mistyped"
        case .malformed: "it was made by a version that this one does not know"
        case .notAuthentic: "whoever it names did not sign it, or it was changed"
        }
    }
}

/// How a node comes to live in a directory. The identity is written last: until it is there, there is no node, and
/// whatever went wrong before can be tried again.
extension DataDirectory {
    /// Founds a mesh with this node as its first member, and an operator whose key lies beside it.
    package func initialise(
        mesh: String, name: String?, site: String?, listen: Address?, passphrase: String?
    ) throws(Complaint) -> Founding {
        var entropy = try Self.entropy()
        let founders = Founders(OperatorKey(from: &entropy, name: "operator"))
        let identity = try identity(founding: mesh, by: founders, threshold: 1, from: &entropy)
        return try settle(identity, mesh: mesh, name: name, site: site, listen: listen) { () throws(Complaint) in
            try founders.writeKey(to: operatorPath, passphrase: passphrase, from: &entropy)
        }
    }

    /// The mesh of several operators, of whom it takes `threshold` to change who they are. They and the recovery shares
    /// are named by the files of their keys, or by their cards.
    package func initialise(
        mesh: String, operators: [String], shares: [String], threshold: Int, name: String?, site: String?,
        listen: Address?, passphrase: (String) -> String?
    ) throws(Complaint) -> Founding {
        var entropy = try Self.entropy()
        try refuseIfTaken()
        let founders = try Founders(operators, shares: shares, passphrase: passphrase)
        let identity = try identity(founding: mesh, by: founders, threshold: threshold, from: &entropy)
        return try settle(identity, mesh: mesh, name: name, site: site, listen: listen) {}
    }

    private func identity(
        founding mesh: String, by founders: Founders, threshold: Int, from entropy: inout Entropy
    ) throws(Complaint) -> NodeIdentity {
        try Self.check(mesh, is: "mesh")
        try refuseIfTaken()
        let genesis = try founders.genesis(of: mesh, threshold: threshold, from: &entropy)
        return try founders.identity(founding: genesis, from: &entropy)
    }

    /// Makes this the directory of a node of the mesh that `token` invites to. `now` is this machine's clock. A
    /// directory that holds a node of this very invitation is left as it is.
    package func join(
        token: String, name: String?, site: String?, listen: Address?, now: WallTime
    ) throws(Complaint) -> Founding {
        var entropy = try Self.entropy()
        let token = try Self.read(token: token, now: now)
        let mesh = Self.provisionalName(of: token.mesh)
        if DurableFile.exists(identityPath) {
            let known = try identity()
            if known.invite?.id == token.invite.id {
                return Founding(mesh: mesh, name: name ?? Machine.hostName, id: known.id, path: path)
            }
        }
        let identity = NodeIdentity(invitedBy: token, from: &entropy)
        return try settle(identity, mesh: mesh, name: name, site: site, listen: listen) {}
    }

    /// What a token says, checked as far as it can be without asking anybody.
    package static func check(token: String, now: WallTime) throws(Complaint) -> TokenReport {
        try Sodium.start()
        let token = try read(token: token, now: now)
        guard case .invite(let invite)? = try? Verified(token.invite, in: token.mesh).statement else {
            throw Complaint(.invitationUnreadable)
        }
        return TokenReport(
            mesh: token.mesh.description, uses: Int(invite.uses), expires: invite.expires, addresses: token.hints)
    }

    private static func read(token text: String, now: WallTime) throws(Complaint) -> InviteToken {
        let token: InviteToken
        do throws(InviteToken.Refusal) {
            token = try InviteToken(text: text)
        } catch {
            throw Complaint(.invitationUnreadable, because: error.sentence)
        }
        guard case .invite(let invite)? = try? Verified(token.invite, in: token.mesh).statement else {
            throw Complaint(.invitationUnreadable)
        }
        guard now < invite.expires else {
            throw Complaint(
                .invitationExpired, what: "the invitation ended at \(invite.expires.rfc3339)",
                because: "this machine's clock says \(now.rfc3339)",
                remedy: "if the clock is right, on a member: marram invite --expires 24h")
        }
        return token
    }

    /// Until a member has shown what the mesh is called.
    private static func provisionalName(of mesh: Digest) -> String { "mesh-\(mesh.description.prefix(8))" }

    private func refuseIfTaken() throws(Complaint) {
        guard !DurableFile.exists(identityPath) else {
            throw Complaint(.alreadyInitialised, what: "\(path) holds a node already")
        }
        try checkPrivate()
    }

    private static func entropy() throws(Complaint) -> Entropy {
        try Sodium.start()
        return .system
    }

    /// `prepare` writes what must be there before the identity is.
    private func settle(
        _ identity: borrowing NodeIdentity, mesh: String, name: String?, site: String?, listen: Address?,
        _ prepare: () throws(Complaint) -> Void
    ) throws(Complaint) -> Founding {
        let name = name ?? Machine.hostName
        try self.prepare(name: name, site: site)
        let bytes = identity.encoded
        try Self.attempt { () throws(FileError) in try Directory.make(path) }
        try prepare()
        try write(name: name, site: site, listen: listen)
        try Self.attempt { () throws(FileError) in try DurableFile.write(bytes, to: identityPath) }
        return Founding(mesh: mesh, name: name, id: identity.id, path: path)
    }

    /// Refuses what cannot become a node's directory.
    func prepare(name: String, site: String?) throws(Complaint) {
        try Self.check(name, is: "node")
        if let site { try Self.check(site, is: "site") }
        try refuseIfTaken()
    }

    /// The node's configuration, unless there is one.
    func write(name: String, site: String?, listen: Address?) throws(Complaint) {
        guard !DurableFile.exists(configurationPath) else { return }
        let text = Self.configuration(name: name, site: site, listen: listen)
        try Self.attempt { () throws(FileError) in try DurableFile.write(Array(text.utf8), to: configurationPath) }
    }

    static func attempt(_ write: () throws(FileError) -> Void) throws(Complaint) {
        do throws(FileError) {
            try write()
        } catch {
            throw Complaint(
                error.kind == .full ? .diskFull : .directoryNotWritable, what: "\(error.path): \(error.reason)")
        }
    }

    private static func configuration(name: String, site: String?, listen: Address?) -> String {
        var text = """
            # The node's configuration. Every key, its value and where it comes from: marram config show --origin
            [node]
            name = "\(name)"

            """
        if let site { text += "site = \"\(site)\"\n" }
        if let listen { text += "\n[listen]\naddress = \"\(listen)\"\n" }
        return text
    }

    private static func check(_ name: String, is what: String) throws(Complaint) {
        guard isName(name) else {
            throw Complaint(.badName, what: "\(name.isEmpty ? "nothing" : name) cannot be the name of a \(what)")
        }
    }
}
