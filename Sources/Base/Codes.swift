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

    package static let alreadyInitialised = Code(
        number: 1204, title: "the data directory holds a node already",
        because: "its identity would be lost if another were written over it",
        remedy: "choose another directory with --data DIR, or move this one aside")
    package static let badName = Code(
        number: 1205, title: "the name cannot be used",
        because: "names stand in tables, files and host names: 1 to 63 letters, digits, dots, hyphens or underscores",
        remedy: "choose a name such as till-01")
    package static let invitationExpired = Code(
        number: 1207, title: "the invitation has ended",
        because: "an invitation is good until its date, by this machine's clock",
        remedy: "on a member: marram invite --expires 24h")
    package static let invitationUnreadable = Code(
        number: 1208, title: "the invitation cannot be read",
        because: "a token is one word that starts with MARRAM1- and ends with a check of itself",
        remedy: "copy the whole token again, or ask for a new one: marram invite")
    package static let identityUnreadable = Code(
        number: 1209, title: "the node's identity file cannot be read",
        because: "it is damaged, or others than its owner may read it, and then its key is no secret any more",
        remedy: "restore DIR/identity from a backup (mode 0600), or join anew with another directory")

    static let setUp: [Code] = [
        notInitialised, directoryNotWritable, directoryInUse, alreadyInitialised, badName, invitationExpired,
        invitationUnreadable, identityUnreadable,
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
