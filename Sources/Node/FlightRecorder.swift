package import Base

/// Writes down everything that comes into a switchboard, so that what happened at a site can be lived through again at
/// a desk. A recording is a list of entries: a checkpoint (the whole state), then inputs with their times, each with
/// the hash of the state it led to. It holds names and addresses, but no key.
///
/// The recorder only makes bytes; the world takes them away and keeps them in a ring of files.
package struct FlightRecorder {
    /// Entries that the world has not taken yet.
    package private(set) var untaken: ByteWriter
    private var state: ByteWriter
    /// How many inputs go by before the state is hashed again: none in a small mesh, more the larger the state is.
    private var inputsToHash: Int

    package init() {
        untaken = ByteWriter()
        state = ByteWriter()
        inputsToHash = 0
    }

    /// A recording may start here. `continues` says that it is the settled state to which the entries before it led.
    mutating func record(checkpoint switchboard: Switchboard, continues: Bool) {
        append(.checkpoint(switchboard, continues: continues))
    }

    mutating func record(_ input: Switchboard.Input, at now: Now, leadingTo switchboard: Switchboard) {
        guard inputsToHash == 0 else {
            inputsToHash -= 1
            return append(.input(input, at: now, stateHash: nil))
        }
        state.removeAll()
        switchboard.encodeFingerprint(into: &state)
        var hash = TraceHash()
        hash.absorb(state.bytes.raw)
        inputsToHash = state.count < Limits.stateHashedAlways ? 0 : state.count / Limits.stateBytesPerHash
        append(.input(input, at: now, stateHash: hash.value))
    }

    /// The world has taken what was there.
    package mutating func taken() { untaken.removeAll() }

    private mutating func append(_ entry: RecordingEntry) {
        let body = entry.encoded
        untaken.u32(UInt32(body.count))
        untaken.raw(body)
    }
}

/// One entry of a recording.
package enum RecordingEntry {
    /// One that does not continue what is before it begins another life of the node. In a box: to copy so large a value
    /// in place takes more code than all else here.
    indirect case checkpoint(Switchboard, continues: Bool)
    case input(Switchboard.Input, at: Now, stateHash: UInt64?)
}

extension RecordingEntry: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .checkpoint(let switchboard, let continues):
            writer.u8(1)
            writer.bool(continues)
            switchboard.encode(into: &writer)
        case .input(let input, let now, let stateHash):
            writer.u8(2)
            writer.now(now)
            writer.bool(stateHash != nil)
            if let stateHash { writer.u64(stateHash) }
            input.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1:
            let continues = try reader.bool()
            self = .checkpoint(try Switchboard(from: &reader), continues: continues)
        case 2:
            let now = try reader.now()
            let stateHash = try reader.bool() ? try reader.u64() : nil
            self = .input(try Switchboard.Input(from: &reader), at: now, stateHash: stateHash)
        default: throw .unknown
        }
    }
}
