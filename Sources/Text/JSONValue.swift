/// A JSON document as a value. What makes it ours: an object keeps its members in the order in which they were written,
/// so the same state gives the same bytes; and a number stays what it was, a whole number of 64 bits or a double, so a
/// byte counter does not lose its last digits on the way to a script.
///
/// Literals build it: `["schema": "marram.members/1", "data": .array(rows)]`.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// Never infinite and never not-a-number: JSON has no word for either, and the writer insists.
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of the member called `name`, when this is an object that has one.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// What kind of value this is, as an error message says it.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a fractional number"
        case .text: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// One `"name": value` of an object.
package struct JSONMember: Hashable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// There is no literal for null: where an optional is expected, `nil` must go on meaning that there is no value at all.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember($0.0, $0.1) })
    }
}

/// Why a text is not a JSON document, and where: lines and columns count from one, columns in characters.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case documentTooLong(limit: Int)
        case endsEarly
        case unexpectedCharacter
        case somethingAfterTheEnd
        case nestedTooDeeply(limit: Int)
        case duplicateName(String)
        case controlCharacterInText
        case badEscape
        case loneSurrogate
        case notUTF8
        case badNumber
        case numberOutOfRange
    }

    package var problem: Problem
    package var line: Int
    package var column: Int

    package init(_ problem: Problem, line: Int, column: Int) {
        self.problem = problem
        self.line = line
        self.column = column
    }

    package var description: String { "\(line):\(column): \(problem.sentence)" }
}

extension JSONError.Problem {
    var sentence: String {
        switch self {
        case .documentTooLong(let limit): "the document is longer than \(limit) bytes"
        case .endsEarly: "the document ends in the middle of a value"
        case .unexpectedCharacter: "this character cannot stand here"
        case .somethingAfterTheEnd: "something follows the end of the document"
        case .nestedTooDeeply(let limit): "lists and objects are nested deeper than \(limit)"
        case .duplicateName(let name): "the name \(JSONValue.text(name)) appears twice in one object"
        case .controlCharacterInText: "a control character inside text must be written as an escape"
        case .badEscape: "this escape does not exist"
        case .loneSurrogate: "one half of a surrogate pair stands alone"
        case .notUTF8: "this text is not UTF-8"
        case .badNumber: "this is not a number as JSON writes them"
        case .numberOutOfRange: "this number cannot be kept exactly"
        }
    }
}
