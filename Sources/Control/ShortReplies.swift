package import Base
package import Text

/// What `invite` gives: the token, to be carried to the new nodes by any means.
package struct InvitationReply: Hashable, Sendable {
    package var token: String
    package var uses: Int
    package var expires: WallTime

    package init(token: String, uses: Int, expires: WallTime) {
        self.token = token
        self.uses = uses
        self.expires = expires
    }

    var json: JSONValue {
        ["token": .text(token), "uses": .count(uses), "expires": .text(expires.rfc3339)]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the invitation", .replyNotUnderstood)
        token = try fields.text("token")
        uses = try fields.count("uses")
        expires = try fields.time("expires")
    }
}

/// Where the daemon wrote the flight recorder's inputs, and how much it was.
package struct RecordingReply: Hashable, Sendable {
    package var path: String
    package var bytes: Int
    /// How many inputs the recording holds.
    package var inputs: Int

    package init(path: String, bytes: Int, inputs: Int) {
        self.path = path
        self.bytes = bytes
        self.inputs = inputs
    }

    var json: JSONValue {
        ["path": .text(path), "bytes": .count(bytes), "inputs": .count(inputs)]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the recording", .replyNotUnderstood)
        path = try fields.text("path")
        bytes = try fields.count("bytes")
        inputs = try fields.count("inputs")
    }
}

/// Which release a program is, and which control protocol it speaks.
package struct VersionReply: Hashable, Sendable {
    package var version: String
    package var controlProtocol: Int

    package init(version: String, controlProtocol: Int) {
        self.version = version
        self.controlProtocol = controlProtocol
    }

    /// What this program says of itself.
    package static let own = VersionReply(version: Release.version, controlProtocol: Release.controlProtocol)

    package var json: JSONValue {
        ["version": .text(version), "protocol": .count(controlProtocol)]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the version", .replyNotUnderstood)
        version = try fields.text("version")
        controlProtocol = try fields.count("protocol")
    }
}

/// The node said goodbye and is about to stop.
package struct LeaveReply: Hashable, Sendable {
    package var mesh: String
    /// To how many members the goodbye was sent.
    package var told: Int

    package init(mesh: String, told: Int) {
        self.mesh = mesh
        self.told = told
    }

    var json: JSONValue { ["mesh": .text(mesh), "told": .count(told)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the goodbye", .replyNotUnderstood)
        mesh = try fields.text("mesh")
        told = try fields.count("told")
    }
}
