/// M72xx: what may go wrong with keys and values.
extension Code {
    package static let storeForeign = Code(
        number: 7201, title: "the database holds the keys of another node",
        because: "it was moved or copied here; a node that wrote on in another's log would fork it for the whole mesh",
        remedy: "put back this node's own marram.db, or move it away: the node starts with an empty store")
    package static let storeEdited = Code(
        number: 7202, title: "the database's log of writes does not add up",
        because: "every write is chained to the one before by hash and signature, so rows were changed by hand or lost",
        remedy: "restore a backup of DIR, or move marram.db away: the node fetches what it needs from its peers")
    package static let valueTooLarge = Code(
        number: 7203, title: "the value is larger than a key may hold",
        because: "every member keeps every value in memory; bulk belongs in artifacts, and only its hash in a key",
        remedy: "make it smaller, or split it over several keys")
    package static let badKey = Code(
        number: 7204, title: "the key cannot be used",
        because: "a key is a path of 1 to 256 bytes of text: no control characters, no empty part between slashes",
        remedy: "choose a key such as till/tax")
    package static let keyNotFound = Code(
        number: 7205, title: "the key holds nothing",
        because: "nothing was written to it as far as this node knows, or what was written has been deleted",
        remedy: "marram list shows the keys; marram history KEY what became of one")
    package static let kindRefused = Code(
        number: 7206, title: "the key's kind does not take this",
        because: "a key's kind says how writes at the same time are joined, and so what can be written to it",
        remedy: "marram explain key KEY shows the kind; choose another for a new key with --kind")
    package static let keyInConflict = Code(
        number: 7207, title: "the key is guarded and in conflict",
        because: "it was written in several places at once, and a guarded key is not decided by chance",
        remedy: "marram conflicts; then: marram resolve KEY --take NODE")
    package static let writeNotAllowed = Code(
        number: 7208, title: "this node may not write that",
        because: "the namespace's members refuse what a node writes beyond its rights, so it is refused here at once",
        remedy: "write on a node that has the right, or ask an operator for it")
    package static let writesWaiting = Code(
        number: 7209, title: "too much waits already",
        because: "what waits for the disk, or for a change, is bounded so that a slow disk cannot fill the memory",
        remedy: "try again; marram status tells whether the disk keeps up")
    package static let changedMeanwhile = Code(
        number: 7210, title: "the key was changed meanwhile",
        because: "the write was meant for what had been read, and somebody wrote since",
        remedy: "read it again, and decide anew: marram get KEY")
    package static let fileRefused = Code(
        number: 7211, title: "the file is not one to apply",
        because: "a file is applied as a whole, and nothing is when anything in it is wrong",
        remedy: "mend what is named, then: marram apply FILE --dry-run")
    package static let noRights = Code(
        number: 7212, title: "this node has no rights to so much",
        because: "an escrow stays above zero because every node spends only what was handed to it",
        remedy: "ask for less, or have a node that holds rights hand some over")
    package static let notYet = Code(
        number: 7213, title: "the key did not come to hold that in time",
        because: "nobody wrote it while this was waited for, or the write has not reached this node",
        remedy: "marram get KEY; wait again with a longer --timeout")
    package static let writeTooLarge = Code(
        number: 7214, title: "this is too much for one transaction",
        because: "a transaction happens as a whole on every member, so it has at most 256 changes and 63 kB",
        remedy: "write it in several parts")
    package static let cursorUnreadable = Code(
        number: 7215, title: "the cursor is not one",
        because: "a cursor is what marram follow printed, whole and unchanged",
        remedy: "copy it again, or start without --since")
    package static let forgettingHeldUp = Code(
        number: 7216, title: "deletions cannot be forgotten for a long time already",
        because: "a member of the newest epoch has been away, and what it may not know of must be kept for it",
        remedy: "marram epoch; bring the node back, or wait for it no longer: marram epoch evict NODE")
    package static let epochConflict = Code(
        number: 7217, title: "two epochs have one number",
        because: "whoever keeps the epochs did so in two places, as with a cloned disk; to forget would be to guess",
        remedy: "marram epoch; keep one of the two nodes off, and ask for help: nothing is lost meanwhile but room")
    package static let writesReturned = Code(
        number: 7218, title: "writes of this node were made void and handed back",
        because: "they were made while it was away and no longer waited for, on values that may be out of date",
        remedy: "marram epoch returned; write anew what should hold, then: marram epoch settle --yes")
    package static let notTheKeeper = Code(
        number: 7219, title: "this node does not keep the epochs",
        because: "one node issues them, which an operator has named, so that no two say different things",
        remedy: "marram epoch shows which node does")

    package static let sheetFull = Code(
        number: 7220, title: "a node's vitals have no room for that",
        because: "all that a node says of itself for a while travels in one datagram: 32 values, some 900 bytes in all",
        remedy: "shorten it, or take another value off: marram vitals del KEY; what is to stay: marram set KEY")

    static let state: [Code] = [
        storeForeign, storeEdited, valueTooLarge, badKey, keyNotFound, kindRefused, keyInConflict, writeNotAllowed,
        writesWaiting, changedMeanwhile, fileRefused, noRights, notYet, writeTooLarge, cursorUnreadable,
        forgettingHeldUp, epochConflict, writesReturned, notTheKeeper, sheetFull,
    ]
}
