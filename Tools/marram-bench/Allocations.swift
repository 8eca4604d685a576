internal import Base
internal import CMallocCount

/// How many blocks of memory this program has asked for. CMallocCount stands in for the C library's allocator, so it
/// sees Swift's objects and libsodium's as well.
enum Allocations {
    static var count: Int { Int(malloc_count()) }

    /// Asks for a known number of blocks, each in a way of its own, and complains when they are not all counted: "no
    /// mallocs" said by a counter that does not count would be worth nothing.
    static func prove() throws(Complaint) {
        let blocks = 1_000
        let before = count
        for size in 1...blocks {
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
            unsafe block.deallocate()
        }
        let plain = count
        for size in 1...blocks {
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
            unsafe block.deallocate()
        }
        let aligned = count
        for size in 1...blocks { keep(Object(size)) }
        let objects = count
        let counted = [plain - before, aligned - plain, objects - aligned]
        guard counted == [blocks, blocks, blocks] else {
            throw Complaint(
                .ourMistake, what: "of three times \(blocks) allocations, the benchmark's counter saw \(counted)",
                because: "another allocator stands in front of it, so no count of mallocs can be trusted",
                remedy: "run marram-bench without LD_PRELOAD")
        }
    }

    private final class Object {
        let number: Int
        init(_ number: Int) { self.number = number }
    }
}
