package import Base
internal import CSodium

/// The proof that libsodium is initialised. A value of this type takes no space, and the only way to one is a
/// successful `sodium_init`; whatever calls libsodium holds one or asks for `started` first, so nobody has to remember
/// to.
///
/// Why so much ado: a libsodium that was never initialised works. It computes the same bytes with its portable code, at
/// a fraction of the speed, and nothing shows it. A call inside `assert`, which optimised builds leave out, ends there.
package struct Sodium: Hashable, Sendable {
    /// What `sodium_init` answered the first time anybody needed it: negative when it failed.
    private static let outcome: Int32 = sodium_init()

    private init() {}

    /// Starts libsodium, for a program that would rather explain a failure than stop in the middle of its work. Calling
    /// it again does nothing.
    package static func start() throws(Complaint) {
        if outcome < 0 { throw Complaint(.cryptographyUnavailable) }
    }

    static var started: Sodium {
        // Not a precondition: this must hold in every build.
        guard outcome >= 0 else { fatalError("libsodium failed to initialise: the system offers no random bytes") }
        return Sodium()
    }

    /// Whether libsodium found this processor's vector units and so runs its fast code. False on a processor that has
    /// none, and in a libsodium that was never initialised.
    package static var usesVectorUnits: Bool {
        _ = started
        return sodium_runtime_has_sse2() != 0 || sodium_runtime_has_neon() != 0
    }
}

/// Stops the program when a function of libsodium fails that, for arguments of the right lengths, cannot.
@inline(__always)
func mustSucceed(_ result: Int32, _ function: StaticString) {
    guard result == 0 else { fatalError("\(function) failed, though it can for wrong lengths only") }
}

/// Why a key, a seal or a signature was refused.
package enum CryptoError: Error, Hashable, Sendable {
    /// The bytes were not sealed or signed with this key, or not as they are now, or not for this use.
    case notAuthentic
    /// The peer's public key makes an agreement that anybody can compute.
    case weakKey
    /// A length, version or parameter outside what this build accepts.
    case malformed
    /// The machine has not the memory that the password's seal asks for.
    case outOfMemory
}
