package import Base

/// What a neighbour's beats tell of the neighbour itself, whatever the path loses: how fast it beats, by its own count,
/// and which of this node's beats it has. A process that is not run often enough beats slowly; one that hears nothing
/// from here names the same old beat again and again. Nothing is decided by it: it is evidence for `explain`.
package struct Pace: Hashable, Sendable {
    private(set) var boot: UInt64
    private(set) var pulse: UInt64
    private(set) var at: Instant
    /// The time between two of its beats, lost ones included; nil before the second.
    package private(set) var between: Interval?
    /// The time between two of its beats, as it means them to come.
    package private(set) var interval: Interval
    /// The newest of this node's beats that it has named.
    private(set) var echo: UInt64
    /// Its beats in a row, as they came, that named none newer.
    package private(set) var unechoed: Int

    /// A longer absence says nothing of how fast somebody beats who is there.
    private static let absence = Interval.minutes(1)
    /// More beats without an echo than this are not told apart.
    private static let mostUnechoed = 1 << 20

    init(_ beat: Beat, at now: Instant) {
        boot = beat.life.boot
        pulse = beat.pulse
        at = now
        interval = beat.interval
        echo = beat.echo
        unechoed = 0
    }

    mutating func learn(_ beat: Beat, at now: Instant) {
        guard beat.life.boot == boot, beat.interval == interval, now - at < Self.absence else {
            return self = Pace(beat, at: now)
        }
        guard beat.pulse > pulse else { return }
        let beats = Int64(min(beat.pulse - pulse, 16))
        if beat.pulse - pulse <= 16 {
            let sample = (now - at) / beats
            between = between.map { $0 + (sample - $0) * beats / (beats + 8) } ?? sample
        }
        pulse = beat.pulse
        at = now
        unechoed = beat.echo > echo ? 0 : min(unechoed + 1, Self.mostUnechoed)
        echo = max(echo, beat.echo)
    }
}

extension Pace: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(boot)
        writer.varint(pulse)
        writer.instant(at)
        writer.optional(between) { $0.interval($1) }
        writer.interval(interval)
        writer.varint(echo)
        writer.varint(UInt64(unechoed))
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        boot = try reader.varint()
        pulse = try Life.pulse(from: &reader)
        at = try reader.instant()
        between = nil
        if try reader.bool() {
            let interval = try reader.interval()
            guard (.zero...Self.absence).contains(interval) else { throw .outOfRange }
            between = interval
        }
        interval = try reader.interval()
        guard MembershipSettings.intervals.contains(interval) else { throw .outOfRange }
        echo = try reader.varint()
        unechoed = try reader.count(atMost: Self.mostUnechoed)
    }
}
