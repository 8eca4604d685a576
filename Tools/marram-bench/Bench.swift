internal import Base
internal import Text

/// One benchmark: what it is called, what it measures in a line, and how it comes to its figures. To add one, write its
/// file and put it into `all`.
struct Bench: Sendable {
    let name: String
    let measures: String
    let run: @Sendable () throws(Complaint) -> [Figure]

    static let all = [codec, forge, handshake, hash, outbox, seal, carriers, loopback, stream, replication]
}

/// One number and what it counts. Units stand in the name, and names that scripts know are never given to something
/// else. A ratio to a floor of the same run says more than a rate: it means the same on a slow machine.
struct Figure {
    let name: String
    let value: Double

    init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
    }

    /// The value as it is printed: four digits say all that a measurement knows; a count is whole.
    fileprivate var json: JSONValue {
        guard value != value.rounded() || value.magnitude >= 1e15 else { return .integer(Int64(value)) }
        var unit = 1.0
        while value.magnitude / unit >= 10_000 { unit *= 10 }
        while value.magnitude / unit < 1_000 { unit /= 10 }
        // Dividing by a whole power of ten gives the double nearest to the decimal number; multiplying does not.
        let digits = (value / unit).rounded()
        let rounded = unit < 1 ? digits / (1 / unit).rounded() : digits * unit
        return rounded == rounded.rounded() ? .integer(Int64(rounded)) : .number(rounded)
    }
}

extension Bench {
    func report(_ figures: [Figure], asJSON: Bool) -> String {
        asJSON ? Figure.json(figures, of: name) : "\(name): \(measures)\n" + Figure.table(figures)
    }
}

extension Figure {
    /// One line: `{"schema":"marram.bench/1","bench":NAME,"figures":{name: number, …}}`.
    static func json(_ figures: [Figure], of name: String) -> String {
        let members = figures.map { JSONMember($0.name, $0.json) }
        let document: JSONValue = [
            "schema": "marram.bench/1", "bench": .text(name), "figures": .object(members),
        ]
        return document.description
    }

    /// For a person: a figure a line, names on the left, numbers below each other.
    static func table(_ figures: [Figure]) -> String {
        let rows = figures.map { (name: $0.name, value: $0.json.description) }
        let width = rows.map(\.name.count).max() ?? 0
        let digits = rows.map(\.value.count).max() ?? 0
        let lines = rows.map { row in
            "  " + row.name + String(repeating: " ", count: width + 2 - row.name.count + digits - row.value.count)
                + row.value
        }
        return lines.joined(separator: "\n")
    }
}
