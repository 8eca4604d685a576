package import Base
package import Crypto

/// A charge with its accuser's signature. An observer signs what it says to the others, so that whoever pronounces a
/// verdict can show that it did not make it up.
package struct SignedCharge: Hashable, Sendable {
    package var charge: Charge
    package var signature: Signature

    /// What it is, among the kinds of things that are signed.
    static let kind = StatementKind("accusation")

    package init(_ charge: Charge, _ signature: Signature) {
        self.charge = charge
        self.signature = signature
    }
}

extension Charge {
    /// The charge with this node's signature.
    package func signed(by key: borrowing SigningKey, in mesh: Digest) -> SignedCharge {
        SignedCharge(self, key.sign(encoded.raw, as: SignedCharge.kind, in: mesh))
    }
}

/// The same as a part of a verdict, which names the accused and its life for all of them.
package struct Accusation: Hashable, Sendable {
    package var accuser: NodeID
    package var pulse: UInt64
    package var signature: Signature

    static let mostBytes = Bytes32.byteCount + 10 + Signature.byteCount

    package init(by accuser: NodeID, _ word: SignedCharge) {
        self.accuser = accuser
        pulse = word.charge.pulse
        signature = word.signature
    }
}

/// Who gave a member up, and what of that can be shown to others.
package struct Proof: Hashable, Sendable {
    package let accusers: [NodeID]
    let accusations: [Accusation]

    init(_ accusers: [NodeID] = [], _ accusations: [Accusation] = []) {
        self.accusers = Array(accusers.prefix(Limits.observers))
        self.accusations = accusations
    }
}

extension Claim {
    /// Where nobody is named, whoever tells it answers for it.
    func proof(from source: MembershipEngine.Source) -> Proof {
        Proof(accusers.isEmpty ? source.teller.map { [$0] } ?? [] : accusers, accusations)
    }

    /// What an accuser signed, of which the verdict says a part once for all.
    func word(of accusation: Accusation) -> SignedCharge {
        SignedCharge(
            Charge(subject: record.id, life: record.life, pulse: accusation.pulse), accusation.signature)
    }
}

/// Proof of deaths.
extension MembershipEngine {
    private func key(of accuser: NodeID) -> VerifyingKey? {
        (accuser == me.id ? me.seal : members[accuser]?.record.seal)?.key
    }

    private func isGenuine(_ word: SignedCharge, by accuser: NodeID) -> Bool {
        rules.provesVerdicts == 0 || key(of: accuser).map { notary.vouches(for: word, by: $0) } ?? false
    }

    /// Looks at the signatures of those who accuse a neighbour, which nobody does before a verdict hangs on them.
    /// Whoever signed something else than what it says accuses no more.
    mutating func proveAccusers(of peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, isNeighbour) = edges.position(of: peer)
        guard isNeighbour else { return }
        for (accuser, said) in edges.values[index].accusers where !said.isProven {
            if isGenuine(said.word, by: accuser) {
                edges.update(at: index) { (edge) -> Void in edge.accusers[accuser]?.isProven = true }
            } else {
                edges.update(at: index) { $0.accusers[accuser] = nil }
                blame(accuser, about: peer, at: now, into: &outbox)
            }
        }
    }

    /// What can be shown for the verdict of this node and these others: as many words as it takes, its own first.
    func accusations(by accusers: [NodeID], against edge: Edge, in life: Life) -> [Accusation] {
        var shown = edge.trial?.word.map { [Accusation(by: me.id, $0)] } ?? []
        for accuser in accusers where shown.count < Limits.accusations {
            guard let word = edge.accusers[accuser]?.word, word.charge.life == life else { continue }
            shown.append(Accusation(by: accuser, word))
        }
        return shown.sorted { $0.accuser < $1.accuser }
    }

    /// What holds of a verdict that somebody tells: whom this node knows and who signed it; and nothing when one
    /// signature is not its accuser's, for nobody spreads what it has not looked at.
    mutating func proven(
        _ claim: Claim, toldBy teller: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) -> [Accusation] {
        guard !isDistrusted(teller, at: now) else {
            outbox.put(.note(.ignored(.toldByALiar)))
            return []
        }
        let known = claim.accusations.filter { key(of: $0.accuser) != nil }
        guard known.allSatisfy({ isGenuine(claim.word(of: $0), by: $0.accuser) }) else {
            outbox.put(.note(.ignored(.forged)))
            blame(teller, about: claim.record.id, at: now, into: &outbox)
            return []
        }
        return known
    }

    /// Whether three of the observers that this node itself knows signed a verdict, or all where fewer could, and at
    /// about the same time: what was said in two silences that ended is no death. Who never heard a beat may say when
    /// it likes.
    func isVerdict(_ accusations: [Accusation], over subject: NodeID) -> Bool {
        let observers = observers(of: subject)
        let newest = accusations.map(\.pulse).max() ?? 0
        let counted = accusations.count {
            observers.contains($0.accuser) && ($0.pulse == 0 || newest - $0.pulse <= UInt64(rules.beatsApart))
        }
        return counted >= max(min(rules.quorumLeast, observers.count), 1)
    }
}

extension SignedCharge: WireValue {
    package func encode(into writer: inout ByteWriter) {
        charge.encode(into: &writer)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        charge = try Charge(from: &reader)
        signature = try Signature(from: &reader)
    }
}

extension Proof: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.ids(accusers)
        writer.list(accusations)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let accusers = try Finding.ids(from: &reader)
        self.init(accusers, try Accusation.list(from: &reader))
    }
}

extension Accusation: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(accuser)
        writer.varint(pulse)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        accuser = try reader.nodeID()
        pulse = try Life.pulse(from: &reader)
        signature = try Signature(from: &reader)
    }

    /// Rising by accuser, so that nobody is named twice.
    static func list(from reader: inout ByteReader) throws(DecodeError) -> [Accusation] {
        let accusations = try reader.list(of: Accusation.self, atMost: Limits.accusations)
        guard zip(accusations, accusations.dropFirst()).allSatisfy({ $0.accuser < $1.accuser }) else {
            throw .notCanonical
        }
        return accusations
    }
}
