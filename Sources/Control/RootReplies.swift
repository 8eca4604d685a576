internal import Base
internal import Text
package import Trust

/// One of those who govern the mesh.
package struct OperatorRow: Hashable, Sendable {
    package enum Standing: String, CaseIterable, Sendable {
        case acting
        /// A key in a safe: it signs changes of the operators, and nothing else.
        case recovery
        /// Another operator has suspended it: it may do nothing new until the operators decide.
        case suspended
    }

    package var name: String
    package var standing: Standing
    /// Its keys, in hexadecimal.
    package var keys: [String]

    package init(name: String, standing: Standing, keys: [String]) {
        self.name = name
        self.standing = standing
        self.keys = keys
    }

    var json: JSONValue {
        ["name": .text(name), "standing": .text(standing.rawValue), "keys": .texts(keys)]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "an operator", .replyNotUnderstood)
        name = try fields.text("name")
        standing = try fields.word("standing", Standing.self)
        keys = try fields.texts("keys")
    }
}

/// Who governs the mesh, and how many of them it takes to change that.
package struct OperatorsReply: Hashable, Sendable {
    /// The newest head of the root, in hexadecimal.
    package var head: String
    package var threshold: Int
    /// By their names.
    package var operators: [OperatorRow]

    package init(head: String, threshold: Int, operators: [OperatorRow]) {
        self.head = head
        self.threshold = threshold
        self.operators = operators
    }

    var json: JSONValue {
        ["head": .text(head), "threshold": .count(threshold), "operators": .array(operators.map(\.json))]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the operators", .replyNotUnderstood)
        head = try fields.text("head")
        threshold = try fields.count("threshold")
        operators = []
        for value in try fields.list("operators") { operators.append(try OperatorRow(value)) }
    }
}

/// What a change of the operators is written from.
package struct RootReply: Hashable, Sendable {
    /// The genesis, and the updates that lead to the head.
    package var chain: [Record]
    /// Of the operator that is to leave: the ends of what it did until now.
    package var cuts: [Cut]
    /// The ends of all that was written to the store until now: what a new rule about writing does not judge.
    package var written: [Cut]

    package init(chain: [Record], cuts: [Cut], written: [Cut] = []) {
        self.chain = chain
        self.cuts = cuts
        self.written = written
    }

    var json: JSONValue {
        [
            "chain": .texts(chain.map { hexadecimal($0.encoded) }),
            "cuts": .texts(cuts.map { hexadecimal($0.encoded) }),
            "written": .texts(written.map { hexadecimal($0.encoded) }),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the root", .replyNotUnderstood)
        chain = try fields.values("chain", Record.self)
        cuts = try fields.values("cuts", Cut.self)
        written = try fields.values("written", Cut.self)
    }
}

extension FieldReader {
    /// A list of values, each as its bytes in hexadecimal.
    fileprivate mutating func values<Value: WireValue>(_ name: String, _ type: Value.Type) throws(Complaint) -> [Value]
    {
        var values: [Value] = []
        for text in try texts(name) {
            guard let bytes = bytes(hexadecimal: text), let value = try? Value(decoding: bytes.raw) else {
                throw Complaint(.replyNotUnderstood, what: "\(name) of the answer are not understood")
            }
            values.append(value)
        }
        return values
    }
}
