/// M124x: what may be wrong with roles and policies.
extension Code {
    package static let unknownRole = Code(
        number: 1240, title: "there is no such role",
        because: "a role is a row of the mesh's table, and a name that stands in no row would give nobody anything",
        remedy: "marram role list; or write a table [roles.NAME] into the policy file")
    package static let ruleRequired = Code(
        number: 1241, title: "the mesh could not live with this rule",
        because: "leases are renewed and newcomers let in on a mesh's worst day, and a write of a key brings no vote",
        remedy: "remove that condition; a role with a narrow scope says who may use a capability at all")
    package static let ruleWeakened = Code(
        number: 1242, title: "the file asks for less than the rule that is in force",
        because: "a rule is loosened on purpose or not at all, and a file copied from elsewhere may not mean it",
        remedy: "marram policy show; if it is meant, the same command with --weaken")
    package static let roleNotHeld = Code(
        number: 1243, title: "the node does not hold this role",
        because: "a role is held by a grant with just its capabilities and scope, and none of this node's is one",
        remedy: "marram node show NAME lists what it holds")
    package static let tooMuchWritten = Code(
        number: 1244, title: "too many nodes have written for the rule to name them all",
        because: "a rule about writing names the end of every log, so that what was written before it still counts",
        remedy: "remove nodes that are gone for ever (marram node revoke NAME), and apply the file again")

    static let policy: [Code] = [unknownRole, ruleRequired, ruleWeakened, roleNotHeld, tooMuchWritten]
}
