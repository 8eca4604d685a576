package import Base
internal import Crypto
internal import Disk
package import Trust

/// What an operator signs on the machine at which it sits. The daemon is told nothing but the records.
package enum OperatorDesk {
    /// What is to be signed: all hexadecimal, as the daemon gave it.
    package struct Order: Hashable, Sendable {
        package enum Deed: Hashable, Sendable {
            case revoke(key: String, cuts: String, reason: Revocation.Reason)
            case confirm(redemption: String)
            case admit(NodeKeys)
            /// To keep the epochs.
            case appoint(keys: String)
        }

        package let mesh: String
        package let head: String
        package let deed: Deed

        package init(mesh: String, head: String, _ deed: Deed) {
            self.mesh = mesh
            self.head = head
            self.deed = deed
        }

        fileprivate var act: Act? {
            switch deed {
            case .revoke(let key, let cuts, let reason):
                guard let key = bytes(hexadecimal: key).flatMap({ try? SignerKey(decoding: $0.raw) }),
                    let cuts = bytes(hexadecimal: cuts).flatMap({ try? Cuts(decoding: $0.raw) })
                else { return nil }
                return .revoke(Revocation(.key(key), reason: reason, cuts: cuts.cuts))
            case .admit(let node): return .grant(Grant(.node(node), Charter.everyNode))
            case .appoint(let keys):
                return bytes(hexadecimal: keys).flatMap { try? NodeKeys(decoding: $0.raw) }
                    .map { .grant(Grant(.node($0), Charter.keeper)) }
            case .confirm(let redemption): return Digest(hexadecimal: redemption).map { .confirm(redemption: $0) }
            }
        }
    }

    /// Signs an order with the key in the file at `path`.
    package static func sign(
        _ order: Order, keyAt path: String, at time: WallTime, passphrase: () -> String?
    ) throws(Complaint) -> [Record] {
        try Sodium.start()
        guard let mesh = Digest(hexadecimal: order.mesh), let head = Digest(hexadecimal: order.head),
            let act = order.act
        else { throw Complaint(.replyNotUnderstood, what: "the daemon's words about the node are not understood") }
        let own = try OperatorKey.read(path, passphrase: passphrase)
        var entropy = Entropy.system
        let epoch = entropy.word()
        return OperatorActs.records(act, by: own.signing, epoch: epoch, head: head, at: time, in: mesh)
    }

    /// Makes a key for somebody who is to be an operator, and beside it, in a file that anybody may read, its card,
    /// which is the answer. Nothing is written over.
    package static func makeKey(
        named name: String, at path: String, passphrase: String?
    ) throws(Complaint) -> OperatorCard {
        try Sodium.start()
        guard isName(name) else { throw Complaint(.badName, what: "\(name) cannot be the name of an operator") }
        for path in [path, "\(path).pub"] where DurableFile.exists(path) {
            throw Complaint(
                .alreadyInitialised, what: "\(path) is there already",
                because: "a key would be lost if another were written over it", remedy: "choose another file")
        }
        var entropy = Entropy.system
        let key = OperatorKey(from: &entropy, name: name)
        let card = OperatorCard(key.person)
        try key.write(to: path, passphrase: passphrase, from: &entropy)
        try DataDirectory.attempt { () throws(FileError) in
            try DurableFile.write(Array("\(card.text)\n".utf8), to: "\(path).pub", mode: 0o644)
        }
        return card
    }

    /// The card that a word is, or that lies in the file of that name; nil when the file is no card, but perhaps a key.
    package static func card(_ word: String) throws(Complaint) -> OperatorCard? {
        if word.contains(":"), !DurableFile.exists(word) {
            guard let card = OperatorCard(text: word) else {
                throw Complaint(.cardUnreadable, what: "the card is damaged: a character is missing, added or mistyped")
            }
            return card
        }
        do throws(FileError) {
            let bytes = try DurableFile.read(word, atMost: OperatorKey.fileBytes)
            return String(validating: bytes, as: UTF8.self).flatMap { OperatorCard(text: $0) }
        } catch {
            throw Complaint(.cardUnreadable, what: "\(error.path): \(error.reason)")
        }
    }

    /// Writes a file that people carry from one to the other, as a whole.
    package static func write(_ bytes: [UInt8], to path: String, isNew: Bool) throws(Complaint) {
        guard !isNew || !DurableFile.exists(path) else {
            throw Complaint(
                .fileNotWritten, what: "\(path) is there already", because: "nothing is written over a file",
                remedy: "choose another name")
        }
        do throws(FileError) {
            try DurableFile.write(bytes, to: path, mode: 0o644)
        } catch {
            throw Complaint(.fileNotWritten, what: "\(error.path): \(error.reason)")
        }
    }

    private struct Cuts: WireValue {
        let cuts: [Cut]

        func encode(into writer: inout ByteWriter) { writer.list(cuts) }

        init(from reader: inout ByteReader) throws(DecodeError) {
            cuts = try reader.rising(of: Cut.self, in: 0...Limits.cuts)
        }
    }
}
