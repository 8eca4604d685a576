import Base
import Control
import Host
import Testing
import Trust

@testable import Verbs

private func reply(number: Int = 3, keeper: String = "till-01", returned: Int = 0) -> EpochReply {
    EpochReply(
        number: number, issued: Samples.at, keeper: keeper, members: 5, isFrozen: false,
        holdups: [
            .init(name: "till-07", id: Samples.id, lacks: 12, since: Samples.at),
            .init(name: "till-08", id: Samples.id, lacks: nil, since: Samples.at),
        ], omitted: 0, waiting: 40, returned: returned)
}

@Test func whoIsWaitedForIsATable() {
    let stage = Stage(answering: .epoch(reply(returned: 2)))
    #expect(stage.run("epoch --utc") == .done)
    #expect(stage.output.hasPrefix("WAITS-FOR  LACKS      SINCE"), "\(stage.output)")
    #expect(stage.output.contains("till-07    12 ") && stage.output.contains("till-08    not heard"))
    #expect(stage.narration.contains("epoch 3 since") && stage.narration.contains("kept by till-01: 5 members"))
    #expect(stage.narration.contains("40 operations to be forgotten"))
    #expect(stage.narration.contains("2 writes handed back: marram epoch returned"))
    let open = Stage(answering: .epoch(reply(number: 0, keeper: "")))
    #expect(open.run("epoch show") == .done && open.narration.contains("every member may write"))
}

@Test func whatWasHandedBackIsShownAndDroppedOnlyWhenThatIsMeant() {
    let row = ReturnedReply.Row(key: "till/tax", kind: .register, wrote: "7", at: Samples.at, holds: nil)
    let stage = Stage(answering: .returned(ReturnedReply(rows: [row], omitted: 0)))
    #expect(stage.run("epoch returned") == .done)
    #expect(stage.output.contains("till/tax") && stage.output.contains("nothing"), "\(stage.output)")
    #expect(stage.run("epoch settle") != .done && stage.asked == [.returned])
    #expect(stage.run("epoch settle --yes") == .done && stage.asked.last == .settleReturned)
    #expect(stage.run("epoch evict") == .usage && stage.run("epoch returned till-01") == .usage)
}

@Test func anOperatorNamesWhoKeepsTheEpochs() {
    let stage = Stage()
    stage.signing = { _ throws(Complaint) in [Samples.genesis] }
    stage.answer = { request throws(Complaint) in
        switch request {
        case .node:
            let row = NodeRow(name: "till-01", id: Samples.id, standing: .full, site: "", key: "01")
            return Samples.envelope(.node(NodeReply(mesh: "aa", head: "bb", node: row, cuts: "00", keys: "0102")))
        case .submit: return Samples.envelope(.submitted(SubmitReply(records: 1, held: 1)))
        case .epoch: return Samples.envelope(.epoch(reply()))
        default: throw Complaint(.ourMistake)
        }
    }
    #expect(stage.run("epoch keep till-01 --operator /k") == .done, "\(stage.narration)")
    #expect(stage.orders.last?.0 == OperatorDesk.Order(mesh: "aa", head: "bb", .grant(keys: "0102", Charter.keeper)))
    #expect(stage.asked.last == .epoch)
}
