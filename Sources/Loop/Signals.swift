internal import CUV
internal import Glibc

/// What the system or a person asks of the whole process.
package enum Signal: CaseIterable, Hashable, Sendable {
    /// Ctrl-C.
    case interrupt
    /// The service manager ends us.
    case terminate
    /// Read the configuration again.
    case hangUp

    var number: Int32 {
        switch self {
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .hangUp: SIGHUP
        }
    }
}

/// Catches the three signals and hands them over as callbacks of the loop (`uv_signal_t`), where anything may be done.
/// Dropping the value gives them back their default effect. Waiting for a signal does not keep a loop running.
package struct Signals: ~Copyable {
    private let loop: EventLoop
    private let boxes: [SignalBox]

    package init(on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        Self.unblock()
        var boxes: [SignalBox] = []
        do throws(LoopError) {
            for signal in Signal.allCases { boxes.append(try SignalBox(signal, loop.core)) }
        } catch {
            for box in boxes { box.close() }
            throw error
        }
        self.boxes = boxes
    }

    deinit { for box in boxes { box.close() } }

    /// A process inherits which signals are blocked, and some starters have all of them blocked: then nobody could end
    /// it but with SIGKILL.
    private static func unblock() {
        var wanted = sigset_t()
        unsafe sigemptyset(&wanted)
        for signal in Signal.allCases { unsafe sigaddset(&wanted, signal.number) }
        let answer = unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
        precondition(answer == 0, "pthread_sigmask fails only when asked for something else than it knows")
    }

    package func onSignal(_ act: @escaping (Signal) -> Void) { for box in boxes { box.act = act } }
}

final class SignalBox: Handle {
    private let signal: Signal
    var act: ((Signal) -> Void)?

    init(_ signal: Signal, _ core: LoopCore) throws(LoopError) {
        self.signal = signal
        super.init(UV_SIGNAL, core)
        try adopt(unsafe uv_signal_init(core.pointer, pointer()))
        let code = unsafe uv_signal_start(
            pointer(),
            { handle, _ in
                let box = unsafe SignalBox.of(handle?.pointee.data)
                box.act?(box.signal)
            }, signal.number)
        precondition(code == 0, "these three signals can be caught")
        unsafe uv_unref(pointer())
    }

    override func close() {
        super.close()
        act = nil
    }
}
