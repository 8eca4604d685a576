internal import Base

/// The tables of a TOML document while it is being read, and the rules of TOML 1.0 about who may add to which. A table
/// remembers how it came about, because that decides what may still happen to it:
///
/// - *implicit*, named on the way to another (`[a.b]` makes `a`): may still be opened by its own header, once;
/// - *header*, opened by `[a]`, or an element of `[[a]]`: grows by the lines below it, and sub-tables may follow;
/// - *dotted*, made by `a.b = 1`: grows only by further dotted keys of the same section, and sub-tables may follow;
/// - *inline*, `{ … }`: complete where it ends. It then stands in the tree as a plain value.
///
/// Tables lie in one array and speak of each other by index: adding a key deep inside copies nothing.
struct TOMLTree {
    enum Origin: Equatable {
        case implicit
        case header
        /// With the table in whose section the dotted key stands.
        case dotted(from: Int)
        case inline
    }

    enum Child {
        case value(TOMLValue)
        case table(Int)
        /// An index into `arrays`.
        case arrayOfTables(Int)
    }

    struct Table {
        var origin: Origin
        var span: SourceSpan
        /// How many keys and array places lie between the root and this table.
        var depth: Int
        var keys: [TOMLKey] = []
        var children: [Child] = []
        /// Where a key stands in `keys`, by its bytes: to `String`, two spellings of `é` are one.
        var places: [[UInt8]: Int] = [:]
    }

    /// What stands in the way of a definition.
    struct Clash: Error {
        enum Reason {
            case keyTwice
            case tableTwice
            /// Something is to be added to what takes nothing more.
            case complete
            case tooDeep
        }

        var reason: Reason
        /// The part of the key at which the definition stops.
        var key: TOMLKey
        /// The earlier definition.
        var earlier: SourceSpan
        /// The table to go on in all the same, so that one mistake is reported once.
        var table: Int?
    }

    static let root = 0
    private var tables = [Table(origin: .header, span: SourceSpan(start: 0, end: 0), depth: 0)]
    /// The elements of each array of tables.
    private var arrays: [[Int]] = []

    func depth(of table: Int) -> Int { tables[table].depth }

    /// Opens the table that `[keys]` names.
    mutating func open(_ keys: [TOMLKey], at span: SourceSpan) throws(Clash) -> Int {
        let (parent, last) = try descend(keys)
        guard let place = place(of: last, in: parent) else {
            return try add(Table(origin: .header, span: span, depth: tables[parent].depth + 1), as: last, to: parent)
        }
        switch tables[parent].children[place] {
        case .table(let table):
            guard tables[table].origin == .implicit else {
                throw Clash(reason: .tableTwice, key: last, earlier: tables[table].span, table: table)
            }
            tables[table].origin = .header
            tables[table].span = span
            return table
        case .arrayOfTables, .value:
            throw Clash(reason: .tableTwice, key: last, earlier: self.span(of: place, in: parent), table: nil)
        }
    }

    /// Adds an element to the array of tables that `[[keys]]` names, and answers it.
    mutating func append(_ keys: [TOMLKey], at span: SourceSpan) throws(Clash) -> Int {
        let (parent, last) = try descend(keys)
        let element = Table(origin: .header, span: span, depth: tables[parent].depth + 2)
        guard let place = place(of: last, in: parent) else {
            let table = try add(element, as: last, to: parent)
            tables[parent].children[tables[parent].children.count - 1] = .arrayOfTables(arrays.count)
            arrays.append([table])
            return table
        }
        guard case .arrayOfTables(let array) = tables[parent].children[place] else {
            throw Clash(reason: .tableTwice, key: last, earlier: self.span(of: place, in: parent), table: nil)
        }
        arrays[array].append(tables.count)
        tables.append(element)
        return tables.count - 1
    }

    /// Puts `value` under `keys`, seen from the table in whose section or braces the line stands.
    mutating func insert(_ value: TOMLValue, at keys: [TOMLKey], from base: Int) throws(Clash) {
        var table = base
        for key in keys.dropLast() {
            guard let place = place(of: key, in: table) else {
                let made = Table(origin: .dotted(from: base), span: key.span, depth: tables[table].depth + 1)
                table = try add(made, as: key, to: table)
                continue
            }
            guard case .table(let next) = tables[table].children[place],
                tables[next].origin == .implicit || tables[next].origin == .dotted(from: base)
            else { throw Clash(reason: .complete, key: key, earlier: span(of: place, in: table), table: nil) }
            tables[next].origin = .dotted(from: base)
            table = next
        }
        guard let last = keys.last else { return }
        if let place = place(of: last, in: table) {
            throw Clash(reason: .keyTwice, key: last, earlier: tables[table].keys[place].span, table: nil)
        }
        put(.value(value), as: last, into: table)
    }

    /// A table for what stands between braces. `endInline` must follow; nothing else may be opened meanwhile.
    mutating func beginInline(at depth: Int) -> Int {
        tables.append(Table(origin: .inline, span: SourceSpan(start: 0, end: 0), depth: depth))
        return tables.count - 1
    }

    mutating func endInline(_ table: Int) -> TOMLTable {
        let result = finished(table)
        tables.removeLast(tables.count - table)
        return result
    }

    /// A table that belongs to nothing, for the lines below a header that could not be read.
    mutating func detached() -> Int { beginInline(at: 0) }

    func finished(_ table: Int) -> TOMLTable {
        func value(_ table: Int) -> TOMLValue { TOMLValue(kind: .table(finished(table)), span: tables[table].span) }
        var entries: [TOMLEntry] = []
        entries.reserveCapacity(tables[table].keys.count)
        for (key, child) in zip(tables[table].keys, tables[table].children) {
            switch child {
            case .value(let value): entries.append(TOMLEntry(key: key, value: value))
            case .table(let table): entries.append(TOMLEntry(key: key, value: value(table)))
            case .arrayOfTables(let array):
                let elements = arrays[array].map(value)
                entries.append(TOMLEntry(key: key, value: TOMLValue(kind: .array(elements), span: elements[0].span)))
            }
        }
        return TOMLTable(entries: entries)
    }
}

extension TOMLTree {
    /// Walks from the root along a header's keys, but for the last, making what is missing.
    private mutating func descend(_ keys: [TOMLKey]) throws(Clash) -> (table: Int, last: TOMLKey) {
        var table = Self.root
        for key in keys.dropLast() {
            guard let place = place(of: key, in: table) else {
                let made = Table(origin: .implicit, span: key.span, depth: tables[table].depth + 1)
                table = try add(made, as: key, to: table)
                continue
            }
            switch tables[table].children[place] {
            case .table(let next): table = next
            case .arrayOfTables(let array): table = arrays[array][arrays[array].count - 1]
            case .value(let value): throw Clash(reason: .complete, key: key, earlier: value.span, table: nil)
            }
        }
        guard let last = keys.last else { preconditionFailure("a key has at least one part: the reader saw to it") }
        return (table, last)
    }

    private func place(of key: TOMLKey, in table: Int) -> Int? { tables[table].places[Array(key.text.utf8)] }

    private func span(of place: Int, in table: Int) -> SourceSpan {
        switch tables[table].children[place] {
        case .value: tables[table].keys[place].span
        case .table(let table): tables[table].span
        case .arrayOfTables(let array): tables[arrays[array][0]].span
        }
    }

    private mutating func add(_ child: Table, as key: TOMLKey, to parent: Int) throws(Clash) -> Int {
        guard child.depth <= Limits.nesting else {
            throw Clash(reason: .tooDeep, key: key, earlier: key.span, table: nil)
        }
        tables.append(child)
        put(.table(tables.count - 1), as: key, into: parent)
        return tables.count - 1
    }

    private mutating func put(_ child: Child, as key: TOMLKey, into table: Int) {
        tables[table].places[Array(key.text.utf8)] = tables[table].keys.count
        tables[table].keys.append(key)
        tables[table].children.append(child)
    }
}
