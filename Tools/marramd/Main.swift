internal import Base
internal import Host

/// The daemon: `marramd --data DIR` runs the node of that directory in the foreground until it is told to end, and logs
/// to standard error. Everything else is the tool's business: `marram`.
@main enum Main {
    static func main() {
        do throws(Complaint) {
            try Host.run(DataDirectory(path: try directory(CommandLine.arguments.dropFirst())))
        } catch {
            Host.end(with: error)
        }
    }

    private static func directory(_ words: ArraySlice<String>) throws(Complaint) -> String {
        var words = words
        var directory: String?
        while let word = words.popFirst() {
            if word == "--data", let path = words.popFirst(), directory == nil {
                directory = path
            } else if word.hasPrefix("--data="), directory == nil {
                directory = String(word.dropFirst("--data=".count))
            } else {
                throw Complaint(
                    .badArgument, what: "marramd takes --data DIR and nothing else, not \(word)",
                    remedy: "marramd --data DIR; to make a node first: marram init NAME --data DIR")
            }
        }
        return directory ?? "/var/lib/marram"
    }
}
