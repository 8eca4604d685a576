/// Every rule, in the order in which they are explained: the floors, the style of the text, the documents.
enum Rules {
    static let all: [Rule] = floors + style + documents

    static let floors: [Rule] = [
        importsAreDeclared, arrowsGoDown, pureRoomsStayPure, oneLibraryOneRoom, noFoundation, everyFileIsBuilt,
    ]

    static let style: [Rule] = [
        filesAreShort, linesAreShort, noBannedWords, noPathsOfAMachine, noHashOrder, everyTestCanFail,
        everyLimitHasItsReason,
    ]

    static let documents: [Rule] = [
        theTopLevelIsFixed, theCodeMapIsComplete, linksResolve, theCommandsAreThere, everyVerbIsDocumented,
        everyCodeIsUsed,
    ]
}
