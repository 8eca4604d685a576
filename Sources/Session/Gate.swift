internal import Base
internal import Crypto

/// What a node asks of a stranger before it works for it. A handshake costs the one who answers it some hundred times
/// what it costs to make up a packet; so its packets carry two codes, each cheap to check.
///
/// The first code is keyed by what only members know of the receiver: whoever does not know it is never answered. The
/// second is asked for only while handshakes come in floods: it is keyed by a **cookie** that the receiver sent to the
/// address the packet claims to come from, so a sender that lies about its address never has it. The receiver remembers
/// no cookie: it computes them again from a secret that changes every two minutes (WireGuard has the same two).
struct Gate: ~Copyable {
    private let codeKey: AuthenticationKey
    private let knockCodeKey: AuthenticationKey
    private let cookieSeal: EnvelopeKey
    private let knockCookieSeal: EnvelopeKey
    private var entropy: Entropy
    private var secret: AuthenticationKey
    private var formerSecret: AuthenticationKey
    private var secretDrawn: Instant
    /// Handshakes worked on in this second and in the one before.
    private var second: UInt64 = 0
    private var worked = 0
    private var workedBefore = 0
    private var buckets: SourceBuckets

    init(me: AgreementPublicKey, mesh: Digest, entropy: consuming Entropy, at now: Instant) {
        codeKey = MeshKeys.code(of: me, in: mesh)
        knockCodeKey = MeshKeys.code(of: nil, in: mesh)
        cookieSeal = MeshKeys.cookie(of: me, in: mesh)
        knockCookieSeal = MeshKeys.cookie(of: nil, in: mesh)
        secret = AuthenticationKey(from: &entropy)
        formerSecret = AuthenticationKey(from: &entropy)
        secretDrawn = now
        buckets = SourceBuckets(secret: AuthenticationKey(from: &entropy))
        self.entropy = entropy
    }

    /// What to do with the first packet of a handshake.
    enum Verdict {
        case workOnIt
        /// Answer with a cookie; it now lies in the arena.
        case cookie(Range<Int>)
    }

    /// Judges `packet`, which begins a handshake. `isKnock`: its sender need not know this node's key.
    mutating func judge(
        _ packet: RawSpan, isKnock: Bool, from source: Address, at now: Instant, into arena: inout ByteWriter
    ) throws(Refusal) -> Verdict {
        let codes = try Codes(of: packet)
        let covered = packet.extracting(Codes.coveredByFirst(packet.byteCount))
        do throws(CryptoError) {
            if isKnock {
                try knockCodeKey.verify(codes.first, over: covered)
            } else {
                try codeKey.verify(codes.first, over: covered)
            }
        } catch {
            throw .badCode
        }
        guard isFlooded(at: now) else {
            worked += 1
            return .workOnIt
        }
        renewSecret(at: now)
        guard has(codes, over: packet, from: source) else {
            return .cookie(try sayCookie(to: packet, codes.first, isKnock: isKnock, source, into: &arena))
        }
        guard buckets.take(source, at: now) else { throw .tooManyHandshakes }
        worked += 1
        return .workOnIt
    }

    /// Whether so many handshakes come that addresses have to be proved.
    private mutating func isFlooded(at now: Instant) -> Bool {
        let present = now.nanoseconds / 1_000_000_000
        if present != second {
            workedBefore = present == second + 1 ? worked : 0
            worked = 0
            second = present
        }
        return max(worked, workedBefore) >= Limits.unprovedHandshakes
    }

    private mutating func renewSecret(at now: Instant) {
        guard now - secretDrawn >= Limits.cookieLife else { return }
        swap(&secret, &formerSecret)
        secret = AuthenticationKey(from: &entropy)
        secretDrawn = now
    }

    private func has(_ codes: Codes, over packet: RawSpan, from source: Address) -> Bool {
        let covered = packet.extracting(Codes.coveredBySecond(packet.byteCount))
        let address = source.encoded
        func proves(_ secret: borrowing AuthenticationKey) -> Bool {
            let key = AuthenticationKey(cookie: secret.code(over: address.raw))
            do throws(CryptoError) {
                try key.verify(codes.second, over: covered)
                return true
            } catch {
                return false
            }
        }
        return proves(secret) || proves(formerSecret)
    }

    private mutating func sayCookie(
        to packet: RawSpan, _ code: AuthenticationCode, isKnock: Bool, _ source: Address, into arena: inout ByteWriter
    ) throws(Refusal) -> Range<Int> {
        var reader = ByteReader(packet.extracting(Packet.commonBytes..<packet.byteCount))
        guard let sender = try? reader.u32() else { throw .badLength }
        let start = arena.count
        Packet.begin(.cookie, in: &arena)
        arena.u32(sender)
        let envelope = arena.count
        arena.reserve(EnvelopeKey.nonceByteCount)
        secret.code(over: source.encoded.raw).encode(into: &arena)
        arena.reserve(EnvelopeKey.tagByteCount)
        var span = arena.mutableRaw(in: envelope..<arena.count)
        if isKnock {
            knockCookieSeal.seal(&span, with: code.encoded.raw, from: &entropy)
        } else {
            cookieSeal.seal(&span, with: code.encoded.raw, from: &entropy)
        }
        return start..<arena.count
    }

    /// What a node that may only be an echo of itself must send back.
    func proof(of ephemeral: AgreementPublicKey, from source: Address, nonce: UInt64) -> FreshProof {
        FreshProof(
            nonce: nonce, ephemeral: ephemeral, code: secret.code(over: Self.proved(ephemeral, source, nonce).raw))
    }

    func accepts(_ proof: FreshProof, from source: Address) -> Bool {
        let text = Self.proved(proof.ephemeral, source, proof.nonce)
        for attempt in 0..<2 {
            do throws(CryptoError) {
                if attempt == 0 {
                    try secret.verify(proof.code, over: text.raw)
                } else {
                    try formerSecret.verify(proof.code, over: text.raw)
                }
                return true
            } catch {
                continue
            }
        }
        return false
    }

    private static func proved(_ ephemeral: AgreementPublicKey, _ source: Address, _ nonce: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(Array("marram/1/fresh".utf8))
        writer.u64(nonce)
        ephemeral.encode(into: &writer)
        writer.address(source)
        return writer.bytes
    }
}

/// The two codes at the end of a packet.
struct Codes {
    let first: AuthenticationCode
    let second: AuthenticationCode

    init(of packet: RawSpan) throws(Refusal) {
        guard packet.byteCount > Packet.codesBytes else { throw .badLength }
        var reader = ByteReader(packet.extracting(packet.byteCount - Packet.codesBytes..<packet.byteCount))
        guard let first = try? AuthenticationCode(from: &reader), let second = try? AuthenticationCode(from: &reader)
        else { throw .badLength }
        self.first = first
        self.second = second
    }

    /// What each code covers of a packet of so many bytes.
    static func coveredByFirst(_ byteCount: Int) -> Range<Int> { 0..<byteCount - Packet.codesBytes }
    static func coveredBySecond(_ byteCount: Int) -> Range<Int> { 0..<byteCount - Packet.codeBytes }

    /// The first code alone ends a message that answers: whoever is answered knows its own address.
    static func checkFirst(of packet: RawSpan, _ key: borrowing AuthenticationKey) throws(Refusal) {
        guard packet.byteCount > Packet.codeBytes else { throw .badLength }
        var reader = ByteReader(packet.extracting(packet.byteCount - Packet.codeBytes..<packet.byteCount))
        guard let code = try? AuthenticationCode(from: &reader) else { throw .badLength }
        do throws(CryptoError) {
            try key.verify(code, over: packet.extracting(0..<packet.byteCount - Packet.codeBytes))
        } catch {
            throw .badCode
        }
    }

    static func putFirst(behind start: Int, _ key: borrowing AuthenticationKey, in arena: inout ByteWriter) {
        key.code(over: arena.bytes.raw.extracting(start..<arena.count)).encode(into: &arena)
    }

    /// Puts both codes behind the packet that starts at `start` and ends at the arena's end.
    static func put(
        behind start: Int, _ key: borrowing AuthenticationKey, cookie: AuthenticationCode?, in arena: inout ByteWriter
    ) -> AuthenticationCode {
        let first = key.code(over: arena.bytes.raw.extracting(start..<arena.count))
        first.encode(into: &arena)
        guard let cookie else {
            arena.reserve(Packet.codeBytes)
            return first
        }
        let key = AuthenticationKey(cookie: cookie)
        key.code(over: arena.bytes.raw.extracting(start..<arena.count)).encode(into: &arena)
        return first
    }
}

/// The keys that follow from the mesh and from a node's agreement key. A knock is for whoever is there, so nobody's key
/// takes part in it.
enum MeshKeys {
    static func code(of node: AgreementPublicKey?, in mesh: Digest) -> AuthenticationKey {
        do throws(CryptoError) {
            return try AuthenticationKey(secret("marram/1/code", node, mesh))
        } catch {
            preconditionFailure("a hash has the length of a key")
        }
    }

    static func cookie(of node: AgreementPublicKey?, in mesh: Digest) -> EnvelopeKey {
        envelopeKey("marram/1/cookie", node, mesh)
    }

    static func beacon(in mesh: Digest) -> EnvelopeKey { envelopeKey("marram/1/beacon", nil, mesh) }

    private static func envelopeKey(
        _ purpose: String, _ node: AgreementPublicKey?, _ mesh: Digest
    ) -> EnvelopeKey {
        do throws(CryptoError) {
            return try EnvelopeKey(secret(purpose, node, mesh))
        } catch {
            preconditionFailure("a hash has the length of a key")
        }
    }

    private static func secret(_ purpose: String, _ node: AgreementPublicKey?, _ mesh: Digest) -> SecretBytes {
        var writer = ByteWriter()
        writer.text(purpose)
        writer.digest(mesh)
        if let node { node.encode(into: &writer) }
        return SecretBytes(copying: Digest(hashing: writer.bytes.raw).value.bytes.raw)
    }
}

extension AuthenticationKey {
    /// Who has a cookie has this key.
    fileprivate init(cookie: AuthenticationCode) {
        do throws(CryptoError) {
            try self.init(SecretBytes(copying: cookie.encoded.raw))
        } catch {
            preconditionFailure("a cookie has the length of a key")
        }
    }
}

/// How many handshakes each network may still begin, in a table that never grows: networks that fall into one place
/// share it, and an outsider cannot know which do.
struct SourceBuckets: ~Copyable {
    private let secret: AuthenticationKey
    /// When the bucket will be full again.
    private var full: [Instant]

    init(secret: consuming AuthenticationKey) {
        self.secret = secret
        full = [Instant](repeating: .zero, count: Limits.handshakeSources)
    }

    /// Takes a token of the network that `source` lies in (an IPv4 address, or 64 bits of IPv6); false when it has
    /// none.
    mutating func take(_ source: Address, at now: Instant) -> Bool {
        var writer = ByteWriter()
        writer.u64(source.high)
        writer.u64(source.v4 == nil ? 0 : source.low)
        let place = Int(secret.code(over: writer.bytes.raw).place % UInt64(full.count))
        let cost = Interval.seconds(1) / Int64(Limits.handshakesPerSource)
        let later = max(full[place], now) + cost
        guard later - now <= cost * Int64(Limits.handshakeBurst) else { return false }
        full[place] = later
        return true
    }
}
