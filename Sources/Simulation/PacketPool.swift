internal import Base

/// The packets in flight, in one block of memory cut into slots. A slot that was freed last is used next, so a busy
/// world keeps using the few slots that are warm in the cache, and nothing is allocated per packet.
struct PacketPool {
    struct Packet {
        var from: Address
        var to: Int32
        /// The port it was sent to: a node that moved away does not hear what is sent to its old port.
        var port: UInt16
        var length: UInt16
        var carrier = Carrier.udp
    }

    /// The largest packet that the invented network carries: an Ethernet frame's payload.
    static let slotBytes = 1_536
    /// Packets in flight. What is more is dropped, as a real network does.
    static let slots = 1 << 20

    var storage: [UInt8] = []
    private(set) var packets: [Packet] = []
    private var free: [Int32] = []

    /// Where the bytes of a slot lie in `storage`.
    @inline(__always)
    func bytes(of slot: Int) -> Range<Int> {
        slot * Self.slotBytes..<slot * Self.slotBytes + Int(packets[slot].length)
    }

    /// Copies a packet in; answers its slot, or nil when the pool is full.
    mutating func put(
        _ bytes: [UInt8], _ range: Range<Int>, from: Address, to: Int, port: UInt16, carrier: Carrier = .udp
    ) -> Int? {
        precondition(range.count <= Self.slotBytes, "the link refuses larger packets")
        let packet = Packet(from: from, to: Int32(to), port: port, length: UInt16(range.count), carrier: carrier)
        let slot: Int
        if let last = free.popLast() {
            slot = Int(last)
            packets[slot] = packet
        } else {
            guard packets.count < Self.slots else { return nil }
            slot = packets.count
            packets.append(packet)
            storage.append(contentsOf: repeatElement(0, count: Self.slotBytes))
        }
        let start = slot * Self.slotBytes
        // Safe: both ranges are checked where they are cut out, and a slot is as long as the longest packet.
        unsafe storage.withUnsafeMutableBytes { whole in
            let target = unsafe UnsafeMutableRawBufferPointer(rebasing: whole[start..<start + range.count])
            unsafe bytes.withUnsafeBytes { source in
                unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
            }
        }
        return slot
    }

    mutating func release(_ slot: Int) { free.append(Int32(slot)) }

    mutating func flipBit(_ bit: Int, of slot: Int) {
        storage[slot * Self.slotBytes + bit >> 3] ^= 1 << UInt8(bit & 7)
    }

    mutating func truncate(_ slot: Int, to length: Int) { packets[slot].length = UInt16(length) }
}
