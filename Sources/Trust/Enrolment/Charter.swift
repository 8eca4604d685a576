package import Base
package import Crypto

/// How a mesh begins: the genesis, and a first feed of its founder in which the first nodes are granted what nodes do.
/// The founder's key signs all of it; what it signs later goes into feeds of its own.
package struct Charter: Sendable {
    /// In an order in which a law takes them.
    package let records: [Record]

    package var mesh: Digest { records[0].id }

    /// What the first nodes may do: invite others besides, and give them what every node has.
    package static let founders = Grant.Terms(can: [.renew, .sponsor, .invite], scope: .everything, delegate: 1)

    /// What every node may do: renew the leases of others, and vouch for those who come with an invitation.
    package static let everyNode = Grant.Terms(can: [.renew, .sponsor], scope: .everything)

    /// What a node is given besides that keeps the epochs.
    package static let keeper = Grant.Terms(can: [.epochs], scope: .everything)

    /// Founds the mesh `name` with one operator and the nodes `nodes`. `nonce` tells it from every other, and names the
    /// founder's feed.
    package init(
        founding name: String, by person: Person, key: borrowing SigningKey, nodes: [NodeKeys], nonce: Bytes32
    ) {
        let genesis = Self.genesis(of: name, by: person, key: key, nonce: nonce)
        self.init(genesis: genesis, epoch: nonce.w0, founder: key, nodes: nodes)
    }

    /// The first record of a mesh that has one operator.
    package static func genesis(
        of name: String, by person: Person, key: borrowing SigningKey, nonce: Bytes32
    ) -> Record {
        let signer = SignerKey(key.publicKey)
        precondition(person.keys.contains(signer), "the founder signs with a key of its own")
        let genesis = Statement.genesis(
            Genesis(name: name, operators: [Operator(person)], signers: [signer], threshold: 1, nonce: nonce))
        return Record(genesis, by: key, in: Digest(hashing: genesis.encoded.raw))
    }

    /// The charter of a mesh whose genesis is signed already; `founder` is the key of one who signed it. `epoch` names
    /// the founder's feed.
    package init(genesis: Record, epoch: UInt64, founder key: borrowing SigningKey, nodes: [NodeKeys]) {
        let (mesh, signer) = (genesis.id, SignerKey(key.publicKey))
        precondition(genesis.seals.contains { $0.key == signer }, "a founder has signed the genesis")
        let certificate = Record(
            .feed(FeedCertificate(owner: signer, epoch: epoch, key: signer)), by: key, in: mesh)
        var records = [genesis, certificate]
        var previous = certificate.id
        for (index, node) in nodes.enumerated() {
            let entry = Entry(
                feed: certificate.id, sequence: UInt64(index) + 1, previous: previous, head: mesh, authority: nil,
                time: HybridTime(bits: 0), act: .grant(Grant(.node(node), Self.founders)))
            let record = Record(.entry(entry), by: key, in: mesh)
            records.append(record)
            previous = record.id
        }
        self.records = records
    }
}

/// What an operator writes on a machine of its own.
package enum OperatorActs {
    /// An act in a feed that it begins and ends: an operator that works with a tool keeps no feed, and so has none that
    /// a copy of its key could fork. `epoch` is drawn.
    package static func records(
        _ act: Act, by key: borrowing SigningKey, epoch: UInt64, head: Digest, at time: WallTime, in mesh: Digest
    ) -> [Record] {
        let signer = SignerKey(key.publicKey)
        let certificate = Record(.feed(FeedCertificate(owner: signer, epoch: epoch, key: signer)), by: key, in: mesh)
        var records = [certificate]
        for act in [act, .close] {
            let sequence = UInt64(records.count)
            let entry = Entry(
                feed: certificate.id, sequence: sequence, previous: records[records.count - 1].id, head: head,
                authority: nil, time: HybridTime(milliseconds: UInt64(clamping: time.milliseconds), counter: 0),
                act: act)
            records.append(Record(.entry(entry), by: key, in: mesh))
        }
        return records
    }
}
