package import Base

/// What a reader is shown. Readings are functions of a slot; none of them remembers anything.
extension Slot {
    /// All values that stand beside each other, the preferred one first. More than one: a conflict.
    package var values: [Held] {
        live.filter { !$0.operation.isRemoval }.sorted { Held.isPreferred($0, to: $1) }
    }

    /// Whether concurrent operations contradict each other: two values, or a value and its removal.
    package var isInConflict: Bool { live.count > 1 }

    /// The value to act upon: of a guarded slot only an undisputed one.
    package var undisputed: Held? {
        let live = live
        return live.count == 1 && !live[0].operation.isRemoval ? live[0] : nil
    }

    /// Of a `latest`: the last operation, whatever it is; its value unless it removed.
    package var latest: Held? {
        let last = live.min { Held.isPreferred($0, to: $1) }
        return last.flatMap { $0.operation.isRemoval ? nil : $0 }
    }

    /// Of an element of a set: whether it is in. Of a flag: whether it is on.
    package var isPresent: Bool {
        let live = live
        switch kind {
        case .addWins, .enableWins, .growing: return live.contains { !$0.operation.isRemoval }
        case .removeWins, .disableWins: return !live.isEmpty && live.allSatisfy { !$0.operation.isRemoval }
        case .guarded, .register, .latest, .counter, .maximum, .minimum, .escrow, .report, .log, nil:
            return live.contains { !$0.operation.isRemoval }
        }
    }

    /// Of a counter, a maximum or a minimum.
    package var number: Int64? {
        switch kind {
        case .counter: live.reduce(0) { $0 &+ Number($1.operation.value).value }
        case .maximum, .minimum: live.first.map { Number($0.operation.value).value }
        case .escrow: escrow.total
        case .guarded, .register, .latest, .addWins, .removeWins, .enableWins, .disableWins, .report, .log, .growing,
            nil:
            nil
        }
    }

    /// Of a log: its entries in the order of time.
    package var entries: [Held] {
        live.sorted { left, right in
            left.time != right.time ? left.time < right.time : left.dot < right.dot
        }
    }

    /// Of an escrow: the accounts of all writers.
    package var escrow: EscrowLedger { EscrowLedger(live.map { ($0.dot.writer, EscrowAccount($0.operation.value)) }) }
}

extension Held {
    /// The tie-break between operations that did not know of each other. All of it stands in the operations, so that it
    /// falls the same everywhere: a trusted clock before a doubtful one, then the later, then the higher name.
    package static func isPreferred(_ left: Held, to right: Held) -> Bool {
        if left.quality.isTrusted != right.quality.isTrusted { return left.quality.isTrusted }
        if left.time != right.time { return left.time > right.time }
        return left.dot > right.dot
    }
}

/// What one writer did to an escrow since it began: sums, so that the newest operation says all.
package struct EscrowAccount: Hashable, Sendable {
    package var added: UInt64 = 0
    package var spent: UInt64 = 0
    /// Rights handed to others, by receiver, rising.
    package private(set) var gifts: [Dot] = []

    package init() {}

    /// Whatever does not spell an account is an empty one, the same everywhere.
    package init(_ bytes: [UInt8]) {
        if let account = try? EscrowAccount(decoding: bytes.raw) { self = account }
    }

    /// `amount` more for `writer`.
    package mutating func give(_ amount: UInt64, to writer: Writer) {
        let index = gifts.firstIndex { $0.writer >= writer } ?? gifts.count
        if index < gifts.count, gifts[index].writer == writer {
            gifts[index].sequence += amount
        } else if amount > 0 {
            gifts.insert(Dot(writer, amount), at: index)
        }
    }
}

extension EscrowAccount: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(added)
        writer.varint(spent)
        writer.list(gifts)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        added = try reader.varint()
        spent = try reader.varint()
        gifts = try reader.list(of: Dot.self, atMost: Limits.contextWriters)
        guard added <= Limits.escrowed, spent <= Limits.escrowed, gifts.allSatisfy({ $0.sequence <= Limits.escrowed })
        else { throw .outOfRange }
        for index in gifts.indices.dropFirst() where gifts[index - 1].writer >= gifts[index].writer {
            throw .notCanonical
        }
    }
}

/// An escrow as one reader sees it: a sum that stays above zero because everybody spends only what it has rights to
/// (Balegas et al., "Extending Eventually Consistent Cloud Databases for Enforcing Numeric Invariants", 2015).
package struct EscrowLedger: Hashable, Sendable {
    package private(set) var accounts: [Writer: EscrowAccount] = [:]
    package private(set) var total: Int64 = 0
    private var received: [Writer: UInt64] = [:]

    package init(_ list: [(writer: Writer, account: EscrowAccount)]) {
        for (writer, account) in list {
            accounts[writer] = account
            total += Int64(account.added) - Int64(account.spent)
            for gift in account.gifts { received[gift.writer, default: 0] += gift.sequence }
        }
    }

    /// What `writer` may still spend or give away.
    package func rights(of writer: Writer) -> Int64 {
        let account = accounts[writer] ?? EscrowAccount()
        let given = account.gifts.reduce(0) { $0 + $1.sequence }
        return Int64(account.added) + Int64(received[writer] ?? 0) - Int64(account.spent) - Int64(given)
    }
}
