internal import Base
internal import Crypto
internal import Disk
internal import Trust

/// Those who found a mesh together, and the keys of theirs that are here: they sign its first record, all at one table.
struct Founders {
    private(set) var operators: [Operator] = []
    private var keys: [HeldKey] = []

    /// One operator, whose key is made with the mesh.
    init(_ key: consuming OperatorKey) {
        operators = [Operator(key.person)]
        keys = [HeldKey(key)]
    }

    /// The operators and recovery shares that these words name: files of keys, files of cards, or cards.
    init(_ words: [String], shares: [String], passphrase: (String) -> String?) throws(Complaint) {
        for word in words { try take(word, .acting, passphrase) }
        for word in shares { try take(word, .recovery, passphrase) }
        operators.sort()
    }

    private mutating func take(
        _ word: String, _ kind: Operator.Kind, _ passphrase: (String) -> String?
    ) throws(Complaint) {
        if let card = try OperatorDesk.card(word) { return operators.append(Operator(card.person, kind)) }
        let key = try OperatorKey.read(word) { passphrase(word) }
        operators.append(Operator(key.person, kind))
        keys.append(HeldKey(key))
    }

    /// The first record of a mesh. Every key that is here signs it; as many persons have to as it takes to change it.
    func genesis(of mesh: String, threshold: Int, from entropy: inout Entropy) throws(Complaint) -> Record {
        guard (1...operators.count).contains(threshold) else {
            throw Complaint(
                .rootRefused, what: "the threshold is 1 to \(operators.count), as many as there are operators")
        }
        guard let nonce = Bytes32(entropy.bytes(Bytes32.byteCount)) else {
            preconditionFailure("thirty-two bytes were asked for")
        }
        let signers = keys.map { $0.signer }
        guard operators.count <= Limits.operators, !signers.isEmpty else {
            throw keys.isEmpty
                ? tooFewKeys(threshold) : Complaint(.rootRefused, because: RootState.Refusal.tooMany.words)
        }
        let genesis = Genesis(
            name: mesh, operators: operators, signers: signers, threshold: UInt8(threshold), nonce: nonce)
        do throws(RootState.Refusal) {
            _ = try RootState(genesis)
        } catch {
            throw error == .tooFewPersons ? tooFewKeys(threshold) : Complaint(.rootRefused, because: error.words)
        }
        let statement = Statement.genesis(genesis)
        let body = statement.encoded
        let id = Digest(hashing: body.raw)
        return Record(
            body: body,
            seals: keys.map { held in
                Record.Seal(held.signer, held.own.signing.sign(body.raw, as: statement.kind, in: id))
            })
    }

    private func tooFewKeys(_ threshold: Int) -> Complaint {
        Complaint(
            .signersMissing,
            what: "\(threshold) of the operators have to sign the mesh's first record, and "
                + "\(keys.count == 1 ? "one key is" : "\(keys.count) keys are") here",
            remedy: "bring the files of \(threshold) keys together; or found it alone, then: marram operator add CARD")
    }

    /// The node that begins the mesh, granted by the first acting operator whose key is here.
    func identity(founding genesis: Record, from entropy: inout Entropy) throws(Complaint) -> NodeIdentity {
        let acting = operators.filter { $0.kind == .acting }.flatMap(\.person.keys)
        guard let first = keys.first(where: { acting.contains($0.signer) }) else {
            throw Complaint(
                .signersMissing, what: "recovery shares alone cannot grant the mesh its first node",
                remedy: "bring the file of one operator's key")
        }
        return NodeIdentity(founding: genesis, key: first.own.signing, from: &entropy)
    }

    /// Writes the key of the only operator, who is made with the mesh.
    func writeKey(to path: String, passphrase: String?, from entropy: inout Entropy) throws(Complaint) {
        precondition(keys.count == 1, "only a key that was made here is written here")
        try keys[0].own.write(to: path, passphrase: passphrase, from: &entropy)
    }
}

extension RootState.Refusal {
    /// Why an update of the root is none, for people.
    var words: String {
        switch self {
        case .tooFewPersons: "fewer persons sign it than it takes"
        case .stranger: "a key that signs it is no operator's"
        case .nameTaken: "two operators would have one name"
        case .keyTaken: "two operators would have one key"
        case .noSuchOperator: "no operator has that name"
        case .tooFewOperators: "fewer operators would be left than it takes to change them"
        case .outOfRange: "a number in it is out of its range"
        case .nothingLeft: "it names nothing of what the operator did, and so would undo the founding of the mesh"
        case .unmeetable(let capability): "the policy asks of \(capability) what nobody could bring who needs it"
        case .tooMany: "there would be more of a kind than \(Limits.operators) operators, or than the tables have rows"
        }
    }
}
