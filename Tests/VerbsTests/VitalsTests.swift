import Base
import Control
import Testing

@testable import Verbs

enum VitalSamples {
    static func row(_ name: String, _ key: String, _ value: String, _ state: MemberRow.State = .alive)
        -> VitalsReply.Row
    {
        VitalsReply.Row(
            name: name, id: Samples.id, state: state, key: key, value: ValueBytes(value), age: .seconds(12),
            left: .minutes(9))
    }

    static let all = VitalsReply(rows: [
        row("till-07", "mood", "\u{1B}[2Jä", .unreachable), row("till-02", "disk", "82 %"),
        row("till-02", "a,b", "ö\u{9B}2J"),
    ])
}

@Test func vitalsHaveAllTheirForms() {
    let stage = Stage(answering: .vitals(VitalsReply(rows: Array(VitalSamples.all.rows[1...1]))))
    #expect(stage.run("vitals") == .done)
    #expect(
        stage.output == """
            NODE     KEY   VALUE  AGE  STATE
            till-02  disk  82 %   12s  alive
            view: 11/12 peers agree, oldest info 4.2 s

            """)
    #expect(stage.run("vitals -o csv") == .done)
    #expect(stage.output == "node,key,value,age,state,ends,id\ntill-02,disk,82 %,12,alive,540,\(Samples.id)\n")
    #expect(stage.run("vitals list till-02 -o name") == .done && stage.output == "till-02\n")
    #expect(stage.asked.last == .vitals(node: "till-02", from: nil))
}

@Test func aVitalIsSetAndTakenOff() {
    let stage = Stage(answering: .vitals(VitalsReply(rows: [VitalSamples.row("till-02", "disk", "82 %")])))
    #expect(stage.run("vitals set disk 82_%") == .done)
    #expect(stage.asked.last == .setVital(key: "disk", value: ValueBytes("82_%")))
    #expect(stage.output == "ok disk = 82_%    (told as soon as it is this node's turn)\n")
    #expect(stage.run("vitals del mood") == .done)
    #expect(stage.asked.last == .setVital(key: "mood", value: nil))
    #expect(stage.output == "ok mood is said no more\n")
}

@Test(arguments: ["vitals set disk", "vitals set", "vitals del", "vitals list a b", "vitals dance", "vitals set a// b"])
func vitalsAreNotMisread(_ line: String) {
    let stage = Stage(answering: .vitals(VitalSamples.all))
    #expect(stage.run(line) == .usage, "\(stage.narration)")
    #expect(stage.asked.isEmpty)
}
