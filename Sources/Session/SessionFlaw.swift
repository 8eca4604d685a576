/// The mistakes that the simulator plants to prove its oracles. No node has one: each is asked for only where sessions
/// seldom pass, a handshake, a refusal or a word of courtesy, so that asking costs a site nothing that can be measured.
package enum SessionFlaw: Sendable {
    /// A packet moves its session's path before its seal has proved true.
    case roamsBeforeSeal
    /// Whoever begins a handshake is believed before a packet under its keys has opened.
    case believesCandidates
    /// A bare word is sealed under the number of the packet that comes next.
    case reusesNumbers
    /// A restarted peer's new keys carry on the line of its earlier process.
    case keepsLine
}
