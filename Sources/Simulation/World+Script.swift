internal import Base

/// Life and death, and the deeds of the script.
extension World where Member: ~Copyable {
    mutating func begin(_ index: Int) {
        let action = script.actions[index]
        if let kind = action.deed.kind {
            faultCounts[FaultKind.allCases.firstIndex(of: kind) ?? 0] += 1
            trace.absorb(UInt64(bitPattern: time))
            trace.absorb(UInt64(index))
            if let narrate { narrate("\(now.text) \(action.deed.text)") }
        }
        if let length = action.deed.length {
            isActive[index] = true
            heap.push(at: min(time + length.nanoseconds, endOfFaults), .end, node: 0, detail: index)
        }
        switch action.deed {
        case .ask(let node, let errand): ask(node, errand)
        case .crash(let node, let effects, let length):
            // A node that is never started again is held down by an action that never ends.
            isActive[index] = true
            if let effects, length != nil { posts[node].effectsToCrash = effects } else { kill(node) }
        case .wipe(let node, _):
            kill(node, replacingDisk: SimulatedDisk.Image())
        case .restore(let node, _, _):
            kill(node, replacingDisk: backups[index] ?? SimulatedDisk.Image())
        case .pause(let node, let length):
            posts[node].pausedUntil = max(posts[node].pausedUntil, min(time + length.nanoseconds, endOfFaults))
        case .clock(let node, let jump, let drift):
            posts[node].clock.set(jump: jump, drift: drift, at: time)
            // The node's deadline now falls on another moment of the world.
            posts[node].armed = .max
            arm(node, homes[node].member?.deadline)
        case .rebind(let node, _): posts[node].place = UInt16(index + 1)
        case .replay(let count): replay(count, index)
        case .slowDisk(let node, _, _), .fullDisk(let node, _), .lyingDisk(let node, _): refreshDisk(node)
        case .partition(let side, _): network.toggle(side, word: Self.partitionWord(index))
        case .cut, .weather, .spoil: refreshNetwork()
        }
    }

    /// Different for every action, and with even bits, so that no two partitions cancel each other out.
    private static func partitionWord(_ index: Int) -> UInt64 { Chance.mixed(UInt64(index)) }

    private var endOfFaults: Int64 { script.safety.nanoseconds }

    mutating func end(_ index: Int) {
        guard isActive[index] else { return }
        isActive[index] = false
        let deed = script.actions[index].deed
        switch deed {
        case .crash(let node, _, _), .wipe(let node, _), .restore(let node, _, _):
            posts[node].effectsToCrash = nil
            if !posts[node].isUp, !isHeldDown(node) { bear(node) }
        case .slowDisk(let node, _, _), .fullDisk(let node, _), .lyingDisk(let node, _): refreshDisk(node)
        case .partition(let side, _): network.toggle(side, word: Self.partitionWord(index))
        case .cut, .weather, .spoil: refreshNetwork()
        case .rebind(let node, _): if posts[node].place == UInt16(index + 1) { posts[node].place = 0 }
        case .ask, .pause, .clock, .replay: break
        }
    }

    /// The faults are over. Every deed that lasted has ended at this time by itself; what is left are the links' rates.
    mutating func calm() {
        network.near = script.near.calm
        network.far = script.far.calm
    }

    func isHeldDown(_ node: Int) -> Bool {
        script.actions.indices.contains { isActive[$0] && script.actions[$0].deed.victim == node }
    }

    /// Works out from the actions that last who reaches whom, and how well.
    private mutating func refreshNetwork() {
        let over = faultsAreOver
        network.near = over ? script.near.calm : script.near
        network.far = over ? script.far.calm : script.far
        network.spoilt.removeAll(keepingCapacity: true)
        network.mendAll()
        for index in script.actions.indices where isActive[index] {
            switch script.actions[index].deed {
            case .cut(let from, let to, _): network.cut(from: from, to: to)
            case .weather(let link, _):
                network.near = link.laid(over: network.near)
                network.far = link.laid(over: network.far)
            case .spoil(let from, let to, let link, _): network.spoilt.append((from, to, link))
            case .ask, .crash, .pause, .wipe, .restore, .clock, .slowDisk, .fullDisk, .lyingDisk, .rebind, .partition,
                .replay:
                break
            }
        }
    }

    /// Works out from the actions that last how a node's disk does.
    private mutating func refreshDisk(_ node: Int) {
        var latency: Interval?
        var isFull = false
        var isLying = false
        for index in script.actions.indices where isActive[index] {
            switch script.actions[index].deed {
            case .slowDisk(node, let slow, _): latency = max(latency ?? .zero, slow)
            case .fullDisk(node, _): isFull = true
            case .lyingDisk(node, _): isLying = true
            case .ask, .crash, .pause, .wipe, .restore, .clock, .slowDisk, .fullDisk, .lyingDisk, .rebind, .cut,
                .partition, .weather, .spoil, .replay:
                break
            }
        }
        disks[node].latency = latency
        disks[node].isFull = isFull
        disks[node].honest = isLying ? disks[node].honest ?? disks[node].image : nil
        store(node)
    }

    mutating func bear(_ node: Int) {
        posts[node].life += 1
        posts[node].isUp = true
        posts[node].armed = .max
        posts[node].deadline = nil
        posts[node].held = 0
        let word = chance.word(node, 1 << 41 + UInt64(posts[node].life))
        disks[node].start(word)
        if let database = disks[node].database {
            trace.absorb(UInt64(database.operations))
            lookAtDisk(node)
        }
        let birth = Birth(
            index: node, name: "node-\(node)", addresses: addresses,
            facts: disks[node].image.facts,
            boots: disks[node].image.boots, seed: word,
            mischief: script.mischief, now: posts[node].clock.now(time))
        homes[node].member = stage.bear(birth)
        trace.absorb(UInt64(node) << 32 | UInt64(posts[node].life))
        if let narrate { narrate("\(now.text) node \(node) is born, boot \(birth.boots)") }
        hear(.born(node))
        arm(node, homes[node].member?.deadline)
    }

    /// Ends the process of a node, if it runs; what its disk had not stored is lost.
    mutating func kill(_ node: Int, replacingDisk image: SimulatedDisk.Image? = nil) {
        posts[node].effectsToCrash = nil
        posts[node].dice += 1
        var forgetful = disks[node].crash(chance.word(~node, posts[node].dice))
        if let image {
            disks[node].image = image
            if disks[node].honest != nil { disks[node].honest = image }
            forgetful = true
        }
        let wasUp = posts[node].isUp
        posts[node].life += 1
        posts[node].isUp = false
        homes[node].member = nil
        if let narrate { narrate("\(now.text) node \(node) is down\(forgetful ? ", its disk forgets" : "")") }
        if wasUp || forgetful { hear(.died(node, forgetful: forgetful)) }
    }
}
