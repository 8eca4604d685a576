import Base
import Control
import Membership
import Testing

@testable import Node

private func isAnswered(_ village: Village, _ number: Int, within milliseconds: Int64) -> Reply? {
    village.run(milliseconds: milliseconds)
    return village[number].takeAnswer()?.reply
}

@Test func pingsAreAnsweredWhenTheLastHasCome() throws {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    village.begin(1, .ping(peer: "till-02", count: 5))
    #expect(isAnswered(village, 1, within: 600) == nil, "they are said five a second")
    guard case .ping(let reply)? = isAnswered(village, 1, within: 600) else {
        Issue.record("no answer")
        return
    }
    #expect(reply.name == "till-02" && reply.sent == 5 && reply.trips.count == 5 && reply.loss == 0)
    #expect(reply.carrier == .udp && reply.address == port(2))
}

@Test func whoIsSilentIsWaitedForAndNotForLong() {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    village[2].isListening = false
    village.begin(1, .ping(peer: "till-02", count: 2))
    #expect(isAnswered(village, 1, within: 1_500) == nil)
    guard case .ping(let reply)? = isAnswered(village, 1, within: 2_000) else {
        Issue.record("no answer")
        return
    }
    #expect(reply.sent == 2 && reply.trips.isEmpty && reply.percentile(50) == nil)
}

@Test func aRoundTripHasAPlaceForBoth() {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    village.begin(1, .roundTrip(one: "till-02", other: "till-03"))
    guard case .roundTrip(let reply)? = isAnswered(village, 1, within: 3_000) else {
        Issue.record("no answer")
        return
    }
    #expect(reply.from == "till-02" && reply.to == "till-03" && reply.measured == nil)
    #expect(reply.estimated != nil && reply.errorPercent != nil && reply.silent.isEmpty)
    village[3].isListening = false
    village.begin(1, .roundTrip(one: "till-01", other: "till-03"))
    guard case .roundTrip(let silent)? = isAnswered(village, 1, within: 3_000) else {
        Issue.record("no answer")
        return
    }
    #expect(silent.from == "till-01" && !silent.isKnown && silent.silent == ["till-03"])
}

@Test func requestsForPingsAreBounded() {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    village[2].isListening = false
    for _ in 0..<Limits.pingErrands { village.begin(1, .ping(peer: "till-02", count: 1)) }
    #expect(village[1].takeAnswer() == nil)
    village.begin(1, .ping(peer: "till-02", count: 1))
    guard case .failure(let complaint)? = village[1].takeAnswer()?.reply else {
        Issue.record("one more was taken")
        return
    }
    #expect(complaint.code == .tooManyPings)
}

@Test func aPongThatNobodyAskedForIsNotCounted() {
    var soundings = Soundings()
    soundings.begin(.ping, [id(2)], count: 2, for: RequestID(number: 1), at: moment(0).instant)
    let first = soundings.wake(at: moment(0).instant).pings[0].number
    for peer in [id(3), id(2), id(2)] { soundings.hear(first, from: peer, place: nil, at: moment(30).instant) }
    soundings.hear(first + 1, from: id(2), place: nil, at: moment(30).instant)
    soundings.hear(first + 1 << 16, from: id(2), place: nil, at: moment(30).instant)
    soundings.hear(first + 1 << 32, from: id(2), place: nil, at: moment(30).instant)
    #expect(soundings.errands.values.map { $0.probes[0].trips } == [[.milliseconds(30)]])
}

@Test func theTopologyIsWhatTheRosterSays() throws {
    let village = Village(3)
    village.run(milliseconds: 10_000)
    guard case .topology(let topology) = village.ask(1, .topology).reply else {
        Issue.record("no topology")
        return
    }
    #expect(topology.edges.map(\.name) == ["till-02", "till-03"] && topology.isWell)
    #expect(topology.edges.allSatisfy { $0.state == .heard && $0.agrees && $0.roundTrip != nil })
    #expect(
        topology.seats.map(\.observers) == [["till-02", "till-03"], ["till-01", "till-03"], ["till-01", "till-02"]])
    village[3].isListening = false
    village.run(milliseconds: 60_000)
    guard case .topology(let after) = village.ask(1, .topology).reply else {
        Issue.record("no topology")
        return
    }
    #expect(after.edges.map(\.name) == ["till-02"])
    #expect(after.seats.map(\.state) == [.alive, .alive, .unreachable] && after.seats[2].observers.isEmpty)
}

@Test func movesAreNumberedAndKept() throws {
    let village = Village(3)
    village.run(milliseconds: 10_000)
    guard case .moves(let all) = village.ask(1, .moves(since: 0)).reply else {
        Issue.record("no moves")
        return
    }
    #expect(all.moves.map(\.number) == Array(1...all.cursor) && all.missed == 0)
    #expect(all.moves.allSatisfy { $0.from == nil && $0.to == .alive })
    village[3].isListening = false
    village.run(milliseconds: 60_000)
    guard case .moves(let news) = village.ask(1, .moves(since: all.cursor)).reply else {
        Issue.record("no moves")
        return
    }
    #expect(news.moves.map(\.to) == [.suspect, .unreachable] && news.moves.allSatisfy { $0.name == "till-03" })
    var log = MoveLog()
    let note = NodeNote.membership(.moved(id(2), from: nil, to: .alive, because: .heardDirectly))
    for _ in 0..<Limits.movesKept + 5 { log.take(note, at: moment(0)) }
    #expect(log.after(0).missed == 5 && log.after(0).entries.count == Limits.movesKept)
    #expect(log.after(5).missed == 0 && log.after(.max).entries.isEmpty && log.after(.max).missed == 0)
}
