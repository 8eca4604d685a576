internal import Base
internal import Session

/// What lately happened to this node's links, peer by peer: the evidence behind `marram explain link`. An attempt at an
/// address that no node is known for is kept under the address, and goes over to the node that answers there.
///
/// All of it is bounded: so many links, so many events each. What happens again and again is one event with a count, so
/// a peer that is down for a week does not push out how its last session ended. Nobody decides anything by it.
struct LinkMemory: Sendable {
    enum Subject: Hashable, Comparable {
        case node(NodeID)
        case place(Address)
    }

    /// A note, as often as it came in a row.
    struct Event: Sendable {
        var note: SessionNote
        var first: Now
        var last: Now
        var count: Int
    }

    /// Packets that claim to come from an address and were not taken.
    struct Refusals: Sendable {
        /// By the raw value of the reason.
        private var counts = [Int](repeating: 0, count: Refusal.allCases.count)
        private(set) var last: Now

        init(at now: Now) { last = now }

        subscript(refusal: Refusal) -> Int { counts[Int(refusal.rawValue)] }

        mutating func count(_ refusal: Refusal, at now: Now) {
            counts[Int(refusal.rawValue)] += 1
            last = now
        }
    }

    /// All that is kept of one link.
    struct Story: Sendable {
        /// Where the peer was last, or was last looked for.
        fileprivate(set) var address: Address?
        fileprivate(set) var refusals: Refusals?
        fileprivate(set) var touched: Instant
        /// How the last dialled TCP connection began.
        fileprivate(set) var dial: (outcome: DialOutcome, at: Now)?
        /// When the peer last said that this node's handshakes come over UDP.
        fileprivate(set) var arrivesOverUDP: Now?
        private var ofSession: [Event] = []
        private var ofLine: [Event] = []

        fileprivate init(at now: Now) { touched = now.instant }

        /// Oldest first.
        var events: [Event] {
            let all = (ofSession + ofLine).enumerated()
            return all.sorted { ($0.element.last.instant, $0.offset) < ($1.element.last.instant, $1.offset) }
                .map(\.element)
        }

        fileprivate mutating func put(_ note: SessionNote, at now: Now) {
            touched = now.instant
            if case .line = note {
                Self.put(Event(note: note, first: now, last: now, count: 1), in: &ofLine, atMost: Limits.lineEvents)
            } else {
                Self.put(
                    Event(note: note, first: now, last: now, count: 1), in: &ofSession,
                    atMost: Limits.linkEvents - Limits.lineEvents)
            }
        }

        /// What was tried at the peer's address before it was known who is there comes first.
        fileprivate mutating func prepend(_ former: Story) {
            ofSession = (former.ofSession + ofSession).suffix(Limits.linkEvents - Limits.lineEvents)
            if refusals == nil { refusals = former.refusals }
            if dial == nil { dial = former.dial }
        }

        /// The same again among the last few takes the other's place: beginning, giving up and dropping what waited
        /// come round and round together.
        private static func put(_ event: Event, in events: inout [Event], atMost limit: Int) {
            var event = event
            let name = event.note.name
            if let index = events.indices.suffix(3).last(where: { events[$0].note.name == name }) {
                let former = events.remove(at: index)
                event.first = former.first
                event.count += former.count
                if case (.dropped(_, let before), .dropped(let contact, let now)) = (former.note, event.note) {
                    event.note = .dropped(contact, count: before + now)
                }
            }
            if events.count == limit { events.removeFirst() }
            events.append(event)
        }
    }

    private var stories: SortedMap<Subject, Story> = SortedMap()
    /// Whose an address is. Looked up only.
    private var owners: [Address: Subject] = [:]
    /// Addresses that are nobody's, from which packets were refused.
    private var strangers: [(address: Address, refusals: Refusals)] = []

    subscript(subject: Subject) -> Story? { stories[subject] }

    /// Of which there was news since `moment`, in order.
    func subjects(since moment: Instant) -> [Subject] {
        stories.filter { $0.1.touched >= moment }.map(\.0)
    }

    /// Whose packets come from `address`, as far as known.
    func owner(of address: Address) -> Subject? { owners[address] }

    /// What was refused from an address that is nobody's.
    func refusals(ofStranger address: Address) -> Refusals? {
        strangers.first { $0.address == address }?.refusals
    }

    mutating func take(_ note: SessionNote, at now: Now) {
        switch note {
        case .refused(let refusal, let path): refuse(refusal, from: path.address, at: now)
        case .began(let contact, _), .unanswered(let contact, _), .dropped(let contact, _),
            .proofAsked(let contact, _):
            put(note, contact.node.map(Subject.node) ?? .place(contact.address), at: contact.address, now)
        case .established(let node, let path, _), .renewed(let node, let path), .moved(let node, _, let path):
            put(note, .node(node), at: path.address, now)
        case .answeredByOther(let meant, _, _): put(note, .node(meant), at: nil, now)
        case .ended(let node, _), .fellBack(let node, _), .line(let node, _), .comesOverUDP(let node):
            put(note, .node(node), at: nil, now)
        case .cookieAsked(let path), .freshAsked(let path):
            // A stranger could ask for pages of these; they are in no story until somebody is known there.
            if let owner = owners[path.address] { put(note, owner, at: nil, now) }
        }
    }

    /// A TCP connection to `address` was dialled.
    mutating func take(_ outcome: DialOutcome, of address: Address, at now: Now) {
        let subject = owners[address] ?? .place(address)
        guard stories[subject] != nil else { return }
        stories.update(subject, default: Story(at: now)) { $0.dial = (outcome, now) }
    }

    /// `node` says that this node's handshakes come over UDP.
    mutating func arrivesOverUDP(at node: NodeID, _ now: Now) {
        guard stories[.node(node)] != nil else { return }
        stories.update(.node(node), default: Story(at: now)) { $0.arrivesOverUDP = now }
    }

    private mutating func put(_ note: SessionNote, _ subject: Subject, at address: Address?, _ now: Now) {
        if stories[subject] == nil { makeRoom() }
        var former: Story?
        if let address, case .node = subject { former = forget(.place(address)) }
        let left = stories.update(subject, default: Story(at: now)) { story in
            let left = story.address
            if let address { story.address = address }
            if let former { story.prepend(former) }
            story.put(note, at: now)
            return left == story.address ? nil : left
        }
        if let left, owners[left] == subject { owners[left] = nil }
        if let address { owners[address] = subject }
    }

    private mutating func refuse(_ refusal: Refusal, from address: Address, at now: Now) {
        if let owner = owners[address] {
            stories.update(owner, default: Story(at: now)) { story in
                if story.refusals == nil { story.refusals = Refusals(at: now) }
                story.refusals?.count(refusal, at: now)
            }
            return
        }
        let known = strangers.firstIndex { $0.address == address }
        var refusals = known.map { strangers.remove(at: $0).refusals } ?? Refusals(at: now)
        refusals.count(refusal, at: now)
        if strangers.count == Limits.strangersRemembered { strangers.removeFirst() }
        strangers.append((address, refusals))
    }

    /// Forgets the link of which nothing was noted for longest when there are too many.
    private mutating func makeRoom() {
        guard stories.count >= Limits.linksRemembered else { return }
        if let oldest = stories.min(by: { $0.1.touched < $1.1.touched }) { forget(oldest.0) }
    }

    @discardableResult
    private mutating func forget(_ subject: Subject) -> Story? {
        guard let story = stories[subject] else { return nil }
        stories[subject] = nil
        if let address = story.address, owners[address] == subject { owners[address] = nil }
        return story
    }
}
