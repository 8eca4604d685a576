internal import CUV
internal import Glibc

/// An open file or socket of ours: closed when the value goes.
struct FileDescriptor: ~Copyable {
    let number: Int32

    /// Takes what a system call answered: a descriptor, or -1 and `errno`.
    init(_ answer: Int32) throws(LoopError) {
        guard answer >= 0 else { throw LoopError(code: -errno) }
        number = answer
    }

    deinit { _ = Glibc.close(number) }

    func set(_ level: Int32, _ option: Int32, to value: Int32) throws(LoopError) {
        var value = value
        let answer = unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        guard answer == 0 else { throw LoopError(code: -errno) }
    }
}

/// Every call that answers 0, or -1 and `errno`.
func check(_ answer: Int32) throws(LoopError) {
    guard answer == 0 else { throw LoopError(code: -errno) }
}
