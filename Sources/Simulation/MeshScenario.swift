internal import Base
internal import Choices
internal import Control
internal import Crypto
internal import Membership
package import Node
internal import Replication
internal import Session
internal import Trust
internal import Vitals

/// Whole nodes, sealed datagrams and all: the very `MarramNode` that runs at a site, under every fault that the plain
/// first form of Membership and Session has promised to bear.
extension Scenario {
    static let mesh = Scenario(
        name: "mesh", purpose: "whole nodes with sealed datagrams, facts on disk and a flight recorder",
        habitat: meshHabitat,
        mustReach: MarramNode.meshMarkers + meshHabitat.faults.filter(\.isTimed).map { "fault.\($0)" },
        workload: { tape, script in meshWorkload(&tape, script) },
        stage: { script, _ in meshStage(script) })

    static func meshStage(_ script: Script) -> Stage<MarramNode> {
        Stage(
            bear: { birth in meshNode(birth, of: script) },
            request: { errand in
                switch errand.verb {
                case "members": .members
                case "status": .status
                case "vital": .setVital(key: "mood", value: errand.numbers.first.map { ValueBytes("\($0)") })
                case "leave": .leave
                default: nil
                }
            },
            checkers: MeshOracles.all)
    }

    /// Left out: a disk that is wiped, restored or lies. It makes a node forget how often it has started, and then its
    /// peers take what it says for old; certificates and the duplicate alarm will deal with that.
    ///
    /// A fade of a minute is remembered, and half as much again is borne before anybody is given up: hence the time to
    /// settle.
    private static let meshHabitat: Habitat = {
        let amnesia: [FaultKind] = [.wipe, .restore, .lyingDisk]
        var habitat = Habitat(
            nodes: 3...9, safety: 30...90, settle: .seconds(130),
            faults: FaultKind.allCases.filter { !amnesia.contains($0) })
        habitat.sites = 1...3
        habitat.settlePerNode = .seconds(3)
        return habitat
    }()

    static let meshSettings = MembershipSettings(interval: .seconds(1))

    /// A node that knows the first two of the mesh when it starts, as an invitation would tell it.
    static func meshNode(
        _ birth: Birth, of script: Script, hasTCP: Bool = false, records: Bool = true, storeBug: ReplicaBug? = nil,
        isKept: Bool = false
    ) -> MarramNode {
        let charter = meshCharter(of: birth.addresses.count, seed: script.seed, isKept: isKept)
        let identity = meshIdentity(birth.index, seed: script.seed, charter: charter)
        var configuration = NodeConfiguration(
            name: birth.name, site: "main", id: identity.id, boot: UInt64(birth.boots), listen: birth.address,
            reachable: [birth.address], seeds: Array(birth.addresses.prefix(2)), gossip: meshSettings, records: records)
        configuration.storeBug = storeBug
        let sessions = Sessions(
            identity, boot: UInt64(birth.boots), settings: SessionSettings(hasTCP: hasTCP),
            entropy: .seeded(birth.seed), random: Random(seed: birth.seed ^ 1), at: birth.now.instant)
        var entropy = Entropy.seeded(birth.seed ^ 2)
        return MarramNode(
            configuration, signatory: Signatory(identity, from: &entropy), sessions: sessions, stored: birth.facts,
            entropy: entropy, random: Random(seed: birth.seed), mischief: birth.mischief, at: birth.now)
    }

    /// The same node has the same keys in all its lives. Where only sessions are played, the mesh has no records.
    static func meshIdentity(_ index: Int, seed: UInt64, charter: [Record] = []) -> NodeIdentity {
        var entropy = Entropy.seeded(seed &+ UInt64(index))
        return NodeIdentity(
            of: charter.first?.id ?? Digest(Bytes32(seed, 1, 2, 3)), charter: charter, from: &entropy)
    }

    /// All nodes of a simulated mesh were there when it began; where epochs are kept, the first keeps them.
    private static func meshCharter(of nodes: Int, seed: UInt64, isKept: Bool) -> [Record] {
        var entropy = Entropy.seeded(~seed)
        let founder = SigningKey.drawn(from: &entropy)
        let charter = Charter(
            founding: "simulated", by: Person(name: "ada", keys: [SignerKey(founder.publicKey)]), key: founder,
            nodes: (0..<nodes).map { meshIdentity($0, seed: seed).keys }, nonce: Bytes32(seed, 1, 2, 3))
        guard isKept else { return charter.records }
        let grant = Act.grant(Grant(.node(meshIdentity(0, seed: seed).keys), Charter.keeper))
        return charter.records
            + OperatorActs.records(
                grant, by: founder, epoch: seed ^ 1, head: charter.mesh, at: WallTime(milliseconds: 0),
                in: charter.mesh)
    }

    /// Questions and moods at any time; in every fourth seed somebody says goodbye.
    static func meshWorkload(_ tape: inout Tape, _ script: Script) -> [Action] {
        let milliseconds = max(Int(script.safety.milliseconds), 1)
        var actions: [Action] = []
        for _ in 0..<tape.range(0...20) {
            let word = tape.pick(["members", "status", "vital"])
            let errand = Errand(word, word == "vital" ? [tape.below(100)] : [])
            actions.append(
                Action(at: .milliseconds(Int64(tape.below(milliseconds))), .ask(tape.below(script.nodes), errand)))
        }
        if tape.below(4) == 3 {
            let at = Interval.milliseconds(Int64(tape.below(milliseconds)))
            actions.append(Action(at: at, .ask(tape.below(script.nodes), Errand("leave", []))))
        }
        return actions
    }
}

extension MarramNode: Inhabitant {
    /// By the order of `marker(of:)`.
    package static let markers: [String] =
        ["first-seen"] + Member.State.allCases.map { "became-\($0)" }
        + ["spoke-up", "deaf", "deaf-no-more", "stalled", "mute", "mute-no-more"]
        + MembershipEngine.Ignored.allCases.map { "ignored-\($0)" } + Refusal.allCases.map { "refused-\($0.name)" }
        + ["undecoded"]
        + [
            "session-began", "session-unanswered", "session-established", "session-renewed", "session-moved",
            "session-fell-back", "session-cookie", "session-fresh", "session-dropped", "session-line", "session-proof",
            "session-other-node", "session-comes-over-udp",
        ] + SessionNote.Ending.allCases.map { "session-ended-\($0)" } + ["law"]
        + ["took", "forked", "renamed", "epoch", "epoch-conflict", "entering", "entered", "made-void"]
        + ReplicationEngine.Ignored.allCases.map { "replication-\($0)" }
        + ["sifted"] + ReplicationEngine.Unsifted.allCases.map { "unsifted-\($0)" }
        + ["vitals-changed", "vitals-forged", "vitals-stranger"]

    /// What a batch of seeds must have seen. The others need a fault that this mesh does not bear, or a view of ten
    /// thousand.
    static let meshMarkers = [
        "first-seen", "became-alive", "became-suspect", "became-unreachable", "became-left", "ignored-stale",
        "ignored-alreadyLeft", "refused-bad-length", "refused-bad-header", "refused-bad-seal", "refused-replayed",
        "refused-unknown-session", "refused-unexpected", "session-established", "session-fresh",
        "session-ended-peerRestarted", "session-ended-lostRace", "vitals-changed",
    ]

    package static func marker(of note: NodeNote) -> Int {
        let states = 1
        let own = states + Member.State.allCases.count
        let ignored = own + 6
        let refused = ignored + MembershipEngine.Ignored.allCases.count
        let sessions = refused + Refusal.allCases.count + 1
        switch note {
        case .membership(.moved(_, from: nil, to: _, because: _)): return 0
        case .membership(.moved(_, from: _, to: let state, because: _)): return states + Int(state.rawValue)
        case .membership(.spokeUp): return own
        case .membership(.deaf(let isDeaf, _, _)): return own + (isDeaf ? 1 : 2)
        case .membership(.stalled): return own + 3
        case .membership(.mute(let isMute, _, _)): return own + (isMute ? 4 : 5)
        case .membership(.lied): return ignored + Int(MembershipEngine.Ignored.forged.rawValue)
        case .membership(.ignored(let reason)): return ignored + Int(reason.rawValue)
        case .session(.refused(let refusal, from: _)): return refused + Int(refusal.rawValue)
        case .undecoded: return sessions - 1
        case .session(.began): return sessions
        case .session(.unanswered): return sessions + 1
        case .session(.established): return sessions + 2
        case .session(.renewed): return sessions + 3
        case .session(.ended(_, let ending)): return sessions + 13 + Int(ending.rawValue)
        case .session(.moved): return sessions + 4
        case .session(.fellBack): return sessions + 5
        case .session(.cookieAsked): return sessions + 6
        case .session(.freshAsked): return sessions + 7
        case .session(.dropped): return sessions + 8
        case .session(.line): return sessions + 9
        case .session(.proofAsked): return sessions + 10
        case .session(.answeredByOther): return sessions + 11
        case .session(.comesOverUDP): return sessions + 12
        case .stranger, .registry: return sessions + 13 + SessionNote.Ending.allCases.count
        case .replication(let note): return sessions + 14 + SessionNote.Ending.allCases.count + marker(of: note)
        case .madeVoid: return sessions + 14 + SessionNote.Ending.allCases.count + 7
        case .vitals(.changed): return markers.count - 3
        case .vitals(.forged): return markers.count - 2
        case .vitals(.stranger): return markers.count - 1
        }
    }

    private static func marker(of note: ReplicationEngine.Note) -> Int {
        switch note {
        case .took: 0
        case .forked: 1
        case .renamed: 2
        case .epoch: 3
        case .epochConflict: 4
        case .entering: 5
        case .entered: 6
        case .ignored(let reason, _): 8 + Int(reason.rawValue)
        case .sifted: 8 + ReplicationEngine.Ignored.allCases.count
        case .unsifted(_, let why): 9 + ReplicationEngine.Ignored.allCases.count + Int(why.rawValue)
        }
    }
}
