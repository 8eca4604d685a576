package import Base
internal import Crypto

/// What members tell each other.
package enum MembershipMessage: Hashable, Sendable {
    /// "Here I am, tell me who is here": the first word to a stranger, and to one who was given up.
    case hello(MemberRecord, pulse: UInt64)
    case beat(Beat)
    /// "Are you there?" A member that the sender has given up learns by `held` of which life.
    case ping(number: UInt64, pulse: UInt64, held: Held?)
    /// The answer to the ping of that number.
    case pong(number: UInt64, pulse: UInt64)
    /// "I hear nothing of this one any more", to its other observers.
    case accuse(SignedCharge)
    /// What an observer that is asked so has heard of it.
    case witness(Charge)
    /// "Do you hear this one?" Whoever is asked pings it, and answers as a witness.
    case seek(Charge)
    /// What has changed, for everybody. Repeated until acknowledged.
    case news([Claim])
    /// News too large to be sent to those who have it.
    case offer([Mark])
    /// "I have not": the offered news is sent.
    case want([NodeID])
    /// "I know": of news by its mark.
    case known([UInt64])
    /// "What do you know that is not in this filter?"
    case ask(Question)
    /// The answer to `hello` and `ask`.
    case told(Answer)
}

/// "I am here", once an interval.
package struct Beat: Hashable, Sendable {
    package var life: Life
    /// The number of this beat in its boot; the same to all neighbours, so that observers can compare.
    package var pulse: UInt64
    /// The newest beat of the receiver that came, and how long ago in milliseconds: by it the receiver learns the time
    /// of a round trip.
    package var echo: UInt64
    package var echoAge: UInt64
    /// What is lost of the receiver's beats, in 255ths.
    package var loss: UInt8
    /// The fingerprint of the sender's roster.
    package var root: UInt64
    /// How long the sender waits until its next beat, more or less: what its budget pays for is its own affair.
    package var interval: Interval
    /// The sender hears hardly anybody, and so its silence about others means nothing.
    package var isDeaf: Bool
    /// Where the sender stands, now and then: it changes slowly.
    package var coordinate: Coordinate?

    static let usualBytes = 24

    /// A share as it is told.
    static func byte(ofLoss loss: Int) -> UInt8 { UInt8(clamping: loss * 255 / MembershipRules.whole) }
}

/// Of whom one gave up, what is held against it.
package struct Held: Hashable, Sendable {
    package var life: Life
    package var pulse: UInt64
}

/// A subject, the life it is about, and the newest of its beats that the sender heard.
package struct Charge: Hashable, Sendable {
    package var subject: NodeID
    package var life: Life
    package var pulse: UInt64

    package init(subject: NodeID, life: Life, pulse: UInt64) {
        self.subject = subject
        self.life = life
        self.pulse = pulse
    }
}

/// A piece of the roster as one member tells it to another.
package struct Claim: Hashable, Sendable {
    package var record: MemberRecord
    package var standing: Standing
    /// Of a member that is down: the word of those who did not hear it any more.
    package var accusations: [Accusation]
    /// On the wire, the first bytes stand for the subject's key: whoever is told has it. As read, key and id are still
    /// nobody's.
    package var hasShortKey = false

    package init(_ record: MemberRecord, _ standing: Standing, _ accusations: [Accusation] = []) {
        self.record = record
        self.standing = standing
        self.accusations = accusations
    }
}

/// How certain something is of one life of a member, from the least to the most. What is more certain prevails.
package enum Standing: UInt8, CaseIterable, Comparable, Sendable {
    /// Known from an earlier time, or not heard by one who is deaf: nothing that others should care for.
    case unheard
    case here
    /// Its observers gave it up.
    case down
    /// It said goodbye.
    case left

    package static func < (left: Standing, right: Standing) -> Bool { left.rawValue < right.rawValue }
}

/// Which claim about whom: what an acknowledgement names.
package struct Mark: Hashable, Sendable {
    package var subject: NodeID
    package var life: Life
    package var standing: Standing
}

extension Mark {
    /// Its fingerprint: the roster's is the sum of those.
    var hash: UInt64 {
        var hash = TraceHash()
        hash.absorb(subject)
        hash.absorb(life.boot)
        hash.absorb(life.beat)
        hash.absorb(UInt64(standing.rawValue))
        return hash.value
    }
}

extension Claim {
    var mark: Mark { Mark(subject: record.id, life: record.life, standing: standing) }

    var accusers: [NodeID] { accusations.map(\.accuser) }
    /// The last beat that anybody heard.
    var pulse: UInt64 { accusations.map(\.pulse).max() ?? 0 }

    /// How many bytes it takes, alone or behind another.
    func encodedByteCount(after other: Claim? = nil) -> Int {
        record.encodedByteCount(after: other?.record)
            - (hasShortKey ? Bytes32.byteCount - VerifyingKey.shortByteCount : 0)
            + (standing == .down ? 1 + accusations.count * Accusation.mostBytes : 0)
    }
}

/// "This I know": a Bloom filter over the marks of the part of the roster whose members' salted hashes begin with the
/// bits of `part`. Another salt for every question, so that who is missed once is found the next time.
package struct Question: Hashable, Sendable {
    package var asker: MemberRecord
    package var pulse: UInt64
    package var root: UInt64
    package var salt: UInt64
    /// Of how many parts, as a power of two, this is which.
    package var partBits: UInt8
    package var part: UInt16
    /// The asker has the keys of all members, as far as it knows.
    package var readsShortKeys = false
    /// How many marks are in the filter: whoever is asked sees by it whether there is anything to ask in return.
    package var count: Int
    package var filter: [UInt8]
}

package struct Answer: Hashable, Sendable {
    package var pulse: UInt64
    package var root: UInt64
    package var claims: [Claim]
    package var rest: Rest
    /// Where a stranger may say hello too.
    package var doors: [Address]

    package init(pulse: UInt64, root: UInt64, claims: [Claim], rest: Rest, doors: [Address] = []) {
        self.pulse = pulse
        self.root = root
        self.claims = claims
        self.rest = rest
        self.doors = doors
    }

    /// What comes after this datagram of an answer.
    package enum Rest: UInt8, Sendable {
        /// Nothing is left to tell.
        case nothing
        /// Another datagram.
        case follows
        /// Nothing now, though there is more: who answers has told as much as it may.
        case owed
    }
}

extension MembershipMessage {
    /// The message with the sender's own record completed: a node that listens on every address does not know which of
    /// them others reach, so the host that its datagram came from stands in.
    package func located(at source: Address, saidBy peer: NodeID) -> MembershipMessage {
        func located(_ record: MemberRecord) -> MemberRecord {
            guard record.id == peer, record.address.isUnspecified else { return record }
            var record = record
            record.address = Address(high: source.high, low: source.low, port: record.address.port)
            record.isHostSeen = true
            return record
        }
        func located(_ claims: [Claim]) -> [Claim] {
            claims.map { claim in
                var claim = claim
                claim.record = located(claim.record)
                return claim
            }
        }
        switch self {
        case .hello(let record, let pulse): return .hello(located(record), pulse: pulse)
        case .ask(var question):
            question.asker = located(question.asker)
            return .ask(question)
        case .news(let claims): return .news(located(claims))
        case .told(var answer):
            answer.claims = located(answer.claims)
            return .told(answer)
        case .beat, .ping, .pong, .accuse, .witness, .seek, .offer, .want, .known: return self
        }
    }
}
