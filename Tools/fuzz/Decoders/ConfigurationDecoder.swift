internal import Base
internal import Host
internal import Text

/// Reads a node's configuration from one or more files, which a zero byte divides in the input; or, because bytes
/// chosen blindly hardly ever set a known key, from lines built of the bytes when they begin with 0xFF. A refusal must
/// be showable and have its reasons; an accepted configuration, as `marram config show` prints it, must mean the same.
func readConfiguration(_ input: [UInt8]) {
    let bytes = input.first == 0xFF ? lines(builtOf: input.dropFirst()) : input
    let texts = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
    let sources = texts.enumerated().map { SourceText(path: "\($0.offset).toml", bytes: Array($0.element)) }
    switch ConfigurationFile.read(sources) {
    case .failure(let refusal):
        precondition(!refusal.rows.isEmpty, "a refusal without a reason")
        precondition(refusal.rendered().hasSuffix(", nothing applied\n"), "a refusal without its last line")
    case .success(let reading):
        for origin in [false, true] {
            let shown = SourceText(path: "shown.toml", text: reading.shown(origin: origin))
            guard case .success(let again) = ConfigurationFile.read([shown]) else {
                preconditionFailure("what was shown is refused")
            }
            precondition(again.configuration == reading.configuration, "what was shown means something else")
        }
    }
}

/// One line for every three bytes: a key of the table, a number, and what to write it as. No key comes twice in a
/// file.
private func lines(builtOf choices: ArraySlice<UInt8>) -> [UInt8] {
    let quantities = ["ms", "s", "m", "h", "d", "B", "kB", "MB", "GB", "KiB", "MiB", "B/s"]
    let words = ["error", "warning", "info", "debug", "front-1"]
    var text = ""
    var isSet = [Bool](repeating: false, count: ConfigurationKey.all.count)
    var rest = choices
    while rest.count >= 3 {
        let (key, number, form) = (Int(rest.removeFirst()), rest.removeFirst(), Int(rest.removeFirst()))
        guard key < 0xF0 else {
            text += "\0"
            isSet = isSet.map { _ in false }
            continue
        }
        let row = key % ConfigurationKey.all.count
        if isSet[row] { continue }
        isSet[row] = true
        text += ConfigurationKey.all[row].path + " = "
        switch form % 16 {
        case 12: text += "\(number)\n"
        case 13: text += "\"\(number).0.0.1:\(number)\"\n"
        case 14: text += "\"[::\(number)]:7946\"\n"
        case 15: text += "\"\(words[Int(number) % words.count])\"\n"
        case let unit: text += "\"\(number)\(quantities[unit])\"\n"
        }
    }
    return Array(text.utf8)
}
