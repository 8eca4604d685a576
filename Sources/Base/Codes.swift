/// The rows of the code table. Wording: the title says what is wrong and stands alone; `because` is one sentence about
/// the cause; `remedy` starts with a command or an act.
extension Code {
    package static let notInitialised = Code(
        number: 1201, title: "there is no node in this data directory",
        because: "a data directory becomes a node's by `marram init` (a new mesh) or `marram join` (an existing one)",
        remedy: "marram init NAME --data DIR, or marram join TOKEN --data DIR")
    package static let directoryNotWritable = Code(
        number: 1202, title: "the data directory cannot be written",
        because: "the node keeps its identity, its state and its socket there, and the system refused access",
        remedy: "run as the user that owns the directory, or choose another with --data DIR")
    package static let directoryInUse = Code(
        number: 1203, title: "another marramd runs on this data directory",
        because: "two daemons with one identity would contradict each other, so each directory is locked by one",
        remedy: "stop the other daemon, or choose another directory with --data DIR")

    package static let scenarioRefused = Code(
        number: 1401, title: "the scenario cannot be played",
        because: "a scenario file is read strictly, so that an old failure is never replayed as something else",
        remedy: "mend the line, or shrink the seed again with marram-sim SCENARIO --seeds N --shrink")
    package static let simulatorUsage = Code(
        number: 1402, title: "the simulator does not understand the question",
        because: "a word on the command line is not one it knows",
        remedy: "marram-sim --help")

    static let setUp: [Code] = [
        notInitialised, directoryNotWritable, directoryInUse, scenarioRefused, simulatorUsage,
    ]

    package static let portInUse = Code(
        number: 3101, title: "the UDP port is in use",
        because: "another program is bound to the address that this node is to listen on",
        remedy: "stop that program, or choose another port with --listen ADDR:PORT")

    static let network: [Code] = [portInUse]

    package static let databaseCorrupt = Code(
        number: 7101, title: "the node's database is damaged",
        because: "SQLite's integrity check failed; the file is kept aside, never deleted",
        remedy: "restore a backup, or start again: the node fetches what it needs from its peers")
    package static let diskFull = Code(
        number: 7102, title: "the disk is full",
        because: "the node must be able to store what it promises to remember",
        remedy: "free some space on the data directory's file system and start again")

    static let storage: [Code] = [databaseCorrupt, diskFull]

    package static let ourMistake = Code(
        number: 9001, title: "Marram itself made a mistake",
        because: "an assumption of the program did not hold",
        remedy: "report it with the lines above")

    static let ourOwn: [Code] = [ourMistake]
}
