/// Faults that tests plant. Each must be found.
package enum RegistryBug: String, CaseIterable, Sendable {
    /// Whose own lease is stale signs none: after a long night nobody would.
    case staleNeverSigns
    /// A signature is not checked: whoever sends a record may write anything in anybody's name.
    case believesSeals
    /// Whoever is sent away takes along what was done in office: the ends of it are not named.
    case dropsCuts
    /// What was stored is there after a start, and nothing follows from it until the next record comes.
    case restoresUnjudged
    /// The key of a start is never replaced: who takes over the node can rewrite all that it did since it began.
    case keepsItsKey
    /// Nobody puts its name behind what others did.
    case cosignsNothing
}
