internal import Base
internal import Control
internal import Disk
internal import Node

/// Carries the flight recorder's bytes to their files, and joins these when somebody asks. A recorder that cannot write
/// is a pity and no reason to stop: it says so once and records no more.
extension Host {
    func record() {
        guard node.recorder.untaken.count > 0 else { return }
        do throws(FileError) {
            let isFull = try flight.append(node.recorder.untaken.bytes)
            node.recordingTaken()
            guard isFull else { return }
            try flight.turn()
            node.startRecording(continues: true)
            sayWhetherRecording()
        } catch {
            log.write(.warning, "the flight recorder cannot write \(error.path): \(error.reason)", at: now.wall)
            node.stopRecording()
        }
    }

    /// A store can outgrow what a recording starts from.
    func sayWhetherRecording() {
        guard !node.isRecording else { return }
        log.write(.warning, "the flight recorder stops: the store is larger than a recording holds", at: now.wall)
    }

    func saveRecording(to path: String) -> Envelope {
        record()
        return Envelope(node: node.name, at: now.wall, reply: recordingReply(path))
    }

    private func recordingReply(_ path: String) -> Reply {
        guard node.isRecording else {
            return .failure(
                Complaint(
                    .recordingNotSaved, what: "nothing is recorded here any more",
                    because: "the store is larger than a recording holds, or the recorder's files could not be written",
                    remedy: "look into the daemon's log; a recording starts again when the daemon does"))
        }
        do {
            let bytes = try flight.joined()
            let report = try Recording.replay(bytes)
            guard !DurableFile.exists(path) else {
                return .failure(
                    Complaint(
                        .recordingNotSaved, what: "\(path) exists already",
                        because: "a recording is not written over a file", remedy: "choose another name"))
            }
            try DurableFile.write(bytes, to: path)
            return .recording(RecordingReply(path: path, bytes: bytes.count, inputs: report.inputs))
        } catch let error as FileError {
            return .failure(Complaint(.recordingNotSaved, what: "\(error.path): \(error.reason)"))
        } catch {
            return .failure(Complaint(.recordingNotSaved, what: "the recording does not read: \(error)"))
        }
    }
}
