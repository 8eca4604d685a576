internal import Base
internal import Session
internal import Trust

/// What must hold between nodes that have nothing but lines, whatever happens to them.
enum LinesOracles {
    static func all(_ script: Script) -> [Checker<Correspondent>] {
        [
            nothingBreaks(), lettersAreSaidOnce(), parcelsArriveAsSent(), numbersRise(script),
            onlyWhoBeganIsBelieved(script), everythingIsBounded(script), theIdleAreSilent(script),
            knocksAreHeard(script), parcelsEnd(script),
        ]
    }

    /// What one node can tell by itself: spoilt contents, events of streams that are over, secrets on the wire.
    private static func nothingBreaks() -> Checker<Correspondent> {
        var checker = Checker<Correspondent>("unbroken")
        checker.hear = { happening, _ in
            guard case .noted(let node, .broken(let law, let what)) = happening else { return nil }
            return Finding("\(law): \(what)", at: node)
        }
        return checker
    }

    /// Whatever is heard was said, by that node to this one, and is heard once.
    private static func lettersAreSaidOnce() -> Checker<Correspondent> {
        // Looked up only.
        var heard: [Letter: Bool] = [:]
        var checker = Checker<Correspondent>("said-once")
        checker.hear = { happening, _ in
            switch happening {
            case .noted(_, .said(let letter)): heard[letter] = false
            case .noted(let node, .heard(let letter)):
                guard let before = heard.updateValue(true, forKey: letter) else {
                    return Finding(
                        "heard letter \(letter.serial) of node \(letter.from), which was never said", at: node)
                }
                if before {
                    return Finding("heard letter \(letter.serial) of node \(letter.from) twice", at: node)
                }
            case .born, .died, .replied, .noted: break
            }
            return nil
        }
        return checker
    }

    /// Whatever is delivered was sent, and is delivered once. That the bytes are those that were written, the reader
    /// sees by itself.
    private static func parcelsArriveAsSent() -> Checker<Correspondent> {
        // Looked up only.
        var delivered: [Parcel: Bool] = [:]
        var checker = Checker<Correspondent>("delivered-once")
        checker.hear = { happening, _ in
            switch happening {
            case .noted(_, .sent(let parcel)): delivered[parcel] = false
            case .noted(let node, .delivered(let parcel)):
                guard let before = delivered.updateValue(true, forKey: parcel) else {
                    return Finding("was given a parcel that node \(parcel.letter.from) never sent", at: node)
                }
                if before { return Finding("was given a parcel of node \(parcel.letter.from) twice", at: node) }
            case .noted(let node, .ended(let parcel, .done)):
                if delivered[parcel] != true { return Finding("is done with a parcel that nobody has", at: node) }
            case .born, .died, .replied, .noted: break
            }
            return nil
        }
        return checker
    }

    /// What is sealed for one index of a peer's has rising numbers: no two packets of one key have the same.
    private static func numbersRise(_ script: Script) -> Checker<Correspondent> {
        // Looked up only.
        var last = [[UInt32: (number: UInt64, phase: UInt8)]](repeating: [:], count: script.nodes)
        var checker = Checker<Correspondent>("numbers-rise")
        checker.hear = { happening, _ in
            guard case .noted(let node, .sealed(let index, let number, let phase)) = happening else { return nil }
            if let before = last[node].updateValue((number, phase), forKey: index),
                before.number >= number || before.phase > phase
            {
                return Finding(
                    "sealed number \(number) in phase \(phase) after number \(before.number) in phase \(before.phase)",
                    at: node)
            }
            return nil
        }
        return checker
    }

    /// A session that another node began is believed only after that node has finished as many handshakes.
    private static func onlyWhoBeganIsBelieved(_ script: Script) -> Checker<Correspondent> {
        // One number for each ordered pair: handshakes that the first has finished, less those that the other believes.
        var ahead = [Int](repeating: 0, count: script.nodes * script.nodes)
        let ids = (0..<script.nodes).map { Scenario.meshIdentity($0, seed: script.seed).id }
        var checker = Checker<Correspondent>("proved-first")
        checker.hear = { happening, _ in
            guard case .noted(let node, .session(let note)) = happening else { return nil }
            switch note {
            case .established(let peer, _, isMine: true), .renewed(let peer, _):
                if let peer = ids.firstIndex(of: peer) { ahead[node * script.nodes + peer] += 1 }
            case .established(let peer, _, isMine: false):
                guard let peer = ids.firstIndex(of: peer) else { return Finding("believes a stranger", at: node) }
                ahead[peer * script.nodes + node] -= 1
                if ahead[peer * script.nodes + node] < 0 {
                    return Finding("believes that node \(peer) is on the line, which has not finished", at: node)
                }
            default: break
            }
            return nil
        }
        return checker
    }

    /// What others can make grow stays small.
    private static func everythingIsBounded(_ script: Script) -> Checker<Correspondent> {
        let peers = script.nodes - 1
        let candidates = 32 + 16 * peers
        let floods = script.actions.contains { action in
            if case .ask(_, let errand) = action.deed { errand.verb == "flood" } else { false }
        }
        let replays = script.kinds.contains(.replay) ? 100 : 0
        let packets = UInt64(20 + 10 * peers + replays + (floods ? 2 * Correspondent.floodPackets : 0))
        var before = [UInt64](repeating: 0, count: script.nodes)
        var checker = Checker<Correspondent>("bounded")
        checker.atCheckpoint = { world in
            for node in world.nodes {
                guard let load = world.inspect(node, { $0.load }) else {
                    before[node] = 0
                    continue
                }
                if load.attempts > peers || load.peers > peers || load.addresses > peers || load.candidates > candidates
                    || load.indices > load.attempts + load.candidates + 4 * peers
                {
                    return Finding("holds \(load) among \(peers) peers", at: node)
                }
                let sent = world.inspect(node) { $0.handshakePackets } ?? 0
                let now = sent - min(before[node], sent)
                before[node] = sent
                if world.script.scenario == Scenario.lines.name, now > packets {
                    return Finding("sent \(now) packets of handshakes in a second; \(packets) are allowed", at: node)
                }
            }
            return nil
        }
        return checker
    }

    /// A node that has nothing to say sends at most a word per peer each few seconds, and after hours nothing at all.
    private static func theIdleAreSilent(_ script: Script) -> Checker<Correspondent> {
        var lastSaid = Interval.zero
        var windowBegan = Interval.zero
        var before = [UInt64](repeating: 0, count: script.nodes)
        var checker = Checker<Correspondent>("idle-silence")
        checker.hear = { happening, world in
            switch happening {
            case .noted(_, .said), .noted(_, .sent), .noted(_, .knocks): lastSaid = world.now
            case .born, .died, .replied, .noted: break
            }
            return nil
        }
        checker.atCheckpoint = { world in
            let isBusy = world.nodes.contains { world.inspect($0) { $0.isBusy } ?? false }
            if isBusy || !world.faultsAreOver { lastSaid = world.now }
            guard world.now - windowBegan >= .seconds(30) else { return nil }
            let window = world.now - windowBegan
            let began = windowBegan
            windowBegan = world.now
            for node in world.nodes {
                let sent = world.sentPackets(node) - before[node]
                before[node] = world.sentPackets(node)
                guard began - lastSaid >= .seconds(20) else { continue }
                // Who is gone for ever owes acknowledgements: they are asked for again and again, and a session is.
                let gone = world.nodes.count { !world.isUp($0) }
                let seconds = Int(window.seconds)
                let most = UInt64(2 + (script.nodes - 1) * seconds / 5 + gone * seconds * 2)
                if sent > most {
                    return Finding("sent \(sent) packets in \(window.text) with nothing to say", at: node)
                }
                guard began - lastSaid >= .hours(4) else { continue }
                if sent > 0 { return Finding("sent \(sent) packets after hours of silence", at: node) }
                if world.inspect(node, { $0.isConnected }) == true {
                    return Finding("still has a session that nobody used for hours", at: node)
                }
            }
            return nil
        }
        return checker
    }

    /// When the faults are long over, a node that says something again and again is heard within half a minute.
    private static func knocksAreHeard(_ script: Script) -> Checker<Correspondent> {
        var since = [Interval?](repeating: nil, count: script.nodes * script.nodes)
        var checker = Checker<Correspondent>("knocks-are-heard")
        checker.hear = { happening, world in
            switch happening {
            case .noted(let node, .knocks(on: let peer)):
                if world.faultsAreOver { since[node * script.nodes + peer] = world.now }
            case .noted(let node, .heard(let letter)): since[letter.from * script.nodes + node] = nil
            case .born, .died, .replied, .noted: break
            }
            return nil
        }
        checker.atCheckpoint = { world in
            for (pair, began) in since.enumerated() {
                guard let began, world.now - began > .seconds(30) else { continue }
                let (node, peer) = pair.quotientAndRemainder(dividingBy: script.nodes)
                if world.isUp(node), world.isUp(peer) {
                    return Finding("says something to node \(peer) for half a minute and is not heard", at: node)
                }
            }
            return nil
        }
        return checker
    }

    /// At the end no parcel stands still between two nodes that live: all were delivered, or both sides know that they
    /// were not. A scavenger's may still be on its way, slowly; what was sent after the faults must be there.
    private static func parcelsEnd(_ script: Script) -> Checker<Correspondent> {
        var before = [(progress: Int, since: Interval)](repeating: (0, .zero), count: script.nodes * script.nodes)
        var checker = Checker<Correspondent>("parcels-end")
        checker.atCheckpoint = { world in
            guard world.faultsAreOver else { return nil }
            for pair in before.indices {
                let (node, peer) = pair.quotientAndRemainder(dividingBy: script.nodes)
                let one = world.inspect(node) { $0.progress(with: peer) } ?? 0
                let other = world.inspect(peer) { $0.progress(with: node) } ?? 0
                if one + other != before[pair].progress { before[pair] = (one + other, world.now) }
            }
            return nil
        }
        checker.atEnd = { world in
            for (pair, last) in before.enumerated() {
                let (node, peer) = pair.quotientAndRemainder(dividingBy: script.nodes)
                guard node != peer, world.isUp(node), world.isUp(peer),
                    let (what, insists) = world.inspect(node, { $0.unfinished(with: peer) }) ?? nil
                else { continue }
                if insists || world.now - last.since > .seconds(40) { return Finding(what, at: node) }
            }
            return nil
        }
        return checker
    }
}
