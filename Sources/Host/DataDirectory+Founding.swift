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

/// How a node comes to live in a directory. The identity is written last: until it is there, there is no node, and
/// whatever went wrong before can be tried again.
extension DataDirectory {
    /// Founds a mesh with this node as its first member.
    package func initialise(
        mesh: String, name: String?, site: String?, listen: Address?
    ) throws(Complaint) -> Founding {
        try Self.check(mesh, is: "mesh")
        var entropy = try Self.entropy()
        let identity = NodeIdentity(founding: mesh, from: &entropy)
        return try settle(identity, name: name, site: site, listen: listen)
    }

    /// Makes this the directory of a node of the mesh that `token` invites to. `now` is this machine's clock.
    package func join(
        token: String, name: String?, site: String?, listen: Address?, now: WallTime
    ) throws(Complaint) -> Founding {
        let invitation = try Invitation(token: token)
        guard now < invitation.expires else {
            throw Complaint(
                .invitationExpired, what: "the invitation to \(invitation.mesh) ended at \(invitation.expires.rfc3339)",
                because: "this machine's clock says \(now.rfc3339)",
                remedy: "if the clock is right, on a member: marram invite --expires 24h")
        }
        var entropy = try Self.entropy()
        let identity = NodeIdentity(invitedBy: invitation, from: &entropy)
        return try settle(identity, name: name, site: site, listen: listen)
    }

    private static func entropy() throws(Complaint) -> Entropy {
        try Sodium.start()
        return .system
    }

    private func settle(
        _ identity: borrowing NodeIdentity, name: String?, site: String?, listen: Address?
    ) throws(Complaint) -> Founding {
        let name = name ?? Machine.hostName
        try Self.check(name, is: "node")
        if let site { try Self.check(site, is: "site") }
        guard !DurableFile.exists(identityPath) else {
            throw Complaint(.alreadyInitialised, what: "\(path) holds a node already")
        }
        do throws(FileError) {
            try Directory.make(path)
            if !DurableFile.exists(configurationPath) {
                let text = Self.configuration(name: name, site: site, listen: listen)
                try DurableFile.write(Array(text.utf8), to: configurationPath)
            }
            try DurableFile.write(identity.encoded, to: identityPath)
        } catch {
            throw Complaint(
                error.kind == .full ? .diskFull : .directoryNotWritable, what: "\(error.path): \(error.reason)")
        }
        return Founding(mesh: identity.mesh, name: name, id: identity.id, path: path)
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
