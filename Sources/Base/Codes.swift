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
        because: "names stand in tables, files and host names: 1 to 63 letters, digits, hyphens, underscores",
        remedy: "choose a name such as till-01")
    package static let invitationExpired = Code(
        number: 1207, title: "the invitation has ended",
        because: "an invitation is good until its date, by this machine's clock",
        remedy: "on a member: marram invite --expires 24h")
    package static let invitationUnreadable = Code(
        number: 1208, title: "the invitation cannot be read",
        because: "a token is one word that starts with MARRAM3- and ends with a check of itself",
        remedy: "copy the whole token again, or ask for a new one: marram invite")
    package static let mayNotInvite = Code(
        number: 1214, title: "this node may not invite",
        because: "inviting takes a grant for it, which a mesh's first node has and nodes that were invited have not",
        remedy: "run marram invite on the mesh's first node")
    package static let directoryExposed = Code(
        number: 1215, title: "others than its owner may enter the directory",
        because: "keys lie in it, and a directory of keys has mode 0700",
        remedy: "run chmod 0700 DIR, if nobody else can have read it")
    package static let operatorKeyUnreadable = Code(
        number: 1216, title: "the operator's key cannot be read",
        because: "it is not there or damaged, others may read it, or it was sealed with another passphrase",
        remedy: "give the file with --operator FILE; its mode is 0600")
    package static let recordsNotTaken = Code(
        number: 1217, title: "the node did not take what was signed",
        because: "the law does not know the key as an operator's, or the node has no room for more records",
        remedy: "use the key of an operator of this mesh: --operator FILE")
    package static let unknownNode = Code(
        number: 1218, title: "the law knows no such node",
        because: "a node is named by its name or the beginning of its id",
        remedy: "marram node list")
    package static let alreadyRevoked = Code(
        number: 1219, title: "the node was revoked before",
        because: "a revocation is for ever: a node that comes back makes a new key and joins anew",
        remedy: "marram node list")
    package static let nothingToConfirm = Code(
        number: 1224, title: "the node is not on probation",
        because: "only a node that came with an invitation, and that nobody has vouched for yet, can be confirmed",
        remedy: "marram node list")
    package static let unknownRecord = Code(
        number: 1221, title: "the law has no such act",
        because: "an act is named by the beginning of its record's id, eight digits at least, and by one act's only",
        remedy: "marram audit tail")
    package static let lawNotWritten = Code(
        number: 1222, title: "the law was not written to the file",
        because: "the daemon writes it, as the user that it runs as, and never over another file",
        remedy: "choose a new file in a directory that the daemon's user may write")
    package static let lawRefused = Code(
        number: 1223, title: "the file is no law whose every record is true",
        because: "it was changed or cut short on its way, or somebody put into it what nobody signed",
        remedy: "marram audit export on any member, and compare")
    package static let identityOfSharedKey = Code(
        number: 1220, title: "the node belongs to a mesh of the time before operators",
        because: "such a mesh was sealed by a key that every token carried; a mesh now begins with a signed record",
        remedy: "marram init NAME --data DIR in a new directory, then marram invite, and marram join on the others")
    package static let identityUnreadable = Code(
        number: 1209, title: "the node's identity file cannot be read",
        because: "it is damaged, or others than its owner may read it, and then its key is no secret any more",
        remedy: "restore DIR/identity from a backup (mode 0600), or join anew with another directory")
    package static let cryptographyUnavailable = Code(
        number: 1210, title: "libsodium cannot start",
        because: "it found no source of random bytes, and without one no key and no seal is safe",
        remedy: "allow the program to open /dev/urandom or to call getrandom, then start it again")
    package static let rootRefused = Code(
        number: 1225, title: "the mesh would not take this change of its operators",
        because: "names and keys of operators are their own, and enough of them stay to change them again",
        remedy: "marram operator list; a mesh keeps one operator at least, and as many as its threshold")
    package static let proposalUnreadable = Code(
        number: 1226, title: "the file is no change of a mesh's root",
        because: "it was changed or cut short on its way, or is something else; nothing was signed or handed in",
        remedy: "ask whoever wrote it to send it again, or write it anew: marram operator add CARD --out FILE")
    package static let proposalOutdated = Code(
        number: 1227, title: "the operators were changed since this was written",
        because: "a change follows the one before it, so that nobody signs what would come to something else",
        remedy: "write it anew, and have it signed again: marram operator list, then add, remove or threshold")
    package static let signaturesMissing = Code(
        number: 1228, title: "not everybody who is to sign has signed",
        because: "the mesh takes a change of its operators only with every signature that it names",
        remedy: "on each of their machines: marram operator sign FILE --operator KEY")
    package static let notToSign = Code(
        number: 1229, title: "the key is not to sign this",
        because: "a change names who signs it, so that nobody else's signature is mixed in",
        remedy: "give the file of a key that it names: --operator FILE")
    package static let cardUnreadable = Code(
        number: 1230, title: "the card of an operator cannot be read",
        because: "a card is a word like ada:01C3…, or a file with it, and ends with a check of itself",
        remedy: "copy the whole card again: marram operator keygen prints it, and writes it to FILE.pub")
    package static let signersMissing = Code(
        number: 1231, title: "it takes more persons than these to change the operators",
        because: "the mesh has a threshold, and no change counts that fewer persons signed",
        remedy: "give more keys: --operator FILE,FILE; or name who signs elsewhere: --with NAME,NAME --out FILE")
    package static let unknownOperator = Code(
        number: 1232, title: "the mesh has no such operator",
        because: "an operator is named by the name that stands in the mesh's root",
        remedy: "marram operator list")
    package static let otherMesh = Code(
        number: 1233, title: "the file is of another mesh",
        because: "what is signed names the mesh that it is for, and counts in no other",
        remedy: "ask a node of that mesh: --data DIR")
    package static let requestUnreadable = Code(
        number: 1235, title: "the file is no request to be let in",
        because: "it was changed or cut short on its way, or is something else; nobody was let in",
        remedy: "on the machine that asks: marram join --request FILE")
    package static let answerUnreadable = Code(
        number: 1236, title: "the file is no answer that lets a node in",
        because: "it was changed or cut short on its way, or is something else; nothing was written",
        remedy: "ask an operator for it again: marram node admit REQUEST --out FILE")
    package static let answerForAnother = Code(
        number: 1237, title: "the answer lets another node in",
        because: "an answer is to the key that asked, and that key never leaves its machine",
        remedy: "copy it to the machine that asked, or ask here: marram join --request FILE")
    package static let nothingAsked = Code(
        number: 1238, title: "this directory has not asked to be let in",
        because: "the key that an answer is to is made when the request is",
        remedy: "marram join --request FILE, and then bring FILE to an operator")
    package static let notLetIn = Code(
        number: 1239, title: "no member has let this node in",
        because: "its invitation ended, was spent or is of another mesh, or no member who may vouch answered",
        remedy: "marram links shows who answered; else, on a member: marram invite, and join with a new directory")
    package static let fileNotWritten = Code(
        number: 1234, title: "the file cannot be written",
        because: "the system refused it, or it is there already; nothing was done",
        remedy: "choose a new file in a directory that you may write")

    package static let configurationRefused = Code(
        number: 1110, title: "the configuration is not one to run with",
        because: "something in its files is wrong, and nothing is applied when anything is",
        remedy: "marram config check")
    package static let configurationUnreadable = Code(
        number: 1111, title: "a configuration file cannot be read",
        because: "the system refused, or the file is larger than any configuration",
        remedy: "make it readable for the user that runs marramd")
    package static let recordingNotSaved = Code(
        number: 1212, title: "the recording was not saved",
        because: "the daemon could not read the pieces of the recording, or not write the file",
        remedy: "choose a new file in a directory that the daemon's user may write")
    package static let systemRefuses = Code(
        number: 1213, title: "the system does not give the daemon what it needs",
        because: "every daemon needs a few file descriptors and timers, and none were to be had",
        remedy: "look at the limits of the service (ulimit -n) and start again")

    static let setUp: [Code] = [
        configurationRefused, configurationUnreadable, recordingNotSaved, systemRefuses,
        notInitialised, directoryNotWritable, directoryInUse, alreadyInitialised, badName, invitationExpired,
        rootRefused, proposalUnreadable, proposalOutdated, signaturesMissing, notToSign, cardUnreadable,
        signersMissing, unknownOperator, otherMesh, fileNotWritten, requestUnreadable, answerUnreadable,
        answerForAnother, nothingAsked, notLetIn,
        invitationUnreadable, identityUnreadable, cryptographyUnavailable, mayNotInvite, directoryExposed,
        operatorKeyUnreadable, recordsNotTaken, unknownNode, alreadyRevoked, identityOfSharedKey,
        nothingToConfirm, unknownRecord, lawNotWritten, lawRefused,
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

    package static let scenarioRefused = Code(
        number: 1401, title: "the scenario cannot be played",
        because: "a scenario file is read strictly, so that an old failure is never replayed as something else",
        remedy: "mend the line, or shrink the seed again with marram-sim SCENARIO --seeds N --shrink")
    package static let simulatorUsage = Code(
        number: 1402, title: "the simulator does not understand the question",
        because: "a word on the command line is not one it knows",
        remedy: "run marram-sim --help")

    package static let recordingRefused = Code(
        number: 1404, title: "the recording cannot be lived through",
        because: "it is not one, or it was made by a version whose words this one does not know",
        remedy: "marram record save FILE, with tools of the daemon's version")

    package static let benchUsage = Code(
        number: 1403, title: "there is no such benchmark",
        because: "marram-bench takes the name of one benchmark and --json, or an instrument and its options",
        remedy: "choose one that marram-bench list shows")

    package static let benchFailed = Code(
        number: 1405, title: "the measurement came to nothing",
        because: "the system refused something that the measurement needs, or what arrived is not what was sent",
        remedy: "mend what is named, and measure again")

    static let instruments: [Code] = [
        scenarioRefused, simulatorUsage, recordingRefused, benchUsage, benchFailed,
    ]

    static let control: [Code] = [
        daemonNotRunning, unknownVerb, badArgument, unknownOption, noDataDirectory, daemonGone, socketRefused,
        deadlinePassed, connectionLost, requestRefused, replyNotUnderstood, replyTooLong, confirmationMissing,
        unknownCode, outputFailed,
    ]

    package static let memberSuspect = Code(
        number: 2101, title: "a member is silent for longer than is usual",
        because: "it answers nothing, and its path usually loses too little for that to be an accident",
        remedy: "marram members; if it stays silent, look at its power and its link")
    package static let memberUnreachable = Code(
        number: 2102, title: "a member cannot be reached",
        because: "its observers agreed that they do not hear it, or nobody heard it yet; it is never forgotten",
        remedy: "look at its power and its link; it is taken back as soon as it is heard")

    static let membership: [Code] = [memberSuspect, memberUnreachable]

    package static let databaseCorrupt = Code(
        number: 7101, title: "the node's database is damaged",
        because: "SQLite's integrity check failed; the file is kept aside, never deleted",
        remedy: "restore a backup, or start again: the node fetches what it needs from its peers")
    package static let diskFull = Code(
        number: 7102, title: "the disk is full",
        because: "the node must be able to store what it promises to remember",
        remedy: "free some space on the data directory's file system and start again")

    package static let databaseNewer = Code(
        number: 7103, title: "the node's database was written by a newer Marram",
        because: "this build does not know all that is in it, and could lose or spoil what it does not know",
        remedy: "run the newer version, or restore a backup from before the upgrade")
    package static let databaseForeign = Code(
        number: 7104, title: "the file in the database's place is another program's",
        because: "it is a sound SQLite database, but without Marram's mark; it was not touched",
        remedy: "move the file away, or choose another directory with --data DIR")
    package static let databaseNotWritable = Code(
        number: 7105, title: "the node's database cannot be written",
        because: "the system refused to open its files for writing",
        remedy: "make the files in DIR belong to the user that runs marramd, and the file system writable")
    package static let diskFails = Code(
        number: 7106, title: "the disk fails",
        because: "the system reported an error while reading or writing; what was being stored may be there or not",
        remedy: "look into the system's log (dmesg), replace the disk when it is failing, then start again")

    static let storage: [Code] = [
        databaseCorrupt, diskFull, databaseNewer, databaseForeign, databaseNotWritable, diskFails,
    ]

    package static let ourMistake = Code(
        number: 9001, title: "Marram itself made a mistake",
        because: "an assumption of the program did not hold",
        remedy: "report it with the lines above")

    static let ourOwn: [Code] = [ourMistake]
}
