import Base
import Control
import Testing

private func decode(_ text: String) throws(Complaint) -> Request { try Request(decoding: Array(text.utf8)) }

private func refusal(of text: String) -> Complaint? {
    do throws(Complaint) {
        _ = try decode(text)
        return nil
    } catch {
        return error
    }
}

@Test(
    arguments: zip(
        Samples.requests,
        [
            #"{"schema":"marram.request/1","verb":"status"}"#,
            #"{"schema":"marram.request/1","verb":"members"}"#,
            #"{"schema":"marram.request/1","verb":"links"}"#,
            #"{"schema":"marram.request/1","verb":"explain_link","peer":"till-07"}"#,
            #"{"schema":"marram.request/1","verb":"explain_peer","peer":"till-07"}"#,
            #"{"schema":"marram.request/1","verb":"topology"}"#,
            #"{"schema":"marram.request/1","verb":"moves","since":41}"#,
            #"{"schema":"marram.request/1","verb":"ping","peer":"till-07","count":5}"#,
            #"{"schema":"marram.request/1","verb":"rtt","one":"a"}"#,
            #"{"schema":"marram.request/1","verb":"rtt","one":"a","other":"b"}"#,
            #"{"schema":"marram.request/1","verb":"invite","uses":20,"lifetime_seconds":86400}"#,
            #"{"schema":"marram.request/1","verb":"save_recording","path":"/tmp/a.rec"}"#,
            #"{"schema":"marram.request/1","verb":"nodes"}"#,
            #"{"schema":"marram.request/1","verb":"node","node":"till-07"}"#,
            #"{"schema":"marram.request/1","verb":"operators"}"#,
            #"{"schema":"marram.request/1","verb":"root"}"#,
            #"{"schema":"marram.request/1","verb":"root","leaving":"ada"}"#,
            #"{"schema":"marram.request/1","verb":"submit","records":["\#(hexadecimal(Samples.record.encoded))"]}"#,
            #"{"schema":"marram.request/1","verb":"acts","count":20}"#,
            #"{"schema":"marram.request/1","verb":"explain_authority","word":"invite.create","on":"mesh"}"#,
            #"{"schema":"marram.request/1","verb":"write_law","path":"/tmp/a.law","record":"0a"}"#,
            #"{"schema":"marram.request/1","verb":"write_law","path":"/tmp/a.law"}"#,
            #"{"schema":"marram.request/1","verb":"write_answer","path":"/tmp/a.answer","node":"till-09"}"#,
            #"{"schema":"marram.request/1","verb":"version"}"#,
            #"{"schema":"marram.request/1","verb":"leave"}"#,
            #"{"schema":"marram.request/1","verb":"epoch"}"#,
            #"{"schema":"marram.request/1","verb":"evict","node":"till-07"}"#,
            #"{"schema":"marram.request/1","verb":"returned"}"#,
            #"{"schema":"marram.request/1","verb":"settle_returned"}"#,
            #"{"schema":"marram.request/1","verb":"vitals","node":"till-07"}"#,
            #"{"schema":"marram.request/1","verb":"vitals","from":"\#(Samples.id)"}"#,
            #"{"schema":"marram.request/1","verb":"set_vital","key":"disk","value":{"hex":"ff"}}"#,
            #"{"schema":"marram.request/1","verb":"set_vital","key":"disk"}"#,
        ]))
func aRequestIsWrittenInItsPublishedFormAndReadsBack(_ request: Request, _ line: String) throws {
    let body = try Samples.body(request.frame)
    #expect(String(decoding: body, as: UTF8.self) == line)
    #expect(try Request(decoding: body) == request)
    for length in 0..<body.count {
        #expect(throws: Complaint.self, "cut at \(length)") { try Request(decoding: Array(body[..<length])) }
    }
}

@Test func anUnknownVerbIsRefusedByName() {
    let complaint = refusal(of: #"{"schema":"marram.request/1","verb":"dance"}"#)
    #expect(complaint?.code == .requestRefused)
    #expect(complaint?.what == #"this marramd has no verb "dance""#)
}

@Test func anUnknownFieldIsRefusedByName() {
    let complaint = refusal(of: #"{"schema":"marram.request/1","verb":"status","colour":"red"}"#)
    #expect(complaint?.code == .requestRefused)
    #expect(complaint?.what == #"the request has no field "colour""#)
    // A field of another verb is a stranger too.
    #expect(refusal(of: #"{"schema":"marram.request/1","verb":"leave","path":"/tmp/x"}"#)?.code == .requestRefused)
}

@Test func aRequestOfAnotherVersionIsRefusedWithBothVersions() {
    let complaint = refusal(of: #"{"schema":"marram.request/2","verb":"status"}"#)
    #expect(complaint?.what == #"the request speaks "marram.request/2", this marramd marram.request/1"#)
}

@Test(arguments: [
    "", "[]", "7", "{}", #"{"verb":"status"}"#, #"{"schema":"marram.request/1"}"#,
    #"{"schema":"marram.request/1","verb":7}"#, #"{"schema":"marram.request/1","verb":"status","verb":"leave"}"#,
    #"{"schema":"marram.request/1","verb":"invite"}"#,
    #"{"schema":"marram.request/1","verb":"invite","uses":"20","lifetime_seconds":60}"#,
    #"{"schema":"marram.request/1","verb":"invite","uses":-1,"lifetime_seconds":60}"#,
    #"{"schema":"marram.request/1","verb":"invite","uses":1,"lifetime_seconds":1e300}"#,
    #"{"schema":"marram.request/1","verb":"invite","uses":1,"lifetime_seconds":9223372036854775807}"#,
    #"{"schema":"marram.request/1","verb":"save_recording","path":null}"#,
])
func aRequestThatIsNotOneIsRefusedWithItsCode(_ text: String) {
    #expect(refusal(of: text)?.code == .requestRefused, "\(text)")
}

@Test func anInvitationKeepsWithinItsLimits() throws {
    let limit = Limits.invitationUses
    #expect(try Request.invitation(uses: limit, lifetime: .hours(1)) == .invite(uses: limit, lifetime: .hours(1)))
    #expect(throws: Complaint.self) { try Request.invitation(uses: limit + 1, lifetime: .hours(1)) }
    #expect(throws: Complaint.self) { try Request.invitation(uses: 0, lifetime: .hours(1)) }
    let longest = Limits.invitationLifetime
    #expect(try Request.invitation(uses: 1, lifetime: longest) == .invite(uses: 1, lifetime: longest))
    #expect(throws: Complaint.self) { try Request.invitation(uses: 1, lifetime: longest + .milliseconds(1)) }
    #expect(throws: Complaint.self) { try Request.invitation(uses: 1, lifetime: .milliseconds(999)) }
    #expect(refusal(of: #"{"schema":"marram.request/1","verb":"invite","uses":1001,"lifetime_seconds":60}"#) != nil)
}

@Test func aPeerIsNamedWithinALimit() throws {
    let longest = String(repeating: "x", count: Limits.peerWordBytes)
    #expect(try Request.explanation(ofLinkTo: longest) == .explainLink(peer: longest))
    #expect(throws: Complaint.self) { try Request.explanation(ofLinkTo: longest + "x") }
    #expect(throws: Complaint.self) { try Request.explanation(ofLinkTo: "") }
    #expect(refusal(of: #"{"schema":"marram.request/1","verb":"explain_link"}"#)?.code == .requestRefused)
    #expect(refusal(of: #"{"schema":"marram.request/1","verb":"explain_link","peer":""}"#)?.code == .badArgument)
    #expect(refusal(of: #"{"schema":"marram.request/1","verb":"links","peer":"a"}"#)?.code == .requestRefused)
}

@Test func aRecordingGoesToAnAbsolutePathWithinItsLimit() throws {
    let longest = "/" + String(repeating: "x", count: Limits.pathBytes - 1)
    #expect(try Request.recording(path: longest) == .saveRecording(path: longest))
    #expect(throws: Complaint.self) { try Request.recording(path: longest + "x") }
    #expect(throws: Complaint.self) { try Request.recording(path: "a.rec") }
    #expect(throws: Complaint.self) { try Request.recording(path: "/a\u{0}b") }
}
