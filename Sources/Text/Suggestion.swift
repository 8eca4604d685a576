/// The word among `words` that a person who wrote `text` most likely meant: at most two slips away, where a slip is a
/// letter too many, too few, wrong, or two neighbours exchanged (Damerau, 1964). The first of equally near ones; nil
/// when all are further off, or when so short a word would be mostly slips.
package func nearest(to text: String, among words: [String]) -> String? {
    var best: (word: String, distance: Int)?
    for word in words {
        let furthest = min(2, word.count / 2)
        guard let distance = editDistance(Array(text.utf8), Array(word.utf8), atMost: furthest) else { continue }
        if distance < best?.distance ?? .max { best = (word, distance) }
    }
    return best?.word
}

/// How many slips lie between two words, or nil when more than `limit`. (Optimal string alignment: no stretch is
/// corrected twice.)
func editDistance(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int? {
    // Each slip changes the length by one at most: a key of a megabyte costs nothing.
    guard abs(left.count - right.count) <= limit else { return nil }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            let same = left[row] == right[column]
            var least = min(last[column + 1] + 1, current[column] + 1, last[column] + (same ? 0 : 1))
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                least = min(least, beforeLast[column - 1] + 1)
            }
            current.append(least)
        }
        beforeLast = last
        last = current
    }
    return last[right.count] <= limit ? last[right.count] : nil
}
