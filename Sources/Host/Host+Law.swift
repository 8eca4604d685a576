internal import Base
internal import Control
internal import Disk
internal import Node
internal import Trust

/// Writes the law to a file, for whoever asks at the control socket.
extension Host {
    func exportLaw(to path: String, about record: String?) -> Envelope {
        Envelope(node: node.name, at: now.wall, reply: exportReply(path, record))
    }

    private func exportReply(_ path: String, _ record: String?) -> Reply {
        do throws(Complaint) {
            let file = try node.lawFile(about: record)
            guard !DurableFile.exists(path) else {
                throw Complaint(
                    .lawNotWritten, what: "\(path) exists already", because: "nothing is written over a file",
                    remedy: "choose another name")
            }
            let bytes = file.encoded
            do throws(FileError) {
                try DurableFile.write(bytes, to: path)
            } catch {
                throw Complaint(.lawNotWritten, what: "\(error.path): \(error.reason)")
            }
            return .lawFile(LawFileReply(path: path, records: file.records.count, bytes: bytes.count))
        } catch {
            return .failure(error)
        }
    }
}
