import Base
import Testing
import Trust

@testable import Registry

/// A parish of four in which node 1 has let a newcomer in, and the feed in which it did.
private func parishWithAnAct(bug: RegistryBug? = nil) throws -> (parish: Parish, feed: Digest) {
    var parish = Parish(4, newcomers: 2, bug: bug)
    for node in 1..<4 { parish.connect(node, 0) }
    parish.connect(4, 1)
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 2), by: 4)), at: 1, from: 4)
    parish.run(milliseconds: 5_000) { $0.agreement(of: 0..<5) != nil }
    #expect(parish.engines[3].isMember(Parish.id(4)))
    let redemption = try #require(parish.engines[1].redemption(of: Parish.key(4)))
    return (parish, try #require(parish.engines[1].book.law?.entry(redemption)).feed)
}

extension Parish {
    /// What one node's law says of a feed, in order.
    fileprivate func acts(in feed: Digest, at node: Int) -> [Act] {
        let entries = engines[node].book.records.compactMap { record -> Entry? in
            guard case .entry(let entry)? = try? Statement(decoding: record.body.raw), entry.feed == feed else {
                return nil
            }
            return entry
        }
        return entries.sorted { $0.sequence < $1.sequence }.map(\.act)
    }

    /// By whom the feed was cosigned, as one node knows it.
    fileprivate func witnesses(of feed: Digest, at node: Int) -> [Entry] {
        engines[node].book.records.compactMap { record -> Entry? in
            guard case .entry(let entry)? = try? Statement(decoding: record.body.raw),
                case .cosign(let head) = entry.act, head.feed == feed
            else { return nil }
            return entry
        }
    }

    /// Another first entry of a feed, by whoever has that key.
    fileprivate func rewritten(_ feed: Digest, by key: Int) -> Record {
        let entry = Entry(
            feed: feed, sequence: 1, previous: feed, head: charter.mesh, authority: nil, time: HybridTime(bits: 0),
            act: .suspend(operator: "ada"))
        return Record(.entry(entry), by: Self.signer(key), in: charter.mesh)
    }
}

/// Whoever takes over the running node has the key of now, and with it cannot put anything at a place of before.
@Test(arguments: [RegistryBug?.none, .keepsItsKey])
func whatWasSignedAnHourAgoCannotBeRewrittenWithTheKeyOfNow(bug: RegistryBug?) throws {
    var (parish, feed) = try parishWithAnAct(bug: bug)
    parish.run(milliseconds: 61 * 60_000)
    parish.receive(.records([parish.rewritten(feed, by: parish.feedKeys[1])]), at: 0, from: 1)
    parish.run(milliseconds: 5_000)
    let isForked = parish.engines[0].judgement?.alarms.contains { if case .forked = $0 { true } else { false } }
    #expect(isForked == (bug != nil))
    guard bug == nil else { return }
    let acts = parish.acts(in: feed, at: 0)
    #expect(acts.count == 2, "\(acts)")
    #expect(acts.last == .nextKey(Parish.key(parish.feedKeys[1])))
    // It acts on, under the new key, and everybody believes it.
    parish.connect(5, 1)
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 2), by: 5)), at: 1, from: 5)
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[3].isMember(Parish.id(5)))
    // Whoever did nothing to others has no key that would have to be replaced.
    for node in [0, 2, 3] { #expect(parish.feedKeys[node] == node, "node \(node)") }
}

/// A thief with the key of then signs another entry at the first place. What enough others had seen stands.
@Test(arguments: [RegistryBug?.none, .cosignsNothing])
func whatOthersCosignedStandsAgainstAThiefWithTheKey(bug: RegistryBug?) throws {
    var (parish, feed) = try parishWithAnAct(bug: bug)
    parish.run(milliseconds: 20 * 60_000)
    parish.receive(.records([parish.rewritten(feed, by: 1)]), at: 3, from: 1)
    parish.run(milliseconds: 30_000) { $0.agreement(of: 0..<5) != nil }
    for node in 0..<4 {
        let engine = parish.engines[node]
        let isForked = engine.judgement?.alarms.contains { if case .forked = $0 { true } else { false } } ?? false
        #expect(isForked, "node \(node): the proof is everywhere")
        #expect(engine.isMember(Parish.id(4)) == (bug == nil), "node \(node)")
    }
}

/// As many witnesses as it takes, and not one of everybody; then there is quiet.
@Test func cosigningEnds() throws {
    var (parish, feed) = try parishWithAnAct()
    parish.run(milliseconds: 70 * 60_000)
    let cosigned = parish.witnesses(of: feed, at: 2)
    #expect((2...3).contains(cosigned.count), "\(cosigned.count) cosigned")
    let ids = parish.agreement(of: 0..<5)
    #expect(ids != nil)
    parish.run(milliseconds: 4 * 60 * 60_000)
    #expect(parish.agreement(of: 0..<5) == ids, "nobody cosigns what only speaks of feeds")
    let engine = parish.engines[1]
    #expect(try RegistryEngine(decoding: engine.encoded.raw).encoded == engine.encoded)
}

/// A node that ends closes its feed, and says nothing behind that.
@Test func aStartThatEndsWellClosesItsFeed() throws {
    var (parish, feed) = try parishWithAnAct()
    parish.perform(.end, by: 1)
    parish.perform(.end, by: 1)
    parish.perform(.end, by: 2)
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 2), by: 5)), at: 1, from: 5)
    parish.run(milliseconds: 5_000) { $0.agreement(of: 0..<5) != nil }
    #expect(parish.acts(in: feed, at: 3).last == .close)
    #expect(!parish.engines[1].isMember(Parish.id(5)))
    // The next start begins another.
    parish.restart(1, charter: parish.charter.records)
    parish.connect(1, 0)
    parish.connect(5, 1)
    parish.receive(.redeem(parish.redemption(parish.invite(uses: 2), by: 5)), at: 1, from: 5)
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[3].isMember(Parish.id(5)))
}
