import Base
import Control
import Crypto
import Foundation
import Membership
import Node
import Testing
import Trust

private func put(_ name: String, _ file: String, _ bytes: [UInt8]) throws {
    let d = "/work/wt/fuzz/Tools/fuzz/corpus/\(name)"
    try FileManager.default.createDirectory(atPath: d, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: d + "/" + file))
}

@Test func zseeds() throws {
    let v = Village(3, records: true)
    v.run(milliseconds: 2_000)
    let rec = Array(v[1].recording.dropFirst(Recording.magic.count))
    var entries: [[UInt8]] = []
    var start = 0
    while start < rec.count {
        let n = rec[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        entries.append(Array(rec[start + 4..<start + 4 + n]))
        start += 4 + n
    }
    var hello = false
    var gossip = false
    for e in entries.dropFirst() {
        guard case .input(let input, _, _) = try RecordingEntry(decoding: e.raw) else { continue }
        switch input {
        case .received(let frame, _, _):
            if case .membership(.hello) = frame, !hello {
                hello = true
                try put("frame", "hello", frame.encoded)
                try put("datagram", "hello", frame.encoded)
                try put("input", "hello", input.encoded)
            }
            if case .membership(.gossip(let r, _)) = frame, r.count > 2, !gossip {
                gossip = true
                try put("frame", "gossip", frame.encoded)
                try put("datagram", "gossip", frame.encoded)
                try put("input", "gossip", input.encoded)
            }
        case .woken: try put("input", "woken", input.encoded)
        case .persisted: try put("input", "persisted", input.encoded)
        case .performed: break
        }
    }
    try put("input", "leave", [2])
    let fresh = Village(1, records: true)
    try put("checkpoint", "alone", Array(fresh[1].recording.dropFirst(Recording.magic.count + 6)))
    v.run(milliseconds: 1_000)
    v[3].isListening = false
    v.run(milliseconds: 7_000)
    v[1].startRecording(continues: true)
    let all = Array(v[1].recording.dropFirst(Recording.magic.count))
    var last: [UInt8] = []
    start = 0
    while start < all.count {
        let n = all[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        last = Array(all[start + 4..<start + 4 + n])
        start += 4 + n
    }
    try put("checkpoint", "suspecting", Array(last.dropFirst(2)))
    var few = ByteWriter()
    var built: [UInt8] = [0xFF]
    for e in entries.prefix(12) {
        few.u32(UInt32(e.count))
        few.raw(e)
        built += [UInt8(e.count >> 8), UInt8(e.count & 255)] + e
    }
    try put("recording", "starting", few.bytes)
    try put("recording", "built", built)
    let invitation = Invitation(
        mesh: "store-0412", meshKey: Bytes32(1, 2, 3, 4),
        seeds: [port(1), Address(high: 0xFE80 << 48, low: 1, port: 7947)],
        expires: WallTime(milliseconds: 1_795_269_720_000), uses: 20)
    try put("token", "typed", Array(invitation.token.utf8))
    try put("token", "bytes", [0xFF] + invitation.encoded)
    var e = Entropy.seeded(4)
    try put("identity", "founder", NodeIdentity(founding: "store-0412", from: &e).encoded)
    try put("identity", "invited", NodeIdentity(invitedBy: invitation, from: &e).encoded)
    for r in [Request.status, .invite(uses: 20, lifetime: .milliseconds(1_500)), .saveRecording(path: "/tmp/a.rec")] {
        try put("request", r.verb, Array(r.frame.dropFirst(4)))
    }
    try put("controlframe", "two", [3] + Request.status.frame + Request.version.frame)
    try put("controlframe", "cut", [200] + Request.members.frame.dropLast(3))
    try put("controlframe", "too-long", [1] + Request.leave.frame + [0, 2, 0, 1])
    for (n, r) in [
        ("status", Request.status), ("members", .members), ("invitation", .invite(uses: 1, lifetime: .hours(1))),
        ("version", .version),
    ] {
        try put("envelope", n, Array(v.ask(1, r).frame().dropFirst(4)))
    }
    try put(
        "envelope", "failure",
        Array(
            Envelope(node: nil, at: moment(0).wall, reply: .failure(Complaint(.diskFull)), warnings: [.init(.diskFull)])
                .frame().dropFirst(4)))
    try put(
        "json", "everything",
        Array(
            #"{"a":[null,true,false,-1,0,9223372036854775807],"b":{"c":1.5e-3,"d":-0},"é":"\u00e9\ud83d\ude00\n\u001b"}"#
                .utf8))
    try put("json", "spaced", Array(" [ 1 , { \"x\" : \"\\\"\\\\\\/\\b\\f\" } ]\r\n".utf8))
    try put("scenario", "words", [0xFF] + [0, 7, 36, 9, 19, 0, 7, 43, 9, 10, 15, 3, 30, 31])
}
