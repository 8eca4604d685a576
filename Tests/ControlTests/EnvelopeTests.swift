import Base
import Control
import Testing
import Text

/// The letter around `data`, as `Samples.envelope` writes it.
private func letter(_ form: String, _ data: String) -> String {
    #"{"schema":"marram.\#(form)/1","node":"till-01","at":"2026-11-20T14:02:11.118Z","#
        + #""view":{"agree":11,"of":12,"oldest_seconds":4.2,"digest":"8c1f"},"# + data
        + #","warnings":[{"code":"M7102","remedy":"free some space"}]}"#
}

private let id = "0102030405060708000000000000000100000000000000020000000000000003"

private let other = "0000000000000001000000000000000200000000000000030000000000000004"

private let up =
    #"{"name":"till-07","id":"\#(id)","state":"up","address":"10.9.0.17:7946","#
    + #""session":{"carrier":"tcp","age_seconds":7440,"is_mine":true,"heard_seconds":0.4,"rtt_microseconds":1100,"#
    + #""shortest_rtt_microseconds":900,"queue_microseconds":2100,"loss_ppm":4000,"own_loss_ppm":1000,"#
    + #""rate_bytes_per_second":1200000,"packet_bytes":1452,"keys_age_seconds":720,"key_phase":2,"mode":"carried","#
    + #""reason":"path_changed","sent_packets":1204,"lost_packets":5},"#
    + #""attempt":null,"why":"TCP paces: the path is new"}"#

/// The contract with every script: these lines change only by growing.
@Test(
    arguments: zip(
        Samples.replies,
        [
            letter(
                "status",
                #""data":{"mesh":"store-0412","node":"till-01","id":"\#(id)","site":"front","#
                    + #""address":"[fe80::1]:7946","#
                    + #""healthy":false,"version":"0.1.0","protocol":1,"uptime_seconds":4.2,"#
                    + #""members":{"alive":10,"suspect":1,"unreachable":2,"left":3},"#
                    + #""traffic":{"sent_packets":4,"sent_bytes":500,"received_packets":6,"received_bytes":700},"#
                    + #""counters":{"duplicate":12,"bad_seal":0},"#
                    + #""problems":[{"code":"M3101","what":"10.9.0.11:7946 is taken","try":"stop it"}]}"#),
            letter(
                "members",
                #""data":[{"name":"till-01","id":"\#(id)","state":"alive","address":"10.9.0.11:7946","site":"front","#
                    + #""since":"2026-11-18T11:06:40.000Z","since_seconds":183331.118,"why":"this node"},"#
                    + #"{"name":"fork-03","id":"\#(String(repeating: "0", count: 64))","state":"unreachable","#
                    + #""address":null,"site":"","since":"2026-11-20T13:59:11.118Z","since_seconds":180,"#
                    + #""why":"silent for 40 s"}]"#),
            letter("members", #""data":[]"#),
            letter(
                "links",
                #""data":[\#(up),{"name":null,"id":null,"state":"handshaking","#
                    + #""address":"[fe80::1]:7946","session":null,"#
                    + #""attempt":{"tries":7,"age_seconds":12,"tries_tcp":true},"#
                    + #""why":"no answer, 7 tries since 12 s"}]"#),
            letter(
                "link",
                #""data":{"link":\#(up),"#
                    + #""events":[{"event":"link.up","at":"2026-11-20T14:02:11.118Z","age_seconds":1.5,"count":3,"#
                    + #""first_age_seconds":60,"what":"it is up"}],"clues":["others hear it"],"#
                    + #""problems":[{"code":"M3103","what":"w","because":"b","try":"t"}]}"#),
            letter(
                "nodes",
                #""data":{"mesh":"aa","head":"bb","nodes":["#
                    + ["full", "probation", "revoked"].map {
                        #"{"name":"till-01","id":"\#(other)","standing":"\#($0)","site":"","key":"01"}"#
                    }.joined(separator: ",") + "]}"),
            letter(
                "law_node",
                #""data":{"mesh":"aa","head":"bb","node":{"name":"till-01","id":"\#(other)","standing":"full","#
                    + #""site":"yard","key":"01"},"cuts":"00","redemption":"0a","keys":"","grants":[]}"#),
            letter(
                "operators",
                #""data":{"head":"bb","threshold":2,"operators":["#
                    + ["acting", "recovery", "suspended"].map {
                        #"{"name":"ada","standing":"\#($0)","keys":["01aa"]}"#
                    }.joined(separator: ",") + "]}"),
            letter(
                "root",
                #""data":{"chain":["\#(hexadecimal(Samples.record.encoded))"],"#
                    + #""cuts":["\#(hexadecimal(Samples.cut.encoded))"],"written":[]}"#),
            letter("submission", #""data":{"records":3,"held":2}"#),
            letter(
                "acts",
                #""data":{"acts":[{"record":"0a","at":"2026-11-20T14:02:11.118Z","actor":"ada","#
                    + #""act":"ends its feed","valid":false,"why":"w"}],"total":7}"#),
            letter("authority", #""data":{"question":"q","allowed":true,"why":"w","grounds":["a","b"]}"#),
            letter("law_file", #""data":{"path":"/tmp/a.law","records":3,"bytes":456}"#),
            letter(
                "peer",
                #""data":{"member":{"name":"till-01","id":"\#(id)","state":"alive","address":"10.9.0.11:7946","#
                    + #""site":"front","since":"2026-11-18T11:06:40.000Z","since_seconds":183331.118,"#
                    + #""why":"this node"},"cause":"udp_dropped","confidence":"high","what":"UDP is dropped","#
                    + #""evidence":["e","f"],"#
                    + #""events":[{"event":"link.up","at":"2026-11-20T14:02:11.118Z","age_seconds":1.5,"count":3,"#
                    + #""first_age_seconds":60,"what":"it is up"}],"others":["o"],"try":["r","s"]}"#),
            letter(
                "topology",
                #""data":{"edges":[{"name":"till-07","id":"\#(id)","state":"silent","rtt_microseconds":1100,"#
                    + #""loss_here_ppm":12000,"loss_there_ppm":null,"heard_seconds":3,"longest_silence_seconds":2,"#
                    + #""agrees":false,"deaf":true}],"#
                    + #""seats":[{"name":"till-01","id":"\#(id)","state":"alive","observers":["till-07"]}]}"#),
            letter(
                "moves",
                #""data":{"moves":[{"number":42,"at":"2026-11-20T14:02:11.118Z","name":"till-07","id":"\#(id)","#
                    + #""from":null,"to":"alive","why":"w"}],"cursor":42,"missed":3}"#),
            letter(
                "ping",
                #""data":{"name":"till-07","id":"\#(id)","address":"10.9.0.17:7946","carrier":"tcp","sent":3,"#
                    + #""received":2,"loss_ppm":333333,"min_microseconds":1100,"median_microseconds":1100,"#
                    + #""p99_microseconds":4000,"rtt_microseconds":[1100,4000]}"#),
            letter(
                "ping",
                #""data":{"name":"till-07","id":"\#(id)","address":null,"carrier":null,"sent":3,"received":0,"#
                    + #""loss_ppm":1000000,"min_microseconds":null,"median_microseconds":null,"#
                    + #""p99_microseconds":null,"rtt_microseconds":[]}"#),
            letter(
                "rtt",
                #""data":{"from":"a","to":"b","measured_microseconds":900,"estimated_microseconds":1000,"#
                    + #""estimate_error_percent":7,"silent":["c"]}"#),
            letter("invitation", #""data":{"token":"MARRAM3-AH7K","uses":20,"expires":"2026-11-20T14:02:11.118Z"}"#),
            letter("recording", #""data":{"path":"/tmp/a.rec","bytes":123,"inputs":45}"#),
            letter(
                "vitals",
                #""data":{"vitals":[{"node":"till-07","id":"\#(id)","state":"suspect","key":"disk","#
                    + #""value":"82 %","age_seconds":12,"left_seconds":540}],"next":"\#(id)"}"#),
            letter("version", #""data":{"version":"0.1.0","protocol":1}"#),
            letter("leave", #""data":{"mesh":"store-0412","told":2}"#),
            letter("error", #""error":{"code":"M1203","what":"w","because":"b","try":"t"}"#),
            letter(
                "epoch",
                #""data":{"number":3,"issued":"2026-11-20T14:02:11.118Z","keeper":"till-01","members":5,"#
                    + #""frozen":false,"waits_for":[{"name":"till-07","id":"\#(id)","lacks":12,"#
                    + #""since":"2026-11-20T14:02:11.118Z"},{"name":"till-08","id":"\#(id)","lacks":null,"#
                    + #""since":"2026-11-20T14:02:11.118Z"}],"omitted":1,"waiting":40,"returned":2}"#),
            letter(
                "returned",
                #""data":{"writes":[{"key":"till/tax","kind":"register","wrote":"7","#
                    + #""time":"2026-11-20T14:02:11.118Z","holds":null},{"key":"till/tax","kind":"register","#
                    + #""wrote":null,"time":"2026-11-20T14:02:11.118Z","holds":"8"}],"omitted":0}"#),
        ]))
func aReplyIsWrittenInItsPublishedForm(_ reply: Reply, _ line: String) {
    #expect(Samples.envelope(reply).json.description == line)
}

@Test(arguments: Samples.replies)
func aReplyReadsBackAsItself(_ reply: Reply) throws {
    var envelope = Samples.envelope(reply)
    #expect(try Envelope(decoding: Samples.body(envelope.frame())) == envelope)
    envelope.node = nil
    envelope.view = nil
    envelope.warnings = []
    #expect(try Envelope(decoding: Samples.body(envelope.frame())) == envelope)
}

@Test(arguments: Samples.replies)
func aReplyCutAtAnyLengthIsRefused(_ reply: Reply) throws {
    let body = Samples.envelope(reply).json.encoded()
    for length in 0..<body.count {
        #expect(throws: Complaint.self, "cut at \(length)") { try Envelope(decoding: Array(body[..<length])) }
    }
}

/// Each field of each form in turn is taken away or given a value of another kind.
@Test(arguments: Samples.replies)
func aReplyThatLacksAFieldIsRefusedByName(_ reply: Reply) throws {
    let envelope = Samples.envelope(reply).json
    var nullable: Set<String> = ["view", "node", "address", "session", "attempt", "rtt_microseconds"]
    nullable.insert("shortest_rtt_microseconds")
    if case .links = reply { nullable.formUnion(["name", "id"]) }
    if case .link = reply { nullable.formUnion(["name", "id"]) }
    nullable.formUnion(["min_microseconds", "median_microseconds", "p99_microseconds", "carrier"])
    nullable.formUnion(["from", "loss_there_ppm", "lacks", "wrote", "holds", "next"])
    nullable.formUnion(["measured_microseconds", "estimated_microseconds", "estimate_error_percent"])
    if case .link = reply { nullable.remove("carrier") }
    if case .links = reply { nullable.remove("carrier") }
    if case .roundTrip = reply { nullable.remove("from") }
    var tried = 0
    for path in paths(envelope) where !path.isEmpty {
        let name = path[path.count - 1]
        guard Int(name) == nil, path != ["data", "counters", name] else { continue }
        tried += 1
        let without = Array(changed(envelope, path[...]) { nil }.description.utf8)
        let mangled = Array(changed(envelope, path[...]) { ["?": 0.5] }.description.utf8)
        if !nullable.contains(name), name != "healthy" {
            #expect(throws: Complaint.self, "\(path) missing") { try Envelope(decoding: without) }
        }
        if name != "healthy" {
            #expect(throws: Complaint.self, "\(path) mangled") { try Envelope(decoding: mangled) }
        }
    }
    #expect(tried >= 10)
}

@Test func aNewerDaemonMayAddFieldsAndCodes() throws {
    let line = """
        {"schema":"marram.error/1","node":"a","at":"2026-11-20T14:02:11.118Z","view":null,"mood":"fine",
        "error":{"code":"M8123","what":"w","because":"b","try":"t","see":"x"},"warnings":[]}
        """
    let envelope = try Envelope(decoding: Array(line.utf8))
    guard case .failure(let complaint) = envelope.reply else { return #expect(Bool(false)) }
    #expect(complaint.code.number == 8_123)
    #expect(complaint.what == "w" && complaint.because == "b" && complaint.remedy == "t")
}

@Test func aFormThatTheToolDoesNotKnowIsNamed() {
    let line = #"{"schema":"marram.weather/1","node":null,"at":"2026-11-20T14:02:11.118Z","data":{},"warnings":[]}"#
    #expect(throws: Complaint(.replyNotUnderstood, what: #"the answer has the unknown form "marram.weather/1""#)) {
        try Envelope(decoding: Array(line.utf8))
    }
}

@Test func anAnswerThatIsTooLongBecomesAComplaint() throws {
    let envelope = Samples.envelope(.members([Samples.alive]))
    let size = envelope.json.encoded().count
    #expect(try Envelope(decoding: Samples.body(envelope.frame(atMost: size))) == envelope)
    let excuse = try Envelope(decoding: Samples.body(envelope.frame(atMost: size - 1)))
    #expect(excuse.reply == .failure(Complaint(.replyTooLong)))
    #expect(excuse.node == "till-01")
}

@Test func aNewerDaemonMayAddFieldsToALink() throws {
    let envelope = Samples.envelope(.link(Samples.link))
    let line = envelope.json.description
        .replacing(#""carrier":"tcp""#, with: #""carrier":"tcp","hops":3"#)
        .replacing(#""tries_tcp":"#, with: #""tries_quic":true,"tries_tcp":"#)
        .replacing(#""event":"#, with: #""cause":"x","event":"#)
        .replacing(#""clues":"#, with: #""mood":"fine","clues":"#)
    #expect(line.contains("hops") && line.contains("cause") && line.contains("mood"))
    #expect(try Envelope(decoding: Array(line.utf8)).reply == .link(Samples.link))
}

@Test func aLinkInAStateThatTheToolDoesNotKnowIsRefused() {
    let line = Samples.envelope(.links([Samples.up])).json.description
    for (word, other) in [(#""state":"up""#, #""state":"dancing""#), (#""carrier":"tcp""#, #""carrier":"pigeon""#)] {
        #expect(throws: Complaint.self) { try Envelope(decoding: Array(line.replacing(word, with: other).utf8)) }
    }
}

@Test func tenThousandMembersFitIntoAReply() {
    var row = Samples.alive
    row.name = String(repeating: "n", count: Limits.nameBytes)
    row.site = String(repeating: "s", count: Limits.nameBytes)
    row.address = Address("[fe80:1111:2222:3333:4444:5555:6666:7777]:65535")
    row.why = String(repeating: "w", count: 200)
    let envelope = Samples.envelope(.members(Array(repeating: row, count: Limits.members)))
    #expect(envelope.json.encoded().count < Limits.controlReplyBytes)
}

/// Every place in `value`: member names and list indices from the root.
private func paths(_ value: JSONValue) -> [[String]] {
    switch value {
    case .object(let members): [[]] + members.flatMap { member in paths(member.value).map { [member.name] + $0 } }
    case .array(let elements):
        [[]] + elements.enumerated().flatMap { index, element in paths(element).map { ["\(index)"] + $0 } }
    case .null, .boolean, .integer, .number, .text: [[]]
    }
}

/// `value` with what lies at `path` replaced, or taken away when the replacement is nil.
private func changed(_ value: JSONValue, _ path: ArraySlice<String>, _ replace: () -> JSONValue?) -> JSONValue {
    guard let step = path.first else { return replace() ?? .null }
    let rest = path.dropFirst()
    switch value {
    case .object(let members):
        return .object(
            members.compactMap { member in
                guard member.name == step else { return member }
                if rest.isEmpty { return replace().map { JSONMember(step, $0) } }
                return JSONMember(step, changed(member.value, rest, replace))
            })
    case .array(let elements):
        return .array(elements.enumerated().map { "\($0)" == step ? changed($1, rest, replace) : $1 })
    case .null, .boolean, .integer, .number, .text: return value
    }
}
