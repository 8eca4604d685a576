internal import Base
internal import Host
internal import Text

/// Reads a node's configuration from one or more files, which a zero byte divides in the input. A refusal must be
/// showable and have its reasons; an accepted configuration, as `marram config show` prints it, must mean the same.
func readConfiguration(_ bytes: [UInt8]) {
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
