// What other rooms are about to bring; each piece here goes when its room has it.
package import Base

/// Host's: a data directory, and how a node comes to live in it.
struct DataDirectory {
    let path: String

    func initialise(mesh: String, name: String?, site: String?, listen: Address?) throws(Complaint) -> Founding {
        throw Complaint(.ourMistake, what: "this build cannot found a mesh yet")
    }

    func join(token: String, name: String?, site: String?, listen: Address?) throws(Complaint) -> Founding {
        throw Complaint(.ourMistake, what: "this build cannot join a mesh yet")
    }
}

/// Host's: the node that now lives in a data directory.
package struct Founding: Hashable, Sendable {
    package var mesh: String
    package var name: String
    package var id: NodeID
    package var path: String
}

extension ConfigurationReport {
    /// Host's: reads the configuration.
    init(reading source: ConfigurationSource) { self.init(files: [], settings: [], faults: []) }
}
