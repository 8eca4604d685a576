package import Base
internal import Text

/// One write as it lies in the store: who, when, what, and what has become of it.
package struct WriteRow: Hashable, Sendable {
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// It counts.
        case live
        /// It counts, and so does another that did not know of it: somebody has to decide.
        case conflicting
        case superseded
        /// Its writer had no right to it, was evicted before, or has forked its log.
        case void
    }

    package var isRemoval: Bool
    package var element: ValueBytes?
    package var value: ValueBytes?
    /// The writer's name, and its id.
    package var writer: String
    package var node: NodeID
    /// The how-many-th transaction of its writer's log.
    package var sequence: Int
    /// By the writer's clock, and how far that could be trusted.
    package var at: WallTime
    package var clock: ClockWord
    package var state: State
    /// The reason for the state, in a sentence.
    package var why: String

    package init(
        isRemoval: Bool, element: ValueBytes?, value: ValueBytes?, writer: String, node: NodeID, sequence: Int,
        at: WallTime, clock: ClockWord, state: State, why: String
    ) {
        self.isRemoval = isRemoval
        self.element = element
        self.value = value
        self.writer = writer
        self.node = node
        self.sequence = sequence
        self.at = at
        self.clock = clock
        self.state = state
        self.why = why
    }
}

/// What one key holds.
package struct KeyRow: Hashable, Sendable {
    package var key: String
    package var kind: ValueKind
    /// What is shown: a value, a number, on or off. Nil: of a set or log see the elements; of a guarded key in conflict
    /// nothing is.
    package var value: ValueBytes?
    package var elements: [ValueBytes]
    package var isInConflict: Bool
    /// On this node's disk: what is not may be lost with its power.
    package var isStored: Bool
    package var version: String
    /// Who wrote last of what counts, and when.
    package var writer: String
    package var at: WallTime
    package var clock: ClockWord

    package init(
        key: String, kind: ValueKind, value: ValueBytes?, elements: [ValueBytes], isInConflict: Bool, isStored: Bool,
        version: String, writer: String, at: WallTime, clock: ClockWord
    ) {
        self.key = key
        self.kind = kind
        self.value = value
        self.elements = elements
        self.isInConflict = isInConflict
        self.isStored = isStored
        self.version = version
        self.writer = writer
        self.at = at
        self.clock = clock
    }
}

/// The answer to `get` and `history`.
package struct KeyReply: Hashable, Sendable {
    /// Nil when the key holds nothing now.
    package var row: KeyRow?
    package var kind: ValueKind
    /// How its kind joins what is written at the same time.
    package var rule: String
    /// Of `get` those that count, of `history` all, the newest first.
    package var writes: [WriteRow]
    /// How many older ones there are besides.
    package var omitted: Int
    /// Whether older ones were forgotten, because every member had what took their place.
    package var hasForgotten: Bool

    package init(
        row: KeyRow?, kind: ValueKind, rule: String, writes: [WriteRow], omitted: Int, hasForgotten: Bool = false
    ) {
        self.hasForgotten = hasForgotten
        self.row = row
        self.kind = kind
        self.rule = rule
        self.writes = writes
        self.omitted = omitted
    }
}

/// The answer to `list`.
package struct KeysReply: Hashable, Sendable {
    package var rows: [KeyRow]
    /// Where to go on; nil at the end.
    package var next: String?

    package init(rows: [KeyRow], next: String?) {
        self.rows = rows
        self.next = next
    }
}

/// What came, or would come, of a write.
package struct WriteReply: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        package var key: String
        package var kind: ValueKind
        /// As text for people; nil where there is nothing.
        package var before: String?
        package var after: String?
        package var isChanged: Bool

        package init(key: String, kind: ValueKind, before: String?, after: String?, isChanged: Bool) {
            self.key = key
            self.kind = kind
            self.before = before
            self.after = after
            self.isChanged = isChanged
        }
    }

    package var rows: [Row]
    package var isTrial: Bool
    /// The how-many-th transaction of this node's log it became; nil when nothing had to be written.
    package var sequence: Int?

    package init(rows: [Row], isTrial: Bool, sequence: Int?) {
        self.rows = rows
        self.isTrial = isTrial
        self.sequence = sequence
    }
}

/// What was written since a cursor.
package struct ChangesReply: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        package var key: String
        package var kind: ValueKind
        package var isRemoval: Bool
        package var element: ValueBytes?
        package var value: ValueBytes?
        package var writer: String
        package var sequence: Int
        package var at: WallTime

        package init(
            key: String, kind: ValueKind, isRemoval: Bool, element: ValueBytes?, value: ValueBytes?, writer: String,
            sequence: Int, at: WallTime
        ) {
            self.key = key
            self.kind = kind
            self.isRemoval = isRemoval
            self.element = element
            self.value = value
            self.writer = writer
            self.sequence = sequence
            self.at = at
        }
    }

    package var rows: [Row]
    package var cursor: String
    /// Something between is forgotten; who needs what holds now reads it.
    package var hasGap: Bool

    package init(rows: [Row], cursor: String, hasGap: Bool) {
        self.rows = rows
        self.cursor = cursor
        self.hasGap = hasGap
    }
}
