internal import Base
internal import CMallocCount

/// How many blocks of memory this program has asked for. CMallocCount stands in for the C library's allocator, so it
/// sees Swift's objects and libsodium's as well.
enum Allocations {
    static var count: Int { Int(malloc_count()) }

    /// Asks for a known number of objects and of aligned blocks, which take different ways to the allocator, and
    /// complains when they are not all counted: "no mallocs" said by a counter that does not count is worth nothing.
    static func prove() throws(Complaint) {
        let number = 1_000
        let start = count
        for value in 1...number { keep(Object(value)) }
        let objects = count - start
        for size in 1...number {
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
            unsafe block.deallocate()
        }
        let blocks = count - start - objects
        guard objects == number, blocks == number else {
            throw Complaint(
                .ourMistake,
                what: "of \(number) objects and \(number) blocks, the counter of mallocs saw \(objects) and \(blocks)",
                because: "another allocator stands in front of it, so nothing that it says can be trusted",
                remedy: "run marram-bench without LD_PRELOAD")
        }
    }

    private final class Object {
        let number: Int
        init(_ number: Int) { self.number = number }
    }
}
