package import Base
package import Crypto

package enum HandshakeRole: Sendable {
    case initiator, responder
}

/// What a finished handshake leaves: a key for each direction, whose counters begin at zero. A pattern of one message
/// has use for the first only.
@frozen package struct TransportKeys: ~Copyable {
    package let initiatorToResponder: SealingKey
    package let responderToInitiator: SealingKey
}

/// One side of one handshake of the Noise Protocol Framework, revision 34, as a value: it is given messages and gives
/// messages, and in the end it is spent for two keys. It knows no address, no clock and no chance; whoever owns it
/// brings the ephemeral keys.
///
/// The own static key is lent to each call, so that it lies in one place only, and must be the same each time. A
/// message that is refused ends the handshake: it has advanced half-way, and nothing may be made of that. It wipes its
/// secrets at once and every later call throws. It cannot be copied or stored, so a message number is not used twice.
package struct Handshake: ~Copyable {
    /// No message of Noise is longer (section 3).
    package static let longestMessage = 65_535

    package let role: HandshakeRole
    /// Public keys of the other side, as far as they were told or read.
    package private(set) var remoteStatic: AgreementPublicKey?
    package private(set) var remoteEphemeral: AgreementPublicKey?

    private let table: PatternTable
    private let isPreshared: Bool
    private let own: AgreementPublicKey
    private var state: SymmetricState
    private var ephemeral: AgreementKey?
    private var presharedKey: SecretBytes?
    /// The number of the message that comes next.
    private var number = 0
    private var isDead = false

    /// `own` is the public half of the key that later calls are lent. `remoteStatic` is there exactly if the pattern
    /// knows the other side's key beforehand, and `presharedKey`, of 32 bytes, exactly if the protocol has one.
    package init(
        _ noise: NoiseProtocol, _ role: HandshakeRole, prologue: RawSpan, own: AgreementPublicKey,
        remoteStatic: AgreementPublicKey?, presharedKey: consuming SecretBytes?
    ) {
        let table = noise.table
        let isInitiator = role == .initiator
        precondition(
            (remoteStatic != nil) == (isInitiator ? table.knowsResponder : table.knowsInitiator),
            "the pattern says whether the other side's static key is known beforehand")
        let isPreshared = noise.presharedKey != nil
        precondition(
            presharedKey?.count == (isPreshared ? 32 : nil),
            "a pre-shared key has 32 bytes, and is there exactly if the protocol has one")
        self.init(
            role: role, table: table, isPreshared: isPreshared, own: own, remoteStatic: remoteStatic,
            presharedKey: presharedKey,
            state: SymmetricState(
                noise, prologue: prologue, initiator: table.knowsInitiator ? (isInitiator ? own : remoteStatic) : nil,
                responder: table.knowsResponder ? (isInitiator ? remoteStatic : own) : nil))
    }

    /// Two initialisers for one value: where the checks stand beside the assignments, the code that Swift 6.3.1 makes
    /// destroys a state that is not there yet.
    private init(
        role: HandshakeRole, table: PatternTable, isPreshared: Bool, own: AgreementPublicKey,
        remoteStatic: AgreementPublicKey?, presharedKey: consuming SecretBytes?, state: consuming SymmetricState
    ) {
        self.role = role
        self.table = table
        self.isPreshared = isPreshared
        self.own = own
        self.remoteStatic = remoteStatic
        self.presharedKey = presharedKey
        self.state = state
    }

    /// Whether all messages were exchanged, so that it can be `split`.
    package var isFinished: Bool { !isDead && number == table.messages.count }

    /// The hash over all that was said, the same on both sides of one conversation and of no other. What is signed
    /// together with it cannot be passed off elsewhere (section 11.2).
    package var hash: [UInt8] { state.hash }

    /// Whether the next message is ours.
    package var isOurTurn: Bool { !isDead && number < table.messages.count && isInitiatorsTurn == (role == .initiator) }

    private var isInitiatorsTurn: Bool { number.isMultiple(of: 2) }

    /// Whether the next message carries an ephemeral key.
    package var takesEphemeral: Bool { number < table.messages.count && table.messages[number].contains(.e) }

    /// How much longer the next message is than its payload: its keys, and the tags of whatever is sealed by then. No
    /// message of that number is shorter than this.
    package var overhead: Int {
        guard number < table.messages.count else { return 0 }
        var isSealed = state.isSealed
        var count = 0
        for token in table.messages[number] {
            switch token {
            case .e:
                count += Bytes32.byteCount
                isSealed = isSealed || isPreshared
            case .s: count += Bytes32.byteCount + (isSealed ? SealingKey.tagByteCount : 0)
            case .ee, .es, .se, .ss, .psk: isSealed = true
            }
        }
        return count + (isSealed ? SealingKey.tagByteCount : 0)
    }
}

extension Handshake {
    /// Appends the next message to `writer`. `ephemeral` is there exactly if the message `takesEphemeral`, and is spent
    /// whatever comes of it. When it throws, `writer` is as it was.
    package mutating func write(
        _ payload: RawSpan, key: borrowing AgreementKey, ephemeral: consuming AgreementKey?,
        into writer: inout ByteWriter
    ) throws(NoiseError) {
        guard !isDead else { throw .dead }
        precondition(isOurTurn, "the owner knows whose turn it is, and that the handshake is not finished")
        precondition(key.publicKey == own, "one static key all along")
        precondition((ephemeral != nil) == takesEphemeral, "an ephemeral key exactly where the message has one")
        precondition(payload.byteCount <= Self.longestMessage - overhead, "the caller's limit is below Noise's own")
        let start = writer.count
        if ephemeral != nil { self.ephemeral = ephemeral }
        do throws(NoiseError) {
            for token in table.messages[number] { try write(token, key: key, into: &writer) }
        } catch {
            writer.truncate(to: start)
            die()
            throw error
        }
        state.seal(payload, into: &writer)
        number += 1
    }

    private mutating func write(
        _ token: Token, key: borrowing AgreementKey, into writer: inout ByteWriter
    ) throws(NoiseError) {
        switch token {
        case .e:
            guard let publicKey = ephemeral?.publicKey else { preconditionFailure("checked before the first token") }
            writer.bytes32(publicKey.bytes)
            mix(ephemeral: publicKey)
        case .s: key.publicKey.withBytes { bytes in state.seal(bytes, into: &writer) }
        case .ee, .es, .se, .ss, .psk: try mix(token, key: key)
        }
    }

    /// Reads the next message, and answers where in it the payload now lies, opened in place. `admit` is asked once, if
    /// the message brings the other side's static key: as soon as that is read, before the work that its proof takes.
    /// Its sender has shown only that it knows our key, so a no is final and a yes means little.
    ///
    /// When it throws, what did not open is zeros, and the handshake is dead.
    package mutating func read(
        _ message: inout MutableRawSpan, key: borrowing AgreementKey,
        admit: (AgreementPublicKey) -> Bool = { _ in true }
    ) throws(NoiseError) -> Range<Int> {
        guard !isDead else { throw .dead }
        guard number < table.messages.count, !isOurTurn else { throw .outOfTurn }
        precondition(key.publicKey == own, "one static key all along")
        do throws(NoiseError) {
            guard (overhead...Self.longestMessage).contains(message.byteCount) else { throw .badLength }
            var offset = 0
            for token in table.messages[number] {
                try read(token, of: &message, at: &offset, key: key, admit: admit)
            }
            let payload = try state.open(&message, offset..<message.byteCount)
            number += 1
            return payload
        } catch {
            die()
            throw error
        }
    }

    private mutating func read(
        _ token: Token, of message: inout MutableRawSpan, at offset: inout Int, key: borrowing AgreementKey,
        admit: (AgreementPublicKey) -> Bool
    ) throws(NoiseError) {
        switch token {
        case .e:
            let ephemeral = AgreementPublicKey(at: offset, of: message.bytes)
            remoteEphemeral = ephemeral
            offset += Bytes32.byteCount
            mix(ephemeral: ephemeral)
        case .s:
            let end = offset + Bytes32.byteCount + (state.isSealed ? SealingKey.tagByteCount : 0)
            let range = try state.open(&message, offset..<end)
            let sender = AgreementPublicKey(at: range.lowerBound, of: message.bytes)
            offset = end
            guard admit(sender) else { throw .notAdmitted }
            remoteStatic = sender
        case .ee, .es, .se, .ss, .psk: try mix(token, key: key)
        }
    }

    /// Spends the handshake for the keys of what follows.
    package consuming func split() -> TransportKeys {
        precondition(isFinished, "there are keys when all messages were exchanged")
        return state.split()
    }

    private mutating func mix(ephemeral: AgreementPublicKey) {
        ephemeral.withBytes { bytes in
            state.mix(hash: bytes)
            // With a pre-shared key, sealing may begin before any agreement; this keeps two such keys from being one
            // (section 9.2).
            if isPreshared { state.mix(key: bytes) }
        }
    }

    private mutating func mix(_ token: Token, key: borrowing AgreementKey) throws(NoiseError) {
        let isInitiator = role == .initiator
        switch token {
        case .ee: try agree(ephemerally: true, with: remoteEphemeral, key: key)
        case .es: try agree(ephemerally: isInitiator, with: isInitiator ? remoteStatic : remoteEphemeral, key: key)
        case .se: try agree(ephemerally: !isInitiator, with: isInitiator ? remoteEphemeral : remoteStatic, key: key)
        case .ss: try agree(ephemerally: false, with: remoteStatic, key: key)
        case .psk:
            switch presharedKey {
            case .some(let presharedKey): state.mix(presharedKey: presharedKey)
            case .none: preconditionFailure("a protocol with this token was given its key")
            }
        case .e, .s: preconditionFailure("these two are written and read")
        }
    }

    private mutating func agree(
        ephemerally: Bool, with remote: AgreementPublicKey?, key: borrowing AgreementKey
    ) throws(NoiseError) {
        guard let remote else { preconditionFailure("in every pattern a key comes before its use") }
        guard ephemerally else { return try state.mix(agreementOf: key, with: remote) }
        switch ephemeral {
        case .some(let ephemeral): try state.mix(agreementOf: ephemeral, with: remote)
        case .none: preconditionFailure("in every pattern a key comes before its use")
        }
    }

    /// Forgets everything that a later call could make use of.
    private mutating func die() {
        isDead = true
        state.forget()
        ephemeral = nil
        presharedKey = nil
        remoteStatic = nil
        remoteEphemeral = nil
    }
}

extension AgreementPublicKey {
    /// The key that stands at `offset`; the message is known to reach that far.
    fileprivate init(at offset: Int, of message: RawSpan) {
        do throws(DecodeError) {
            try self.init(decoding: message.extracting(offset..<offset + Bytes32.byteCount))
        } catch {
            preconditionFailure("any 32 bytes are a public key")
        }
    }
}
