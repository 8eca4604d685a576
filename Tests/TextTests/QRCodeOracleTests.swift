import Base
import Glibc
import Testing

@testable import Text

/// zbar, which reads codes from pictures, reads ours.
@Suite(.enabled(if: zbarIsHere, "zbarimg (Debian: zbar-tools) is not installed, so no code was read elsewhere"))
struct QRCodeOracleTests {
    @Test func zbarReadsEveryShapeUnderEveryMask() throws {
        var random = Random(seed: 23)
        var codes: [String: QRCode] = [:]
        for shape in qrShapes {
            for mask in QRCode.masks {
                let text = qrText(shape.capacity - random.below(2), &random)
                codes[text] = QRCode(try #require(QRCode.codewords(of: text, shape)), shape, mask: mask)
            }
        }
        let read = try read(Array(codes.values))
        #expect(codes.count == 208 && read == Set(codes.keys), "zbar read \(read.count) of \(codes.count)")
    }

    @Test func zbarReadsACodeOfWhichAsMuchIsLostAsItsLevelAllows() throws {
        var random = Random(seed: 24)
        var whole: [String: QRCode] = [:]
        var beyond: [String: QRCode] = [:]
        for shape in qrShapes {
            for turn in 0..<4 {
                let text = qrText(shape.capacity - turn, &random)
                let codewords = try #require(QRCode.codewords(of: text, shape))
                let losses = Self.correctable(shape)
                whole[text] = QRCode(damaged(codewords, shape, losses, &random), shape, mask: turn)
                // One more than the correction can find, in every block.
                let more = damaged(codewords, shape, shape.correction / 2 + 1, &random)
                beyond[text] = QRCode(more, shape, mask: turn)
            }
        }
        let read = try read(Array(whole.values))
        #expect(whole.count == 104 && read == Set(whole.keys), "zbar read \(read.count) of \(whole.count)")
        // So it was the correction that brought the others back.
        #expect(try self.read(Array(beyond.values)).isDisjoint(with: beyond.keys))
    }

    /// Words of a block that may be wrong. In the smallest versions some of the correction is kept to notice that there
    /// is more that is wrong (ISO/IEC 18004, table 9).
    private static func correctable(_ shape: QRCode.Shape) -> Int {
        let kept =
            switch (shape.version, shape.level) {
            case (1, .low): 3
            case (1, .medium), (2, .low): 2
            case (3, .low): 1
            default: 0
            }
        return (shape.correction - kept) / 2
    }

    private func damaged(
        _ codewords: [UInt8], _ shape: QRCode.Shape, _ losses: Int, _ random: inout Random
    ) -> [UInt8] {
        var codewords = codewords
        let blocks = QRCodeReader.blocks(shape.version, isMedium: shape.level == .medium)
        for var places in QRCodeReader.places(blocks) {
            for _ in 0..<losses {
                let place = places.remove(at: random.below(places.count))
                codewords[place] ^= UInt8(1 + random.below(255))
            }
        }
        return codewords
    }

    /// What zbar reads in pictures of these.
    private func read(_ codes: [QRCode]) throws -> Set<String> {
        var template = Array("/tmp/marram-codes-XXXXXX".utf8CString)
        let directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { _ = system("rm -r \(directory)") }
        for (number, code) in codes.enumerated() { try write(picture(of: code), to: "\(directory)/\(number).pbm") }
        let pipe = try #require(popen("cd \(directory) && zbarimg --raw -q --nodbus *.pbm 2>&1", "r"))
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            output.append(contentsOf: chunk[..<count])
        }
        pclose(pipe)
        return Set(output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) })
    }

    /// A portable bitmap, of four dots a side for a module, with the light around.
    private func picture(of code: QRCode) -> [UInt8] {
        let (scale, quiet) = (4, 4)
        let reach = -quiet..<code.side + quiet
        var bytes = Array("P4\n\(reach.count * scale) \(reach.count * scale)\n".utf8)
        for row in reach {
            // Two modules fill a byte.
            let line = stride(from: reach.lowerBound, to: reach.upperBound, by: 2).map { column in
                (code[row, column] ? 0xF0 : 0) | (code[row, column + 1] ? 0x0F : 0) as UInt8
            }
            for _ in 0..<scale { bytes += line }
        }
        return bytes
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
    }
}

private let zbarIsHere = system("command -v zbarimg >/dev/null 2>&1") == 0
