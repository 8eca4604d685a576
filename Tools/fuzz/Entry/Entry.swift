internal import FuzzDecoders
internal import Glibc

/// libFuzzer's door to the decoders. The environment variable `MARRAM_FUZZ` names the decoder that an input is fed to;
/// `MARRAM_FUZZ=list` prints their names.
@_cdecl("LLVMFuzzerInitialize")
package func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    guard Chosen.name == "list" else { return 0 }
    for decoder in Decoder.all { print(decoder.name) }
    exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
package func feed(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // libFuzzer promises `count` bytes there, and hands over none at all for the empty input.
    Chosen.decoder.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

private enum Chosen {
    static let name = unsafe getenv("MARRAM_FUZZ").map { unsafe String(cString: $0) } ?? ""

    static let decoder: Decoder = {
        guard let decoder = Decoder.all.first(where: { $0.name == name }) else {
            fatalError("MARRAM_FUZZ names no decoder; MARRAM_FUZZ=list prints them")
        }
        return decoder
    }()
}
