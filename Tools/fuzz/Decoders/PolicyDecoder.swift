import Base
import Text
import Trust
import Verbs

/// Reads a policy file. Whatever is wrong with it is wrong at a place of it, and what is right can be shown and read
/// again.
func readPolicy(_ input: [UInt8]) {
    let known = Role(name: "approver", can: [.propose], scope: .everything)
    let file = PolicyFile(input, known: [known])
    let source = SourceText(path: "policy.toml", bytes: input)
    for problem in file.problems { precondition(!source.rendered(problem).isEmpty, "a mistake has a place") }
}
