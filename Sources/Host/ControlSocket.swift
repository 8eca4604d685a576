internal import Base
internal import Control
internal import Loop

/// The door for the tools of this machine: frames in, envelopes out, on a unix socket that only its owner may use. A
/// request gets a number, and the reply finds its connection by it. Who sends what is no request is told so once, and
/// shut out.
final class ControlSocket {
    private let listener: LocalListener
    private var connections: [UInt64: Connection] = [:]
    private var lastConnection: UInt64 = 0
    private var lastRequest: UInt64 = 0
    /// Which connection waits for which reply.
    private var waiting: [RequestID: UInt64] = [:]
    var onRequest: ((Request, RequestID) -> Void)?

    private final class Connection {
        let stream: ByteStream
        var frames = ControlFrameReader(atMost: Limits.controlRequestBytes)

        init(_ stream: consuming ByteStream) { self.stream = stream }
    }

    init(path: String, on loop: EventLoop) throws(LoopError) {
        listener = try LocalListener(
            path: path, writeLimit: Limits.controlReplyBytes + Limits.streamWriteBytes, on: loop)
    }

    func open() {
        listener.onConnection { [unowned self] stream in accept(stream) }
    }

    func reply(_ envelope: Envelope, to request: RequestID) {
        guard let number = waiting.removeValue(forKey: request) else { return }
        write(envelope, to: number)
    }

    private func accept(_ stream: consuming ByteStream) {
        lastConnection += 1
        let number = lastConnection
        let connection = Connection(stream)
        connections[number] = connection
        connection.stream.onBytes { [unowned self] bytes in take(bytes, from: number) }
        connection.stream.onEnd { [unowned self] _ in close(number) }
    }

    private func take(_ bytes: RawSpan, from number: UInt64) {
        guard let connection = connections[number] else { return }
        connection.frames.append(bytes)
        do {
            while let body = try connection.frames.next() {
                lastRequest += 1
                let request = try Request(decoding: body)
                let id = RequestID(number: lastRequest)
                waiting[id] = number
                onRequest?(request, id)
            }
        } catch let complaint as Complaint {
            refuse(complaint, number)
        } catch {
            refuse(Complaint(.requestRefused, what: "what came is no request: its length is not one"), number)
        }
    }

    private func refuse(_ complaint: Complaint, _ number: UInt64) {
        write(Envelope(node: nil, at: WallTime(milliseconds: 0), reply: .failure(complaint)), to: number)
        connections[number]?.stream.pause()
        connections[number]?.stream.finish()
    }

    /// A reader that does not take its answers is shut out: its answers must not fill this process.
    private func write(_ envelope: Envelope, to number: UInt64) {
        do throws(LoopError) {
            try connections[number]?.stream.write(envelope.frame().raw)
        } catch {
            close(number)
        }
    }

    private func close(_ number: UInt64) { connections[number] = nil }
}
