internal import Base
internal import CUV
internal import Glibc

/// A program that we started (`uv_process_t`). What it prints is handed over in pieces of at most one read, up to a
/// limit in all; what comes after that is read and dropped, so that the child never waits for us. Its end is reported
/// once, after the last piece.
///
/// A child never becomes a zombie and never outlives its value: dropping the value kills it, and the loop stays until
/// the system has reported its end.
package struct ChildProcess: ~Copyable {
    /// What to start, and how.
    package struct Command: Hashable, Sendable {
        /// The program first: a path, or a name to look for in PATH.
        package var arguments: [String]
        /// `NAME=value` each; nil for our own.
        package var environment: [String]?
        package var directory: String?
        package var outputLimit: Int

        package init(
            _ arguments: [String], environment: [String]? = nil, directory: String? = nil,
            outputLimit: Int = Limits.childOutputBytes
        ) {
            precondition(!arguments.isEmpty, "a command names at least its program")
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
            self.outputLimit = outputLimit
        }
    }

    package enum Channel: Hashable, Sendable { case output, error }

    package enum End: Hashable, Sendable {
        case exited(status: Int)
        case killed(signal: Int32)
    }

    private let loop: EventLoop
    private let box: ProcessBox

    package init(_ command: Command, on loop: EventLoop) throws(LoopError) {
        let box = try ProcessBox(outputLimit: command.outputLimit, loop.core)
        try box.spawn(command)
        self.loop = loop
        self.box = box
    }

    deinit { box.abandon() }

    package var pid: Int32 { box.pid }

    package func onOutput(_ receiver: @escaping (Channel, RawSpan) -> Void) { box.receiver = receiver }

    package func onEnd(_ act: @escaping (End) -> Void) { box.ended = act }

    /// Asks the child to end (SIGTERM), or ends it (SIGKILL). Does nothing to one that is gone.
    package func terminate() { box.kill(SIGTERM) }
    package func kill() { box.kill(SIGKILL) }

    /// What was printed above the limit.
    package var droppedBytes: UInt64 { box.droppedBytes }
}

final class ProcessBox: Handle {
    private let output: StreamBox
    private let error: StreamBox
    private var room: Int
    private(set) var droppedBytes: UInt64 = 0
    private(set) var pid: Int32 = 0
    private var isGone = false
    var receiver: ((ChildProcess.Channel, RawSpan) -> Void)?
    var ended: ((ChildProcess.End) -> Void)?

    init(outputLimit: Int, _ core: LoopCore) throws(LoopError) {
        room = outputLimit
        output = try StreamBox(.local, writeLimit: 0, core)
        do throws(LoopError) {
            error = try StreamBox(.local, writeLimit: 0, core)
        } catch {
            output.close()
            throw error
        }
        super.init(UV_PROCESS, core)
    }

    func spawn(_ command: ChildProcess.Command) throws(LoopError) {
        let code = unsafe withArguments(command.arguments) { arguments in
            unsafe withArguments(command.environment ?? []) { environment in
                unsafe spawn(command, arguments, environment)
            }
        }
        // libuv knows the handle from here on even when it could not start the program.
        try adopt(0)
        guard code == 0 else {
            close()
            throw LoopError(code: code)
        }
        pid = unsafe pointer(as: uv_process_t.self).pointee.pid
        for (channel, pipe) in [(ChildProcess.Channel.output, output), (.error, error)] {
            pipe.receiver = { [unowned self] bytes in printed(bytes.bytes, on: channel) }
            pipe.stand()
        }
    }

    private func spawn(
        _ command: ChildProcess.Command, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
        _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> Int32 {
        let pipeFlags = uv_stdio_flags(UV_CREATE_PIPE.rawValue | UV_WRITABLE_PIPE.rawValue)
        var channels = unsafe [
            uv_stdio_container_t(flags: UV_IGNORE, data: .init(fd: -1)),
            uv_stdio_container_t(flags: pipeFlags, data: .init(stream: output.pointer())),
            uv_stdio_container_t(flags: pipeFlags, data: .init(stream: error.pointer())),
        ]
        return unsafe channels.withUnsafeMutableBufferPointer { channels in
            unsafe withOptionalCString(command.directory) { directory in
                var options = unsafe uv_process_options_t()
                unsafe options.file = UnsafePointer(arguments[0])
                unsafe options.args = arguments
                if command.environment != nil { unsafe options.env = environment }
                unsafe options.cwd = directory
                unsafe options.stdio = channels.baseAddress
                unsafe options.stdio_count = Int32(channels.count)
                unsafe options.exit_cb = { handle, status, signal in
                    unsafe ProcessBox.of(handle?.pointee.data).exited(
                        signal == 0 ? .exited(status: Int(status)) : .killed(signal: signal))
                }
                return unsafe uv_spawn(core.pointer, pointer(), &options)
            }
        }
    }

    private func printed(_ bytes: RawSpan, on channel: ChildProcess.Channel) {
        let piece = bytes.extracting(first: room)
        room -= piece.byteCount
        droppedBytes += UInt64(bytes.byteCount - piece.byteCount)
        if piece.byteCount > 0 { receiver?(channel, piece) }
    }

    private func exited(_ end: ChildProcess.End) {
        isGone = true
        // libuv runs the callbacks of signals, and so of children's ends, after all others of a turn: what the child
        // printed has been handed over. The pipes' own end is not waited for: a grandchild may hold them for ever.
        let ended = ended
        close()
        ended?(end)
    }

    func kill(_ signal: Int32) {
        // Once libuv has taken the end of a process from the system, its number may pass to another.
        if isOpen, !isGone { _ = unsafe uv_process_kill(pointer(), signal) }
    }

    /// Nobody wants to hear of the child any more. The handle stays until its end, for the system wants to be asked.
    func abandon() {
        receiver = nil
        ended = nil
        kill(SIGKILL)
    }

    override func close() {
        super.close()
        output.close()
        error.close()
        receiver = nil
        ended = nil
    }
}

/// Hands `strings` over as execve(2) wants them: pointers to C strings, and a null pointer after the last.
@unsafe private func withArguments<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var copies: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { string in unsafe strdup(string) } + [nil]
    defer { unsafe copies.forEach { copy in unsafe free(copy) } }
    return unsafe copies.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the closing null pointer is always there") }
        return unsafe body(base)
    }
}

@unsafe private func withOptionalCString<Result>(
    _ string: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let string else { return body(nil) }
    return unsafe string.withCString { text in unsafe body(text) }
}
