import Base
import Crypto

@testable import Trust

/// Makes the records of a mesh for tests. People and nodes are numbers; what they sign is signed truly, or, where a
/// test makes millions, only named.
struct Court {
    let isSigned: Bool
    private(set) var genesis: Verified
    private(set) var mesh: Digest
    /// What was made, in order.
    private(set) var records: [Verified] = []
    /// The last entry of each feed, or the feed itself.
    private var tips: [Digest: (id: Digest, sequence: UInt64)] = [:]
    private var keyOfFeed: [Digest: Int] = [:]

    /// A mesh whose acting operators are 0, 1, 2…, of whom `threshold` govern, and whose recovery shares are 90, 91…
    init(operators: Int = 3, shares: Int = 0, threshold: UInt8 = 2, isSigned: Bool = true) {
        self.isSigned = isSigned
        let acting = (0..<operators).map { Operator(Court.person($0, isSigned)) }
        let spare = (0..<shares).map { Operator(Court.person(90 + $0, isSigned), .recovery) }
        let signers = (0..<Int(threshold)).map { Court.key($0, isSigned) }
        let body = Genesis(
            name: "store", operators: acting + spare, signers: signers, threshold: threshold, nonce: .zero)
        mesh = Digest(hashing: Statement.genesis(body).encoded.raw)
        genesis = Court.verified(.genesis(body), Array(0..<Int(threshold)), mesh, isSigned)
    }

    var law: Law {
        do {
            return try isSigned ? Law(genesis: genesis.record, mesh: mesh) : Law(trusting: genesis)
        } catch {
            fatalError("the court's own genesis is refused: \(error)")
        }
    }

    /// The law with everything that was made.
    var whole: Law {
        var law = law
        for record in records { _ = law.admit(record) }
        return law
    }

    var judgement: Judgement { Judgement(of: whole) }

    func key(_ number: Int) -> SignerKey { Court.key(number, isSigned) }
    func person(_ number: Int) -> Person { Court.person(number, isSigned) }

    func node(_ number: Int) -> NodeKeys {
        NodeKeys(signing: key(number), agreement: AgreementPublicKey(Bytes32(7, 0, 0, UInt64(number))))
    }

    // MARK: What is made

    @discardableResult
    mutating func make(_ statement: Statement, by signers: [Int]) -> Verified {
        let made = Court.verified(statement, signers, mesh, isSigned)
        records.append(made)
        return made
    }

    @discardableResult
    mutating func update(_ changes: [RootChange], by signers: [Int], after parent: Digest? = nil) -> Digest {
        let update = RootUpdate(parent: parent ?? mesh, signers: signers.map(key), changes: changes)
        return make(.rootUpdate(update), by: signers).id
    }

    @discardableResult
    mutating func feed(of owner: Int, epoch: UInt64 = 1) -> Digest {
        let certificate = FeedCertificate(owner: key(owner), epoch: epoch, key: key(owner))
        let id = make(.feed(certificate), by: [owner]).id
        tips[id] = (id, 0)
        keyOfFeed[id] = owner
        return id
    }

    /// Writes the next entry of a feed, or one after another entry of it.
    @discardableResult
    mutating func write(
        _ act: Act, in feed: Digest, under authority: Digest? = nil, head: Digest? = nil,
        after place: (id: Digest, sequence: UInt64)? = nil, signer: Int? = nil, time: UInt64 = 0
    ) -> Digest {
        guard let tip = place ?? tips[feed], let owner = signer ?? keyOfFeed[feed] else { fatalError("no such feed") }
        let entry = Entry(
            feed: feed, sequence: tip.sequence + 1, previous: tip.id, head: head ?? mesh, authority: authority,
            time: HybridTime(bits: time), act: act)
        let id = make(.entry(entry), by: [owner]).id
        if place == nil { tips[feed] = (id, tip.sequence + 1) }
        if case .nextKey(let next) = act, place == nil {
            keyOfFeed[feed] = (0..<200).first { key($0) == next } ?? owner
        }
        return id
    }

    /// A cut that names nothing of anybody's: all that a removal leaves of whoever did nothing.
    var noCut: Cut { Cut(feed: mesh, sequence: 1, entry: mesh) }

    func tip(of feed: Digest) -> (id: Digest, sequence: UInt64) { tips[feed] ?? (feed, 0) }

    /// A cut at the present end of a feed.
    func cut(_ feed: Digest) -> Cut {
        let tip = tip(of: feed)
        return Cut(feed: feed, sequence: max(tip.sequence, 1), entry: tip.id)
    }

    func invite(
        by inviter: Int, key: Int, terms: Grant.Terms, uses: UInt16 = 1, authority: Digest? = nil, head: Digest? = nil,
        expires: Int64 = 1_000_000
    ) -> Verified {
        let invite = Invite(
            head: head ?? mesh, authority: authority, inviter: self.key(inviter), key: self.key(key), terms: terms,
            uses: uses, expires: WallTime(milliseconds: expires))
        return Court.verified(.invite(invite), [inviter], mesh, isSigned)
    }

    func redemption(of invite: Verified, key: Int, node number: Int) -> Redemption {
        guard isSigned else {
            return Redemption(
                invite: invite.record, node: node(number), channel: .zero, signature: Court.noSignature)
        }
        return Redemption(
            invite.record, as: node(number), over: Bytes32(9, 9, 9, 9), with: Court.signer(key), in: mesh)
    }

    // MARK: Keys

    static func signer(_ number: Int) -> SigningKey {
        var entropy = Entropy.seeded(UInt64(number) + 1_000)
        do { return try SigningKey(seed: SecretBytes(from: &entropy)) } catch { fatalError("a seed is a seed") }
    }

    private static let signedKeys = (0..<200).map { SignerKey(signer($0).publicKey) }

    static func key(_ number: Int, _ isSigned: Bool) -> SignerKey {
        isSigned ? signedKeys[number] : SignerKey(VerifyingKey(Bytes32(UInt64(number), 1, 2, 3)))
    }

    /// Their name is `p0`, `p1`…; their keys are their number and that with 100 more.
    static func person(_ number: Int, _ isSigned: Bool) -> Person {
        Person(name: "p\(number)", keys: [key(number, isSigned), key(number + 100, isSigned)])
    }

    static let noSignature: Signature = {
        do {
            return try Signature(decoding: [UInt8](repeating: 0, count: 64).raw)
        } catch { fatalError("sixty-four bytes are a signature") }
    }()

    static func verified(_ statement: Statement, _ signers: [Int], _ mesh: Digest, _ isSigned: Bool) -> Verified {
        let body = statement.encoded
        let seals = signers.map { number in
            Record.Seal(
                key(number, isSigned),
                isSigned ? signer(number).sign(body.raw, as: statement.kind, in: mesh) : noSignature)
        }
        do {
            let record = Record(body: body, seals: seals)
            return try isSigned ? Verified(record, in: mesh) : Verified(stored: record)
        } catch {
            fatalError("the court's own record is refused: \(error)")
        }
    }
}

extension Capability {
    static let approve = Capability(known: "release.approve")
    static let start = Capability(known: "rollout.start")
    static let launch = Capability(known: "rollout.launch")
}

func scope(_ patterns: String...) -> Scope {
    Scope(patterns.map { Scope.Pattern($0) ?? .everything })
}

let now = Now(instant: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(milliseconds: 500_000))
let bracket = TimeBracket(storedFloor: WallTime(milliseconds: 0), slack: .seconds(60), at: now)
