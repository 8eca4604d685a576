package import Base
internal import Crypto

/// The whole state as bytes, for the flight recorder.
extension VitalsEngine: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(me)
        version.encode(into: &writer)
        writer.list(own)
        writer.bool(isChanged)
        writer.optional(signing)
        writer.list(Array(sheets.values))
        for nodes in [members, contacts] {
            writer.varint(UInt64(nodes.count))
            for node in nodes { writer.nodeID(node) }
        }
        changing.encode(into: &writer)
        spending.encode(into: &writer)
        writer.instant(lastNews)
        for due in [nextRound, nextTelling] {
            writer.bool(due != nil)
            if let due { writer.instant(due) }
        }
        writer.varint(UInt64(distrusted.count))
        for (node, until) in distrusted {
            writer.nodeID(node)
            writer.instant(until)
        }
        writer.bytes32(random.state)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        me = try reader.nodeID()
        version = try Sheet.Version(from: &reader)
        own = try reader.list(of: Sheet.Entry.self, atMost: Limits.sheetEntries)
        guard own.risesByKey else { throw .notCanonical }
        isChanged = try reader.bool()
        signing = try reader.optional(Sheet.self)
        for known in try reader.list(of: Known.self, atMost: Limits.members) {
            guard sheets.keys.last.map({ $0 < known.sheet.owner }) ?? true else { throw .notCanonical }
            sheets[known.sheet.owner] = known
        }
        members = try Self.risingNodes(from: &reader)
        contacts = try Self.risingNodes(from: &reader)
        changing = try Allowance(from: &reader)
        spending = try Allowance(from: &reader)
        lastNews = try reader.instant()
        nextRound = try reader.bool() ? try reader.instant() : nil
        nextTelling = try reader.bool() ? try reader.instant() : nil
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let node = try reader.nodeID()
            guard distrusted.keys.last.map({ $0 < node }) ?? true else { throw .notCanonical }
            distrusted[node] = try reader.instant()
        }
        let state = try reader.bytes32()
        guard state != .zero else { throw .outOfRange }
        random = Random(state: state)
    }

    private static func risingNodes(from reader: inout ByteReader) throws(DecodeError) -> [NodeID] {
        var nodes: [NodeID] = []
        for _ in 0..<(try reader.count(atMost: Limits.members)) { nodes.append(try reader.nodeID()) }
        guard nodes.isRising else { throw .notCanonical }
        return nodes
    }
}

extension VitalsEngine.Known: WireValue {
    func encode(into writer: inout ByteWriter) {
        aged.encode(into: &writer)
        writer.instant(since)
        changes.encode(into: &writer)
        writer.varint(UInt64(waiting.count))
        for (peer, telling) in waiting {
            writer.nodeID(peer)
            writer.instant(telling.due)
            writer.varint(UInt64(telling.times))
        }
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        aged = try AgedSheet(from: &reader)
        since = try reader.instant()
        changes = try Allowance(from: &reader)
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let peer = try reader.nodeID()
            guard waiting.keys.last.map({ $0 < peer }) ?? true else { throw .notCanonical }
            let due = try reader.instant()
            waiting[peer] = VitalsEngine.Telling(due: due, times: try reader.count(atMost: VitalsRules.pushes))
        }
    }
}
