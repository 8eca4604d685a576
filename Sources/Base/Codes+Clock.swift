/// M41xx: what may be wrong with a node's clock or identity.
extension Code {
    package static let clockSuspect = Code(
        number: 4101, title: "this machine's clock is not what its peers say",
        because: "more than half of the members that were asked signed for other times; their word is never taken back",
        remedy: "set the clock, or look at its battery and its time service: timedatectl")

    package static let identityTwice = Code(
        number: 4102, title: "one identity runs in two places",
        because: "a data directory was copied, or a node was carried off and started elsewhere: peers hear both",
        remedy: "stop one and join it anew with a new data directory; if stolen: marram node revoke NAME --stolen")

    static let clock: [Code] = [clockSuspect, identityTwice]
}
