internal import Base
internal import Simulation

/// Reads a `.scenario` file: the input itself, or, because bytes chosen blindly hardly ever spell a deed, a head and a
/// row of words when it begins with 0xFF. What is accepted must be read again from its own text as the same script.
func readScenario(_ input: [UInt8]) {
    let text =
        input.first == 0xFF
        ? head + input.dropFirst().map { words[Int($0) % words.count] }.joined(separator: " ")
        : String(decoding: input, as: UTF8.self)
    guard let script = try? Script(reading: text) else { return }
    precondition((try? Script(reading: script.text)) == script, "a script changes when it is written down")
}

private let head = """
    marram scenario 1
    run toy seed=41 nodes=4 sites=2 safety=20s settle=10s
    near delay=5ms jitter=2ms
    far clear

    """

/// What scenarios are made of.
private let words = [
    "\n at", "\n at", "\n at", "\n mischief", "0s", "1ns", "2s", "2500ms", "17us", "0", "1", "3", "-100", "0,2", "0,1",
    "for=1s", "for=3s", "effects=1", "from=1s", "jump=-3600s", "drift=-200", "latency=30ms", "delay=600ms",
    "jitter=1us",
    "loss=900000", "mtu=576", "bandwidth=32000", "flip=3", "clear", "shortBatch", "skippedReply", "ask", "set",
    "delete",
    "crash", "pause", "wipe", "restore", "clock", "slow-disk", "full-disk", "lying-disk", "rebind", "cut", "partition",
    "weather", "spoil", "replay", "# remark", "9223372036854775807s", "-1s", "\t", "\r",
]
