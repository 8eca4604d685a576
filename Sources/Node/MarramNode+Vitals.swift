internal import Base
internal import Control
internal import Membership
internal import Vitals

/// What a node answers about what nodes say of themselves for a while, and how somebody at its socket adds to it.
extension MarramNode {
    private var sheets: VitalsEngine { switchboard.vitals }

    mutating func setVital(
        _ key: String, _ value: ValueBytes?, at now: Now, into world: inout NodeOutbox
    ) throws(Complaint) {
        let bytes = Array(key.utf8)
        if let value {
            guard sheets.hasRoom(for: bytes, value.bytes) else {
                throw Complaint(
                    .sheetFull, what: "there is no room for \(key), which would hold \(value.bytes.count) bytes")
            }
        } else if sheets.value(of: bytes) == nil {
            throw Complaint(
                .keyNotFound, what: "this node says nothing of itself under \(key)",
                remedy: "marram vitals list \(name)")
        }
        take(.performed(.setVital(bytes, value?.bytes)), at: now, into: &world)
    }

    /// What others have said as of `node`, or all, from one on.
    func vitals(of word: String?, from: NodeID?, at now: Now) throws(Complaint) -> VitalsReply {
        if let word {
            let (owner, _) = try memberOfLaw(word)
            return VitalsReply(
                rows: sheets.rows(at: now.instant).filter { $0.sheet.owner == owner }.flatMap { rows(of: $0) })
        }
        var reply = VitalsReply(rows: [])
        for row in sheets.rows(at: now.instant) where from.map({ $0 <= row.sheet.owner }) ?? true {
            guard reply.rows.count + row.sheet.entries.count <= Limits.answerRows else {
                reply.next = row.sheet.owner
                break
            }
            reply.rows += rows(of: row)
        }
        return reply
    }

    func ownVitals(at now: Now) -> VitalsReply {
        VitalsReply(
            rows: sheets.rows(at: now.instant).filter { $0.sheet.owner == configuration.id }.flatMap { rows(of: $0) })
    }

    private func rows(of row: VitalsEngine.Row) -> [VitalsReply.Row] {
        let owner = row.sheet.owner
        let state = owner == configuration.id ? ownState : others[owner]?.state ?? .unreachable
        return row.sheet.entries.map { entry in
            VitalsReply.Row(
                name: name(of: owner), id: owner, state: state.row, key: String(decoding: entry.key, as: UTF8.self),
                value: ValueBytes(entry.value), age: .seconds(Int64(row.age)),
                left: .seconds(Int64(row.sheet.lifetime - row.age)))
        }
    }
}
