internal import Base
internal import Choices
internal import Crypto
internal import Session
internal import Traffic
internal import Trust

/// Sessions and the lines on them, alone: everybody knows where everybody is, and talks. Under every fault that there
/// is, those among them that make a node forget how often it has started.
extension Scenario {
    static let lines = Scenario(
        name: "lines", purpose: "sealed lines alone: letters and parcels between pairs, with bugs to plant",
        habitat: linesHabitat, bugs: LinesBug.allCases.map(\.rawValue),
        mustReach: Correspondent.rarePlaces + linesHabitat.faults.filter(\.isTimed).map { "fault.\($0)" },
        workload: { tape, script in linesWorkload(&tape, script) },
        stage: { script, bug in linesStage(script, bug.flatMap(LinesBug.init(rawValue:))) })

    /// Hours in which little is said: keys give way to their successors, sessions to new ones, and at last they go.
    static let linesLong = Scenario(
        name: "lines-long", purpose: "sealed lines for hours: phases, renewals and the end of the unused",
        habitat: linesLongHabitat, bugs: LinesBug.allCases.map(\.rawValue),
        mustReach: ["line.renewed", "line.phase", "line.ended-idle", "line.established"],
        workload: { tape, script in linesLongWorkload(&tape, script) },
        stage: { script, bug in
            var stage = linesStage(script, bug.flatMap(LinesBug.init(rawValue:)))
            stage.checkpoint = .seconds(20)
            return stage
        })

    /// Left out: disks that are slow or full, for nothing is stored here, and mischief, which sessions know none of.
    private static let linesFaults = FaultKind.allCases.filter { ![.slowDisk, .fullDisk, .mischief].contains($0) }

    private static let linesHabitat: Habitat = {
        var habitat = Habitat(nodes: 2...6, safety: 20...60, settle: .seconds(170), faults: linesFaults)
        habitat.sites = 1...3
        return habitat
    }()

    private static let linesLongHabitat: Habitat = {
        var habitat = Habitat(nodes: 2...4, safety: 3_600...14_400, settle: .hours(8), faults: linesFaults)
        habitat.sites = 1...2
        return habitat
    }()

    static func linesStage(_ script: Script, _ bug: LinesBug?) -> Stage<Correspondent> {
        var secrets = Secrets()
        secrets.add(Array(Letter.site.utf8))
        var ids: [NodeID] = []
        for node in 0..<script.nodes {
            let identity = meshIdentity(node, seed: script.seed)
            ids.append(identity.id)
            secrets.add(identity.id.value.bytes)
            secrets.add(identity.agreementKey().publicKey.bytes.bytes)
        }
        let register = Correspondent.Register(ids: ids, secrets: secrets)
        return Stage(
            bear: { birth in
                Correspondent(birth, meshIdentity(birth.index, seed: script.seed), register, bug: bug)
            },
            request: { errand in linesRequest(errand, nodes: script.nodes) }, checkers: LinesOracles.all)
    }

    /// `say TO PRIORITY BYTES COUNT`, `knock TO`, `send TO BYTES SERVICE`, `insist TO BYTES`, `drop TO`, `flood TO`.
    private static func linesRequest(_ errand: Errand, nodes: Int) -> Correspondent.Request? {
        let numbers = errand.numbers
        guard let to = numbers.first, (0..<nodes).contains(to) else { return nil }
        switch errand.verb {
        case "say":
            guard numbers.count == 4, let priority = Priority.allCases.first(where: { Int($0.rawValue) == numbers[1] }),
                (Letter.bytes...Limits.lineDatagramBytes).contains(numbers[2]), (1...256).contains(numbers[3])
            else { return nil }
            return .say(to: to, priority.rawValue, bytes: numbers[2], count: numbers[3])
        case "knock": return .knock(to)
        case "send", "insist":
            let insists = errand.verb == "insist"
            guard numbers.count == (insists ? 2 : 3), (Parcel.headerBytes...1 << 24).contains(numbers[1]) else {
                return nil
            }
            return .send(to: to, bytes: numbers[1], isScavenger: !insists && numbers[2] == 1, insists: insists)
        case "drop": return .drop(to)
        case "flood": return .flood(to)
        default: return nil
        }
    }

    // MARK: What they are asked

    private static func linesWorkload(_ tape: inout Tape, _ script: Script) -> [Action] {
        guard script.nodes > 1 else { return [] }
        let end = max(Int(script.safety.milliseconds), 1)
        var actions: [Action] = []
        for _ in 0..<tape.range(5...60) {
            let at = Interval.milliseconds(Int64(tape.below(end)))
            let (node, to) = pair(&tape, script)
            actions.append(Action(at: at, .ask(node, errand(&tape, to: to))))
            // Both begin at one time, so that their handshakes race.
            if tape.below(4) == 3 { actions.append(Action(at: at, .ask(to, errand(&tape, to: node)))) }
        }
        if tape.below(6) == 5 { actions += flood(&tape, script) }
        if tape.below(4) == 3 {
            var link = Link.clear
            link.loss = tape.range(300_000...600_000)
            actions.append(Action(at: .zero, .weather(link, for: script.safety)))
        }
        return actions + afterwards(&tape, script)
    }

    private static func pair(_ tape: inout Tape, _ script: Script) -> (Int, Int) {
        let node = tape.below(script.nodes)
        return (node, (node + 1 + tape.below(script.nodes - 1)) % script.nodes)
    }

    private static func errand(_ tape: inout Tape, to: Int) -> Errand {
        switch tape.weighted([6, 5, 1]) {
        case 0:
            let bytes = tape.pick([Letter.bytes, 200, Limits.lineDatagramBytes])
            return Errand("say", [to, tape.below(Priority.allCases.count), bytes, tape.pick([1, 3, 30])])
        case 1:
            let size = tape.pick([24, 1_000, 30_000, 300_000, 300_000, 2_500_000])
            return Errand("send", [to, size + tape.below(16), tape.below(2)])
        default: return Errand("drop", [to])
        }
    }

    /// A node repeats its beginning so often that the other one asks everybody for proof, while all begin with it.
    private static func flood(_ tape: inout Tape, _ script: Script) -> [Action] {
        let (node, to) = pair(&tape, script)
        let start = Interval.milliseconds(Int64(tape.range(100...2_000)))
        var actions = [
            Action(at: start, .ask(node, Errand("say", [to, 3, Letter.bytes, 1]))),
            Action(at: start + .milliseconds(200), .ask(node, Errand("flood", [to]))),
        ]
        for other in 0..<script.nodes where other != to {
            actions.append(
                Action(at: start + .milliseconds(500), .ask(other, Errand("say", [to, 3, Letter.bytes, 1]))))
        }
        return actions
    }

    /// When the faults are over: everybody knocks at everybody, then some send 200 kB. Then all are silent.
    private static func afterwards(_ tape: inout Tape, _ script: Script) -> [Action] {
        var actions: [Action] = []
        for node in 0..<script.nodes {
            for to in 0..<script.nodes where to != node {
                let at = script.safety + .seconds(5) + .milliseconds(Int64(tape.below(2_000)))
                actions.append(Action(at: at, .ask(node, Errand("knock", [to]))))
            }
        }
        for _ in 0..<tape.range(1...3) {
            let (node, to) = pair(&tape, script)
            actions.append(Action(at: script.safety + .seconds(45), .ask(node, Errand("insist", [to, 200_000]))))
        }
        return actions
    }

    /// A word now and then, and a parcel now and then.
    private static func linesLongWorkload(_ tape: inout Tape, _ script: Script) -> [Action] {
        guard script.nodes > 1 else { return [] }
        var actions: [Action] = []
        let pause = tape.pick([20, 120, 600])
        var second = tape.below(pause)
        while second < Int(script.safety.seconds) {
            let (node, to) = pair(&tape, script)
            actions.append(Action(at: .seconds(Int64(second)), .ask(node, errand(&tape, to: to))))
            second += tape.range(1...2 * pause)
        }
        return actions + afterwards(&tape, script)
    }
}

extension Correspondent {
    /// By the order of `marker(of:)`.
    package static let markers: [String] =
        [
            "said", "heard", "knocks", "sent", "delivered", "sealed", "phase", "candidate-expired", "broken",
            "unanswered", "established", "renewed", "moved", "fell-back", "cookie", "fresh", "dropped", "traffic",
            "answered-by-other", "proof-asked", "comes-over-udp",
        ].map { "line.\($0)" } + Ending.allCases.map { "line.parcel-\($0)" }
        + SessionNote.Ending.allCases.map { "line.ended-\($0)" }
        + SessionNote.Beginnings.allCases.map { "line.began-\($0)" }
        + Refusal.allCases.map { "line.refused-\($0.name)" }

    /// What a batch of seeds must have seen. The others need hours, a peer that lies, or TCP.
    static let rarePlaces =
        [
            "candidate-expired", "unanswered", "established", "renewed", "moved", "cookie", "fresh", "dropped",
            "traffic", "parcel-done", "parcel-lost", "parcel-reset", "parcel-dropped", "ended-peerRestarted",
            "ended-lostRace", "began-silence", "refused-bad-length", "refused-bad-header", "refused-bad-code",
            "refused-bad-seal", "refused-replayed", "refused-unknown-session", "refused-unexpected",
        ].map { "line.\($0)" }

    package static func marker(of note: Note) -> Int {
        let endings = 21
        let ended = endings + Ending.allCases.count
        let began = ended + SessionNote.Ending.allCases.count
        let refused = began + SessionNote.Beginnings.allCases.count
        switch note {
        case .said: return 0
        case .heard: return 1
        case .knocks: return 2
        case .sent: return 3
        case .delivered: return 4
        case .ended(_, let ending): return endings + ending.rawValue
        case .sealed(_, _, let phase): return phase == 0 ? 5 : 6
        case .candidateExpired: return 7
        case .broken: return 8
        case .session(.began(_, let reason)): return began + Int(reason.rawValue)
        case .session(.unanswered): return 9
        case .session(.established): return 10
        case .session(.renewed): return 11
        case .session(.moved): return 12
        case .session(.fellBack): return 13
        case .session(.cookieAsked): return 14
        case .session(.freshAsked): return 15
        case .session(.dropped): return 16
        case .session(.line): return 17
        case .session(.answeredByOther): return 18
        case .session(.proofAsked): return 19
        case .session(.comesOverUDP): return 20
        case .session(.ended(_, let ending)): return ended + Int(ending.rawValue)
        case .session(.refused(let refusal, from: _)): return refused + Int(refusal.rawValue)
        }
    }
}
