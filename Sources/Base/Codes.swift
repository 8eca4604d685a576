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
    package static let cryptographyUnavailable = Code(
        number: 1210, title: "libsodium cannot start",
        because: "it found no source of random bytes, and without one no key and no seal is safe",
        remedy: "let the program open /dev/urandom or call getrandom, then start it again")

    static let setUp: [Code] = [
        notInitialised, directoryNotWritable, directoryInUse, alreadyInitialised, badName, invitationExpired,
        invitationUnreadable, identityUnreadable, cryptographyUnavailable,
    ]

    package static let daemonNotRunning = Code(
        number: 1301, title: "marramd does not run here",
        because: "the data directory has no control socket, which a running daemon keeps there",
        remedy: "marramd --data DIR")
    package static let unknownVerb = Code(
        number: 1302, title: "there is no such verb",
        because: "the first word after marram that is not an option names what to do",
        remedy: "marram help")
    package static let badArgument = Code(
        number: 1303, title: "the command line does not fit the verb",
        because: "an argument is missing, left over, or not of the form that the verb takes",
        remedy: "marram help VERB")
    package static let unknownOption = Code(
        number: 1304, title: "there is no such option",
        because: "options are written out, such as --data DIR; only a few belong to every verb",
        remedy: "marram help VERB")
    package static let noDataDirectory = Code(
        number: 1305, title: "the data directory does not exist",
        because: "every node has a directory of its own, and no node lives here yet",
        remedy: "choose the node's directory with --data DIR, or make one: marram init NAME --data DIR")
    package static let daemonGone = Code(
        number: 1306, title: "marramd left its control socket behind and is gone",
        because: "the socket's file is there but nobody listens, so the daemon ended without cleaning up",
        remedy: "marramd --data DIR; it replaces the file")
    package static let socketRefused = Code(
        number: 1307, title: "you may not speak to this node",
        because: "the control socket belongs to the user that runs marramd, and the system refused access",
        remedy: "run the command as that user, such as with sudo")
    package static let deadlinePassed = Code(
        number: 1308, title: "marramd did not answer in time",
        because: "the daemon accepted no connection, or was silent until the deadline",
        remedy: "try again with a longer --timeout; if it stays silent, look at the daemon's log")
    package static let connectionLost = Code(
        number: 1309, title: "marramd closed the connection before its answer was complete",
        because: "the daemon stopped while it was being asked, or refused one connection too many",
        remedy: "try again; marram status tells whether the daemon runs")
    package static let requestRefused = Code(
        number: 1310, title: "marramd does not understand the request",
        because: "tool and daemon are of different versions, or something that is not marram wrote to the socket",
        remedy: "compare the versions: marram version --daemon")
    package static let replyNotUnderstood = Code(
        number: 1311, title: "the answer is not one that this tool understands",
        because: "tool and daemon are of different versions, or something that is not marramd listens on the socket",
        remedy: "compare the versions: marram version --daemon")
    package static let replyTooLong = Code(
        number: 1312, title: "the answer is longer than a control socket's reply may be",
        because: "replies are limited so that a mistake cannot fill the memory of daemon and tool",
        remedy: "report it with the number of members that marram status shows")
    package static let confirmationMissing = Code(
        number: 1313, title: "this needs to be confirmed",
        because: "the verb takes something away that it cannot give back, and nobody was there to confirm it",
        remedy: "type the node's name when asked, or give --yes")
    package static let unknownCode = Code(
        number: 1314, title: "there is no such error code",
        because: "codes are written M and four digits, and this one is not in the table of this version",
        remedy: "marram help codes")
    package static let outputFailed = Code(
        number: 1315, title: "the output could not be written",
        because: "the system refused to write to standard output, as it does when a disk is full",
        remedy: "free some space, or send the output somewhere else")

    static let control: [Code] = [
        daemonNotRunning, unknownVerb, badArgument, unknownOption, noDataDirectory, daemonGone, socketRefused,
        deadlinePassed, connectionLost, requestRefused, replyNotUnderstood, replyTooLong, confirmationMissing,
        unknownCode, outputFailed,
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
