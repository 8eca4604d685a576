internal import Base
internal import Control
internal import Disk
internal import Node
internal import Trust

/// Writes the law to a file, for whoever asks at the control socket.
extension Host {
    func exportLaw(to path: String, about record: String?) -> Envelope {
        reply(to: path) { () throws(Complaint) in
            let file = try node.lawFile(about: record)
            return (file.encoded, file.records.count)
        }
    }

    /// What brings a node that asked by a file into the mesh.
    func writeAnswer(to path: String, for word: String) -> Envelope {
        reply(to: path) { () throws(Complaint) in
            let answer = try node.answer(to: word)
            return (answer.encoded, answer.law.records.count)
        }
    }

    private func reply(
        to path: String, _ make: () throws(Complaint) -> (bytes: [UInt8], records: Int)
    ) -> Envelope {
        func write() -> Reply {
            do throws(Complaint) {
                let made = try make()
                guard !DurableFile.exists(path) else {
                    throw Complaint(
                        .lawNotWritten, what: "\(path) exists already", because: "nothing is written over a file",
                        remedy: "choose another name")
                }
                do throws(FileError) {
                    try DurableFile.write(made.bytes, to: path)
                } catch {
                    throw Complaint(.lawNotWritten, what: "\(error.path): \(error.reason)")
                }
                return .lawFile(LawFileReply(path: path, records: made.records, bytes: made.bytes.count))
            } catch {
                return .failure(error)
            }
        }
        return Envelope(node: node.name, at: now.wall, reply: write())
    }
}
