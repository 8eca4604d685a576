package import Crypto

/// Where the pre-shared key enters a handshake: before the first message, or at the end of the message of that number
/// (Noise, section 9.4). One key enters once: nothing of ours needs two.
package enum PresharedKeyPlace: Int, CaseIterable, Sendable {
    case psk0, psk1, psk2, psk3, psk4
}

/// One protocol of the Noise Protocol Framework, revision 34: a pattern over X25519, ChaCha20-Poly1305 and a hash. Make
/// it once and keep it: a handshake shares its tables.
package struct NoiseProtocol: Sendable {
    package let pattern: HandshakePattern
    package let presharedKey: PresharedKeyPlace?
    package let hash: HashFunction
    let table: PatternTable
    let nameBytes: [UInt8]

    package init(_ pattern: HandshakePattern, _ presharedKey: PresharedKeyPlace?, hash: HashFunction) {
        var table = pattern.table
        if let place = presharedKey {
            precondition(place.rawValue <= table.messages.count, "a key cannot enter with a message that never comes")
            switch place {
            case .psk0: table.messages[0].insert(.psk, at: 0)
            case .psk1, .psk2, .psk3, .psk4: table.messages[place.rawValue - 1].append(.psk)
            }
        }
        self.pattern = pattern
        self.presharedKey = presharedKey
        self.hash = hash
        self.table = table
        let modifier = presharedKey.map { "psk\($0.rawValue)" } ?? ""
        nameBytes = Array("Noise_\(pattern.name)\(modifier)_25519_ChaChaPoly_\(hash.noiseName)".utf8)
    }

    /// `Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b`
    package var name: String { String(decoding: nameBytes, as: UTF8.self) }

    /// How many messages the handshake has.
    package var messageCount: Int { table.messages.count }

    /// The protocol of that name, or nil when it is not one of these.
    package init?(name: String) {
        for pattern in HandshakePattern.allCases {
            let places = PresharedKeyPlace.allCases.filter { $0.rawValue <= pattern.table.messages.count }
            for place in [nil] + places.map(Optional.some) {
                for hash in HashFunction.allCases where hash.isForNoise {
                    let known = NoiseProtocol(pattern, place, hash: hash)
                    if known.name == name {
                        self = known
                        return
                    }
                }
            }
        }
        return nil
    }
}

extension HashFunction {
    fileprivate var noiseName: StaticString {
        switch self {
        case .blake2b512: "BLAKE2b"
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        case .blake2b256: preconditionFailure("Noise knows BLAKE2b at its full length only")
        }
    }

    fileprivate var isForNoise: Bool {
        switch self {
        case .blake2b512, .sha256, .sha512: true
        case .blake2b256: false
        }
    }
}
