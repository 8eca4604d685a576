internal import Base
internal import Choices

/// The table of all scenarios. Another one is another value here.
extension Scenario {
    package static let all: [Scenario] =
        [toy, toySpeed, toyStorage, mesh, meshStorage, lines, linesLong, replication] + memberships

    /// Few toys, every fault they have promised to bear, every oracle.
    static let toy = Scenario(
        name: "toy", purpose: "the simulator's own proof: a small mesh under every fault, with bugs to plant",
        habitat: toyHabitat, bugs: ToyBug.allCases.map(\.rawValue),
        mustReach: Toy.markers + toyHabitat.faults.filter { $0.isTimed }.map { "fault.\($0)" },
        workload: { tape, script in toyWorkload(&tape, script) },
        stage: { _, bug in
            toyStage(bug.flatMap(ToyBug.init(rawValue:)), checkers: ToyOracles.all)
        })

    /// Many toys and two faults in a hundred packets, for counting events per second.
    static let toySpeed = Scenario(
        name: "toy-speed", purpose: "500 toys with little loss: how many events a second the simulator does",
        habitat: speedHabitat,
        workload: { tape, script in
            (0..<Int(script.safety.seconds)).map { second in
                let errand = Errand("set", [tape.below(Toy.registers), tape.below(1_000)])
                return Action(at: .seconds(Int64(second)), .ask(tape.below(script.nodes), errand))
            }
        },
        stage: { _, _ in
            var stage = toyStage(nil, checkers: { _ in [] })
            stage.checkpoint = .seconds(10)
            return stage
        })

    private static let toyHabitat: Habitat = {
        var habitat = Habitat(
            nodes: 3...7, safety: 20...60, settle: .seconds(20),
            // A disk that lies breaks a promise that nobody can keep on it; the toy does not pretend to.
            faults: FaultKind.allCases.filter { $0 != .lyingDisk })
        habitat.sites = 1...3
        habitat.settlePerNode = .seconds(4)
        return habitat
    }()

    private static let speedHabitat: Habitat = {
        var habitat = Habitat(nodes: 500...500, safety: 600...600, settle: .seconds(30), faults: [])
        habitat.near.loss = 20_000
        return habitat
    }()

    static func toyStage(
        _ bug: ToyBug?, checkers: @escaping (Script) -> [Checker<Toy>]
    ) -> Stage<Toy> {
        Stage(
            bear: { birth in Toy(birth, bug: bug) },
            request: { errand in
                guard let key = errand.numbers.first, (0..<Toy.registers).contains(key) else { return nil }
                switch errand.verb {
                case "set":
                    return errand.numbers.count == 2
                        ? .set(key: key, value: UInt64(bitPattern: Int64(errand.numbers[1]))) : nil
                case "delete": return errand.numbers.count == 1 ? .delete(key: key) : nil
                default: return nil
                }
            },
            checkers: checkers)
    }

    /// Writes and deletions, some of them at the same moment on two nodes, some in bursts.
    static func toyWorkload(_ tape: inout Tape, _ script: Script) -> [Action] {
        let keys = tape.pick([3, 12, 30])
        let count = tape.range(5...60)
        var actions: [Action] = []
        func write(_ key: Int) -> Errand {
            tape.below(4) == 3 ? Errand("delete", [key]) : Errand("set", [key, tape.below(1_000)])
        }
        for _ in 0..<count {
            let at = Interval.milliseconds(Int64(tape.below(max(Int(script.safety.milliseconds), 1))))
            let node = tape.below(script.nodes)
            let key = tape.below(keys)
            actions.append(Action(at: at, .ask(node, write(key))))
            switch tape.weighted([6, 2, 1]) {
            case 1: actions.append(Action(at: at, .ask((node + 1) % script.nodes, write(key))))
            case 2: for _ in 0..<12 { actions.append(Action(at: at, .ask(node, write(tape.below(keys))))) }
            default: break
            }
        }
        return actions
    }
}

extension FaultKind {
    /// It happens at certain times, and so is counted when it happens.
    var isTimed: Bool {
        switch self {
        case .loss, .duplication, .reordering, .flips, .truncation, .delay, .bandwidth, .mischief: false
        case .weather, .cut, .partition, .spoil, .replay, .rebind, .crash, .death, .pause, .wipe, .restore, .clock,
            .slowDisk, .fullDisk, .lyingDisk:
            true
        }
    }
}
