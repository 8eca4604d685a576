internal import Verbs

@main enum Main {
    static func main() { runToolAndExit() }
}
