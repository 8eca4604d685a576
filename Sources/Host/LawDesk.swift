package import Base
internal import Crypto
internal import Trust

/// What came of checking a law's file.
package struct LawReport: Hashable, Sendable {
    /// The mesh's id.
    package let mesh: String
    package let name: String
    package let records: Int
    package let acts: Int
    /// Acts that count for nothing: who did what, and why it does not count.
    package let voids: [String]
    /// Owners of feeds in which two entries bear one number.
    package let forked: [String]
    /// Entries that wait for one that is not in the file.
    package let waiting: Int

    package init(
        mesh: String, name: String, records: Int, acts: Int, voids: [String], forked: [String], waiting: Int
    ) {
        self.mesh = mesh
        self.name = name
        self.records = records
        self.acts = acts
        self.voids = voids
        self.forked = forked
        self.waiting = waiting
    }
}

/// Checks the law of any mesh from its file alone: no daemon is asked and no clock is read.
package enum LawDesk {
    package static func check(_ bytes: [UInt8]) throws(Complaint) -> LawReport {
        try Sodium.start()
        let file: LawFile
        do throws(DecodeError) {
            file = try LawFile(decoding: bytes.raw)
        } catch {
            throw Complaint(.lawRefused, what: "the file is not a law, or a piece of it is missing: \(error)")
        }
        let law: Law
        do throws(LawFile.Flaw) {
            law = try file.check()
        } catch {
            throw Complaint(.lawRefused, what: words(error))
        }
        let judgement = Judgement(of: law)
        let lines = law.lines(judgement) { $0.key.nodeID.short }
        let voids = lines.compactMap { line -> String? in
            guard case .void(let fault)? = line.verdict else { return nil }
            return "\(line.actor) \(line.act): \(fault.sentence)"
        }
        let forked = law.forkedOwners.map { judgement.root.holder(of: $0)?.person.name ?? $0.key.nodeID.short }
        return LawReport(
            mesh: file.mesh.description, name: law.root.name, records: file.records.count, acts: lines.count,
            voids: voids, forked: forked, waiting: law.waitingEntries)
    }

    static func words(_ flaw: LawFile.Flaw) -> String {
        switch flaw {
        case .noGenesis: "the file does not begin with the mesh's first record, truly signed"
        case .refused(let place, .notAuthentic): "a signature of record \(place) is not true"
        case .refused(let place, .wrongSigners): "record \(place) is not signed by those whom it names"
        case .refused(let place, .malformed), .refused(let place, .wrongKind): "record \(place) is damaged"
        case .misplaced(let place): "record \(place) has no place among those before it"
        }
    }
}
