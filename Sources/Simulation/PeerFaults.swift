internal import Base
package import Control
internal import Membership
internal import Node
internal import Session
internal import Trust

/// One thing that is done to one member of a mesh of whole nodes, and what another member says of it when asked: the
/// proof of `explain peer`. UDP and TCP both carry here, as at a site.
package struct PeerFault: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case udpOneWay = "udp-one-way"
        case udpBothWays = "udp-both-ways"
        case stopped, killed, overloaded
        case throughVoucher = "through-voucher"
        case isolated
    }

    package let kind: Kind
    package let seed: UInt64
    /// Whom the fault concerns, and who is asked about it.
    let subject: Int
    let observer: Int
    /// Of a fault that has a direction: what the observer says gets lost, not what it hears.
    let isOutward: Bool
    let nodes: Int
    private let loss: Int
    private let delay: Interval
    private let begin: Interval
    private let ask: Interval
    private var random: Random

    /// The fault of a number: the kinds by turns, everything else by chance.
    package init(number: Int) {
        kind = Kind.allCases[number % Kind.allCases.count]
        seed = UInt64(number)
        random = Random(seed: UInt64(number) &* 0x9E37_79B9 &+ 7)
        nodes = 5 + random.below(4)
        subject = random.below(nodes)
        observer = (subject + 1 + random.below(nodes - 1)) % nodes
        isOutward = random.below(2) == 0
        loss = [0, 0, 50_000, 200_000][random.below(4)]
        delay = .milliseconds(Int64(1 + random.below(20)))
        begin = .milliseconds(Int64(25_000 + random.below(10_000)))
        ask = begin + .milliseconds(Int64(45_000 + random.below(30_000)))
    }

    /// What the right answer is.
    package var cause: PeerReply.Cause {
        switch kind {
        case .udpOneWay: isOutward ? .udpFromHereDropped : .udpFromThereDropped
        case .udpBothWays: .udpDropped
        case .stopped: .stopped
        case .killed: .killed
        case .overloaded: .overloaded
        case .throughVoucher: .throughVoucher
        case .isolated: .isolatedHere
        }
    }

    /// Lives through it; answers what the observer said.
    package func play() -> PeerReply? {
        var answer: PeerReply?
        var stage = Stage<MarramNode>(
            bear: { [self] birth in Scenario.meshNode(birth, of: script, hasTCP: true, records: false) },
            request: { [self] errand in
                let identity = Scenario.meshIdentity(errand.numbers[0], seed: seed)
                return .explainPeer(peer: identity.id.description)
            },
            checkers: { _ in
                var checker = Checker<MarramNode>("listener")
                checker.hear = { happening, _ in
                    if case .replied(_, _, let envelope) = happening, case .peer(let reply) = envelope.reply {
                        answer = reply
                    }
                    return nil
                }
                return [checker]
            })
        stage.hasTCP = true
        var world = World<MarramNode>(script, stage)
        world.run()
        return answer
    }

    private var script: Script {
        let near = Link(delay: delay, jitter: delay / 2, loss: loss)
        var script = Script(
            scenario: "mesh", seed: seed, nodes: nodes, safety: ask + .seconds(1), settle: .zero, near: near, far: near)
        script.actions = deeds.map { Action(at: $0.at, $0.deed) }
        script.actions.append(Action(at: ask, .ask(observer, Errand("explain", [subject]))))
        script.sort()
        return script
    }

    private var deeds: [(at: Interval, deed: Deed)] {
        let length = ask - begin + .seconds(1)
        let wall = Link(delay: .zero, loss: 1_000_000)
        let outward = Deed.spoil(from: observer, to: subject, wall, for: length)
        let inward = Deed.spoil(from: subject, to: observer, wall, for: length)
        switch kind {
        case .udpOneWay: return [(begin, isOutward ? outward : inward)]
        case .udpBothWays: return [(begin, outward), (begin, inward)]
        case .stopped: return [(begin, .pause(subject, for: length))]
        case .killed: return [(begin, .crash(subject, afterEffects: nil, for: nil))]
        case .overloaded: return gasps
        case .throughVoucher:
            return [
                (begin, .cut(from: observer, to: subject, for: length)),
                (begin, .cut(from: subject, to: observer, for: length)),
            ]
        case .isolated: return [(begin, .partition([observer], for: length))]
        }
    }

    /// A process that gets the processor for a fraction of a second every few seconds.
    private var gasps: [(at: Interval, deed: Deed)] {
        var random = random
        var deeds: [(at: Interval, deed: Deed)] = []
        let longest = 1_500 + random.below(2_500)
        var at = begin
        while at < ask {
            let pause = Interval.milliseconds(Int64(1_200 + random.below(longest - 1_199)))
            deeds.append((at, .pause(subject, for: pause)))
            at = at + pause + .milliseconds(Int64(100 + random.below(600)))
        }
        return deeds
    }
}
