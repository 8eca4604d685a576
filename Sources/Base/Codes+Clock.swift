/// M41xx: what may be wrong with a node's clock.
extension Code {
    package static let clockSuspect = Code(
        number: 4101, title: "this machine's clock is not what its peers say",
        because: "more than half of the members that were asked signed for other times; their word is never taken back",
        remedy: "set the clock, or look at its battery and its time service: timedatectl")

    static let clock: [Code] = [clockSuspect]
}
