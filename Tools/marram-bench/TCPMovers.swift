internal import Base
internal import Crypto

extension Mover {
    /// What the kernel can do, without a seal.
    static let tcp = Mover(
        name: "tcp", measures: "plain TCP",
        send: { order throws(Complaint) in
            let socket = try BlockingSocket.connected(to: order.address, congestion: order.congestion)
            socket.giveUpWriting(after: 100)
            let deadline = order.deadline
            let payload = Payload()
            var sent = 0
            while sent < order.byteCount {
                let count = min(Payload.largestPiece, order.byteCount - sent)
                guard socket.write(payload.bytes.raw.extracting(payload.range(count, at: sent)), before: deadline)
                else { break }
                sent += count
            }
            return [Figure("bytes", Double(sent))]
        },
        receive: { order, listens throws(Complaint) in
            try take(order, listens) { socket, check, deadline throws(Complaint) in
                var buffer = [UInt8](repeating: 0, count: 256 << 10)
                while check.byteCount < order.byteCount {
                    let count = try socket.read(into: &buffer, from: 0, before: deadline)
                    guard count > 0 else { break }
                    try check.take(buffer.raw.extracting(0..<count))
                }
            }
        })

    /// What any program could do that seals as we do: records of 16 KiB, as TLS has them, under the same cipher, eight
    /// of them a system call.
    static let sealedTCP = Mover(
        name: "sealed-tcp", measures: "TCP with sealed records of 16 KiB",
        send: { order throws(Complaint) in
            let socket = try BlockingSocket.connected(to: order.address, congestion: order.congestion)
            socket.giveUpWriting(after: 100)
            let deadline = order.deadline
            let payload = Payload()
            var records = SealedRecords()
            var sent = 0
            while sent < order.byteCount {
                let count = min(SealedRecords.batch * SealedRecords.textBytes, order.byteCount - sent)
                guard records.send(payload, count, at: sent, through: socket, before: deadline) else { break }
                sent += count
            }
            return [Figure("bytes", Double(sent))]
        },
        receive: { order, listens throws(Complaint) in
            try take(order, listens) { socket, check, deadline throws(Complaint) in
                var records = SealedRecords()
                while check.byteCount < order.byteCount, try records.open(from: socket, before: deadline, &check) {}
            }
        })

    private static func take(
        _ order: Order, _ listens: (UInt16) -> Void,
        _ receive: (borrowing BlockingSocket, inout PayloadCheck, UInt64) throws(Complaint) -> Void
    ) throws(Complaint) -> [Figure] {
        let listener = try BlockingSocket.listening(on: order.address, congestion: order.congestion)
        listens(listener.port)
        let deadline = order.deadline
        var check = PayloadCheck(Payload())
        if let socket = try listener.accepted(before: deadline) { try receive(socket, &check, deadline) }
        guard order.seconds != nil || check.byteCount == order.byteCount else {
            throw Complaint(.benchFailed, what: "only \(check.byteCount) of \(order.byteCount) bytes arrived")
        }
        return check.figures(seconds: order.seconds)
    }
}

/// Records as they lie on the wire: a little-endian length, and so many sealed bytes, the seal included.
private struct SealedRecords: ~Copyable {
    static let textBytes = 16 << 10
    static let batch = 8
    private static let prefix = 2

    private let key: SealingKey
    private var counter: UInt64 = 0
    private var buffer = [UInt8](repeating: 0, count: 2 * batch * (prefix + textBytes + SealingKey.tagByteCount))
    /// What of the buffer holds bytes that arrived, and are not opened yet.
    private var unread = 0..<0

    init() {
        var entropy = Entropy.seeded(1)
        key = SealingKey(SecretBytes(from: &entropy))
    }

    /// Seals a piece of the payload as records and writes them. Answers whether all went out.
    mutating func send(
        _ payload: Payload, _ count: Int, at offset: Int, through socket: borrowing BlockingSocket,
        before deadline: UInt64
    ) -> Bool {
        var written = 0
        var done = 0
        while done < count {
            let text = min(Self.textBytes, count - done)
            let sealed = text + SealingKey.tagByteCount
            Self.seal(
                &buffer, written..<written + Self.prefix + sealed, key, counter,
                payload.bytes.raw.extracting(
                    payload.range(text, at: offset + done)))
            counter += 1
            written += Self.prefix + sealed
            done += text
        }
        return socket.write(buffer.raw.extracting(0..<written), before: deadline)
    }

    private static func seal(
        _ buffer: inout [UInt8], _ range: Range<Int>, _ key: borrowing SealingKey, _ counter: UInt64, _ text: RawSpan
    ) {
        var whole = buffer.mutableRaw
        var record = whole._mutatingExtracting(range)
        record.storeBytes(of: UInt16(range.count - prefix).littleEndian, as: UInt16.self)
        // Safe: the record has room for the text, and they lie in different places.
        unsafe record.withUnsafeMutableBytes { place in
            unsafe text.withUnsafeBytes { text in
                unsafe UnsafeMutableRawBufferPointer(rebasing: place[prefix...]).copyMemory(from: text)
            }
        }
        key.seal(&record, after: prefix, counter: counter)
    }

    private static func open(
        _ buffer: inout [UInt8], _ range: Range<Int>, _ key: borrowing SealingKey, _ counter: UInt64
    ) throws(Complaint) -> Range<Int> {
        var whole = buffer.mutableRaw
        var record = whole._mutatingExtracting(range)
        do throws(CryptoError) {
            let text = try key.open(&record, after: prefix, counter: counter)
            return range.lowerBound + text.lowerBound..<range.lowerBound + text.upperBound
        } catch {
            throw Complaint(.benchFailed, what: "record \(counter) is not what was sealed")
        }
    }

    /// Reads once, and opens the records that are whole. Answers false at the end.
    mutating func open(
        from socket: borrowing BlockingSocket, before deadline: UInt64, _ check: inout PayloadCheck
    ) throws(Complaint) -> Bool {
        let count = try socket.read(into: &buffer, from: unread.upperBound, before: deadline)
        guard count > 0 else { return false }
        unread = unread.lowerBound..<unread.upperBound + count
        while unread.count >= Self.prefix {
            let length = UInt16(buffer[unread.lowerBound]) | UInt16(buffer[unread.lowerBound + 1]) << 8
            let end = unread.lowerBound + Self.prefix + Int(length)
            guard end <= unread.upperBound else { break }
            let text = try Self.open(&buffer, unread.lowerBound..<end, key, counter)
            counter += 1
            try check.take(buffer.raw.extracting(text))
            unread = end..<unread.upperBound
        }
        // Room for a whole record, wherever the next one ends.
        if buffer.count - unread.lowerBound < 2 * (Self.prefix + Self.textBytes + SealingKey.tagByteCount) {
            // Safe: both ends lie in the buffer, and they may overlap. Array's own ways of moving copy all of it.
            unsafe buffer.withUnsafeMutableBytes { place in
                unsafe place.copyMemory(from: UnsafeRawBufferPointer(rebasing: place[unread]))
            }
            unread = 0..<unread.count
        } else if unread.isEmpty {
            unread = 0..<0
        }
        return true
    }
}
