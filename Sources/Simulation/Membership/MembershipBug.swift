internal import Base
internal import Membership

/// The rules of the protocol, each switched off in turn: the proof that the worlds here would notice. Every number of
/// the engine is a value of its settings, so a bug is a change of settings, and one build holds them all.
package enum MembershipBug: String, CaseIterable, Sendable {
    /// Silence alone accuses; nobody is pinged before.
    case noVerifying = "no-verifying"
    /// One observer's word is a verdict.
    case noQuorum = "no-quorum"
    /// A silence that the path is known for accuses all the same.
    case noGapMemory = "no-gap-memory"
    /// Every path is taken for a clean one, whatever it loses.
    case noLossMemory = "no-loss-memory"
    /// Only averages tell what is lost, however the weather turns.
    case noWeather = "no-weather"
    /// A node that hears nobody takes everybody for dead, and says so.
    case noIsolation = "no-isolation"
    /// News is said once and not repeated.
    case noRepeating = "no-repeating"
    /// A verdict stays though its subject was heard since.
    case noRefuting = "no-refuting"
    /// Nobody ever knocks at the door of those who are gone.
    case noKnocking = "no-knocking"
    /// Rosters that differ are not compared.
    case noComparing = "no-comparing"
    /// Whoever asks is answered, however many ask.
    case noBudget = "no-budget"
    /// Nobody is asked to ping those whom their observers do not hear.
    case noScouts = "no-scouts"
    /// A quorum judges at once, though others may hear the accused.
    case noVeto = "no-veto"
    /// Nobody who is deaf or judges alone waits for others to deny those that it does not hear.
    case noDenials = "no-denials"
    /// Who is heard by nobody does not notice it.
    case noVoice = "no-voice"
    /// A verdict is believed for the names in it.
    case noProof = "no-proof"
    /// An observer's accusations are forgotten before the next one's come.
    case hastyForgetting = "hasty-forgetting"

    var rules: MembershipRules {
        var rules = MembershipRules()
        switch self {
        case .noVerifying: rules.fewestPings = 0; rules.mostPings = 0; rules.mostPingsAlone = 0
        case .noQuorum: rules.quorumLeast = 1; rules.quorumPercent = 0
        case .noGapMemory: rules.silencePercent = 0
        case .noLossMemory:
            rules.mostLoss = rules.leastLoss
            rules.lossAtStart = rules.leastLoss
        case .noWeather: rules.beatsOfWeather = 0
        case .noIsolation: rules.isolationPercent = 100
        case .noRepeating: rules.newsLife = .zero
        case .noRefuting: rules.comparesPulses = 0
        case .noKnocking:
            rules.knockSpacing = .days(300)
            rules.longestKnock = .days(300)
        case .noComparing:
            rules.askSpacing = .days(300)
            rules.hungrySpacing = .days(300)
            rules.idleAskSpacing = .days(300)
        case .noBudget:
            rules.bytesPerSecond = 1 << 20
            rules.burstBytes = 1 << 20
        case .noScouts: rules.scouts = 0
        case .noVeto: rules.oddsOfVeto = 0
        case .noDenials: rules.denials = 0
        case .noVoice: rules.mutenessBits = 0
        case .noProof: rules.provesVerdicts = 0
        case .hastyForgetting: rules.accusationLife = .milliseconds(1)
        }
        return rules
    }
}
