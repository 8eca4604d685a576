extension QRCode {
    /// How many shapes there are that mislead a reader (ISO/IEC 18004, 7.8.3): long runs, squares of one colour, what
    /// looks like a finder, and too much of either colour.
    var penalty: Int {
        let rows = (0..<side).map { row in (0..<side).map { self[row, $0] } }
        let columns = (0..<side).map { column in (0..<side).map { self[$0, column] } }
        let lines = rows + columns
        return lines.reduce(0) { $0 + Self.runs(in: $1) + Self.finders(in: $1) } + squares + imbalance
    }

    static func runs(in line: [Bool]) -> Int {
        var (total, length) = (0, 1)
        for place in 1...line.count {
            if place < line.count, line[place] == line[place - 1] {
                length += 1
            } else {
                if length >= 5 { total += length - 2 }
                length = 1
            }
        }
        return total
    }

    /// Dark and light as in a finder, with four light ones before or behind; what lies around the square is light.
    static func finders(in line: [Bool]) -> Int {
        let pattern = [true, false, true, true, true, false, true]
        func isLight(_ places: Range<Int>) -> Bool {
            places.allSatisfy { !line.indices.contains($0) || !line[$0] }
        }
        return (0...line.count - pattern.count).reduce(0) { total, start in
            guard Array(line[start..<start + pattern.count]) == pattern else { return total }
            let end = start + pattern.count
            return isLight(start - 4..<start) || isLight(end..<end + 4) ? total + 40 : total
        }
    }

    private var squares: Int {
        var count = 0
        for row in 0..<side - 1 {
            for column in 0..<side - 1 {
                let corner = self[row, column]
                let others = [self[row, column + 1], self[row + 1, column], self[row + 1, column + 1]]
                if others.allSatisfy({ $0 == corner }) { count += 1 }
            }
        }
        return 3 * count
    }

    /// Ten for every five percent beyond the first between the share of dark modules and a half.
    private var imbalance: Int {
        let dark = (0..<side * side).count { self[$0 / side, $0 % side] }
        return abs(dark * 20 - side * side * 10) / (side * side) * 10
    }
}
