import Base
import Crypto

@testable import Vitals

typealias Effect = VitalsEngine.Effect

func id(_ number: Int) -> NodeID { NodeID(Bytes32(UInt64(number) << 40 | 7, 0, 0, UInt64(number))) }

func moment(_ milliseconds: Int64) -> Now {
    Now(instant: .zero + .milliseconds(milliseconds), wall: WallTime(milliseconds: 1_700_000_000_000 + milliseconds))
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// What stands for the owner's signature: nobody in these tests knows how to make another's but by this.
func signature(of sheet: Sheet) -> Signature {
    var hash = TraceHash(value: 5)
    hash.absorb(sheet.encoded.raw)
    return Signature(sheet.owner.value, Bytes32(hash.value, 0, 0, 0))
}

func told(
    _ owner: Int, _ count: UInt64, _ values: [String: String] = ["mood": "good"], boot: UInt64 = 1, age: Int = 0,
    lifetime: Int = 600
) -> AgedSheet {
    let entries = values.sorted { $0.key < $1.key }.map { Sheet.Entry(key: bytes($0.key), value: bytes($0.value)) }
    let sheet = Sheet(
        owner: id(owner), version: Sheet.Version(boot: boot, count: count), lifetime: lifetime, entries: entries)
    return AgedSheet(SignedSheet(sheet, signature(of: sheet)), age: age)
}

/// One engine whose signatures are made and verified at once, as the switchboard does it.
struct Subject {
    var engine: VitalsEngine
    var notes: [VitalsEngine.Note] = []
    private(set) var sent: [(message: VitalsMessage, to: NodeID)] = []

    init(_ number: Int = 1, boot: UInt64 = 1, members: Int = 60, contacts: [Int] = [2, 3], at milliseconds: Int64 = 0) {
        engine = VitalsEngine(
            me: id(number), boot: boot, random: Random(seed: UInt64(number) ^ boot << 32), at: moment(milliseconds))
        act(milliseconds) { engine, now, outbox in
            engine.perform(.members((1...members).map(id).sorted()), at: now, into: &outbox)
            engine.perform(.contacts(contacts.map(id).sorted()), at: now, into: &outbox)
        }
    }

    mutating func set(_ key: String, _ value: String?, at milliseconds: Int64) {
        act(milliseconds) { $0.perform(.note(bytes(key), value.map(bytes)), at: $1, into: &$2) }
    }

    mutating func hear(_ message: VitalsMessage, from peer: Int, at milliseconds: Int64) {
        act(milliseconds) { $0.receive(message, from: id(peer), at: $1, into: &$2) }
    }

    mutating func wake(at milliseconds: Int64) { act(milliseconds) { $0.wake(at: $1, into: &$2) } }

    mutating func takeSent() -> [(message: VitalsMessage, to: NodeID)] {
        defer { sent = [] }
        return sent
    }

    /// `KEY=VALUE` of what is known of an owner.
    func known(_ owner: Int, at milliseconds: Int64) -> [String] {
        engine.rows(at: moment(milliseconds).instant).filter { $0.sheet.owner == id(owner) }.flatMap(\.sheet.entries)
            .map { "\(String(decoding: $0.key, as: UTF8.self))=\(String(decoding: $0.value, as: UTF8.self))" }
    }

    private mutating func act(
        _ milliseconds: Int64, _ deed: (inout VitalsEngine, Now, inout Outbox<Effect>) -> Void
    ) {
        var outbox = Outbox<Effect>()
        let now = moment(milliseconds)
        deed(&engine, now, &outbox)
        var index = 0
        while index < outbox.effects.count {
            switch outbox.effects[index] {
            case .send(let message, to: let peer): sent.append((message, peer))
            case .sign(let sheet):
                engine.perform(.signed(sheet.version, signature(of: sheet)), at: now, into: &outbox)
            case .verify(let aged, from: let peer):
                let isTrue = aged.signed.signature == signature(of: aged.signed.sheet)
                engine.perform(.verified(aged, by: peer, isTrue: isTrue), at: now, into: &outbox)
            case .note(let note): notes.append(note)
            }
            index += 1
        }
    }
}

/// Many of them, each with eight neighbours, on links that lose and delay.
struct County {
    private struct Flight {
        var due: Int64
        var number: Int
        var message: [UInt8]
        var from: Int
        var to: Int
    }

    var nodes: [Int: Subject] = [:]
    private(set) var now: Int64 = 0
    /// In percent.
    var loss = 0
    let delay: Int64
    private(set) var bytesSent: [Int: Int] = [:]
    private var flights: [Flight] = []
    private var count = 0
    private var chance: Random
    let neighbours: [Int: [Int]]

    init(_ size: Int, delay: Int64 = 5, seed: UInt64 = 1) {
        self.delay = delay
        chance = Random(seed: seed)
        var near: [Int: Set<Int>] = [:]
        for _ in 0..<4 {
            var circle = Array(1...size)
            chance.shuffle(&circle)
            for place in circle.indices {
                let (one, other) = (circle[place], circle[(place + 1) % size])
                guard one != other else { continue }
                near[one, default: []].insert(other)
                near[other, default: []].insert(one)
            }
        }
        neighbours = near.mapValues { $0.sorted() }
        for number in 1...size {
            nodes[number] = Subject(number, members: size, contacts: neighbours[number] ?? [])
        }
    }

    mutating func start(_ number: Int, boot: UInt64) {
        nodes[number] = Subject(
            number, boot: boot, members: neighbours.count, contacts: neighbours[number] ?? [], at: now)
    }

    mutating func set(_ number: Int, _ key: String, _ value: String?) {
        nodes[number]?.set(key, value, at: now)
        carry(from: number)
    }

    /// Runs until then, or until that holds; whether it did.
    @discardableResult
    mutating func run(until end: Int64, _ isDone: (County) -> Bool = { _ in false }) -> Bool {
        while !isDone(self) {
            let flight = flights.min { ($0.due, $0.number) < ($1.due, $1.number) }
            let wakes = nodes.compactMap { number, node in node.engine.deadline.map { ($0, number) } }
            let wake = wakes.min { ($0.0, $0.1) < ($1.0, $1.1) }
            let wakeAt = wake.map { Int64($0.0.nanoseconds + 999_999) / 1_000_000 }
            let next = min(flight?.due ?? .max, wakeAt ?? .max)
            guard next <= end else {
                now = end
                return isDone(self)
            }
            now = max(now, next)
            if let flight, flight.due <= next {
                flights.removeAll { $0.number == flight.number }
                if let message = try? VitalsMessage(decoding: flight.message.raw) {
                    nodes[flight.to]?.hear(message, from: flight.from, at: now)
                }
                carry(from: flight.to)
            } else if let wake {
                nodes[wake.1]?.wake(at: now)
                carry(from: wake.1)
            }
        }
        return true
    }

    func know(_ owner: Int, _ said: [String]) -> Bool {
        nodes.values.allSatisfy { $0.known(owner, at: now) == said }
    }

    private mutating func carry(from number: Int) {
        for (message, peer) in nodes[number]?.takeSent() ?? [] {
            let encoded = message.encoded
            bytesSent[number, default: 0] += encoded.count + Limits.membershipOverhead
            precondition(encoded.count <= Limits.lineDatagramBytes - 8, "a message is larger than a datagram")
            guard chance.below(100) >= loss, case let to = Int(peer.value.w3), nodes[to] != nil else { continue }
            count += 1
            flights.append(Flight(due: now + delay, number: count, message: encoded, from: number, to: to))
        }
    }
}
