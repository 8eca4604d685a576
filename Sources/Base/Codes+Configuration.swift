/// M11xx: what may be wrong with a configuration file.
extension Code {
    package static let tomlSyntax = Code(
        number: 1101, title: "the file is not valid TOML",
        because: "configuration files are written in TOML 1.0, and the line at the caret does not follow its rules",
        remedy: "mend the line, then: marram config check")
    package static let unknownKey = Code(
        number: 1103, title: "there is no such key or table",
        because: "a key that is not known is a slip or belongs to another version, and ignoring it would hide that",
        remedy: "correct or remove it; marram help config lists every key")
    package static let wrongKind = Code(
        number: 1104, title: "the value is not of the kind that its key takes",
        because: "every key takes values of one kind only, such as a whole number, or a length of time in quotes",
        remedy: "write a value of that kind; marram help config shows one for every key")
    package static let outOfRange = Code(
        number: 1105, title: "the value lies outside of what its key allows",
        because: "beyond these bounds a node would harm itself or its peers",
        remedy: "choose a value within the bounds that the error names")
    package static let settingsContradict = Code(
        number: 1106, title: "two settings contradict each other",
        because: "each is allowed for itself, but together they make no sense",
        remedy: "change one of the two; marram config show --origin tells where both come from")
    package static let needsUnit = Code(
        number: 1107, title: "the value needs a unit",
        because: "500 may be milliseconds or seconds, bytes or kilobytes: a guess would be wrong half of the time",
        remedy: "write the unit behind the number, in quotes: \"500ms\", \"64KiB\"")
    package static let definedTwice = Code(
        number: 1108, title: "a key or table is defined twice",
        because: "in one file each key has one value; which of two was meant cannot be known",
        remedy: "remove one of the two; another file in conf.d may override a key")
    package static let documentTooLarge = Code(
        number: 1109, title: "the file is larger or nested deeper than a configuration may be",
        because: "readers are bounded, so that a wrong file cannot exhaust the memory of a small machine",
        remedy: "check that it is the file you meant; marram help config lists every key")
    package static let keyGone = Code(
        number: 1111, title: "the key means nothing any more",
        because: "an earlier version had it; it is read over, for a node must not stop at what was right once",
        remedy: "remove it; the line names what decides in its place")

    static let configuration: [Code] = [
        tomlSyntax, unknownKey, wrongKind, outOfRange, settingsContradict, needsUnit, definedTwice, documentTooLarge,
        keyGone,
    ]
}
