internal import Base
internal import CSodium
internal import Synchronization

/// A secret of 1 to 64 bytes: a key, a seed, what two keys agree on. It cannot be copied, moves without leaving traces,
/// is overwritten with zeros when its owner lets go of it, and lies in memory that is neither swapped to disk nor
/// written into a core dump. Swift's arrays promise none of this, which is why no key in Marram is an array.
///
/// There is no `==` and no `description`: a secret is compared in constant time and never printed.
@safe package struct SecretBytes: ~Copyable {
    /// Sixty-four: a BLAKE2b chaining key, or an Ed25519 key with its public half.
    package static let largest = Vault.slotByteCount

    package let count: Int
    private let slot: UnsafeMutablePointer<UInt8>

    /// The secret that `fill` writes, all of it.
    init(count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        precondition((1...Self.largest).contains(count), "a secret of \(count) bytes has no place in the vault")
        self.count = count
        let address = Vault.shared.withLock { vault in vault.take() }
        unsafe slot = Vault.pointer(to: address)
        unsafe fill(slot)
    }

    /// A copy of bytes that somebody else must wipe.
    package init(copying bytes: RawSpan) {
        unsafe self.init(count: bytes.byteCount) { slot in
            unsafe bytes.withUnsafeBytes { buffer in
                unsafe UnsafeMutableRawBufferPointer(start: slot, count: buffer.count).copyMemory(from: buffer)
            }
        }
    }

    /// A new secret.
    package init(count: Int = 32, from entropy: inout Entropy) {
        unsafe self.init(count: count) { slot in unsafe entropy.fill(slot, count: count) }
    }

    /// Lends the bytes. What is copied out of the loan is no longer looked after.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(RawSpan(_unsafeStart: slot, byteCount: count))
    }

    /// The bytes as C takes them.
    @inline(__always)
    func withPointer<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(slot)
    }

    /// Whether `bytes` are this secret, in a time that tells nothing.
    package func matches(_ bytes: RawSpan) -> Bool {
        withBytes { secret in areEqualInConstantTime(secret, bytes) }
    }

    /// Whether the system lets secrets be locked in memory. It refuses beyond RLIMIT_MEMLOCK (`ulimit -l`); then
    /// secrets are guarded, wiped and kept out of core dumps all the same, but may be swapped to disk.
    package static var areLockedInMemory: Bool {
        Vault.shared.withLock { vault in
            // Whoever asks first wants to know it of the slab that is yet to come.
            let slot = vault.take()
            vault.giveBack(slot)
            return vault.isLocked
        }
    }

    deinit {
        let address = unsafe UInt(bitPattern: slot)
        Vault.shared.withLock { vault in vault.giveBack(address) }
    }
}

/// Where all secrets of the process lie: slabs from `sodium_malloc`, each between guard pages and locked in memory, cut
/// into slots of 64 bytes. One `sodium_malloc` for each secret would be simpler, but costs several system calls and
/// four mappings of Linux's 65,530; ten thousand sessions with four keys each would not fit.
///
/// A slab is never given back to the system: there are as many as the most secrets that were ever alive at once need.
struct Vault: ~Copyable {
    /// The one place in this room that threads share: the password seal is meant for a thread of the pool.
    static let shared = Mutex(Vault())

    static let slotByteCount = 64
    static let slotsPerSlab = 256

    /// Addresses, since a pointer may not pass from one thread to another.
    private var free: [UInt] = []
    private let sodium = Sodium.started
    /// Whether every slab so far could be locked.
    private(set) var isLocked = true

    /// A slot of zeros.
    mutating func take() -> UInt {
        if free.isEmpty { addSlab() }
        return free.removeLast()
    }

    mutating func giveBack(_ address: UInt) {
        unsafe sodium_memzero(Self.pointer(to: address), Self.slotByteCount)
        free.append(address)
    }

    static func pointer(to address: UInt) -> UnsafeMutablePointer<UInt8> {
        guard let pointer = unsafe UnsafeMutablePointer<UInt8>(bitPattern: address) else {
            fatalError("no slot lies at address zero")
        }
        return unsafe pointer
    }

    private mutating func addSlab() {
        let byteCount = Self.slotsPerSlab * Self.slotByteCount
        guard let slab = unsafe sodium_malloc(byteCount) else { fatalError("the system has no memory for a secret") }
        // `sodium_malloc` locks too, but does not say whether it could.
        if unsafe sodium_mlock(slab, byteCount) != 0 { isLocked = false }
        unsafe sodium_memzero(slab, byteCount)
        let first = UInt(bitPattern: slab)
        free.append(contentsOf: (0..<Self.slotsPerSlab).map { first + UInt($0 * Self.slotByteCount) })
    }
}
