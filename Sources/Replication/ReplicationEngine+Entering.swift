internal import Base
internal import Crypto

/// Coming back below what others have forgotten deletions of.
extension ReplicationEngine {
    struct Entering {
        var peer: NodeID
        var next: Instant
    }

    struct Transfer {
        var peer: NodeID
    }

    mutating func takeBelow(from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {}
    mutating func askForEntry(at now: Now, into outbox: inout Outbox<Effect>) {}
    mutating func takeEnter(_ enter: Enter, from peer: NodeID, into outbox: inout Outbox<Effect>) {}
    mutating func takeEnterMore(_ cells: Int, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {}
    mutating func sendPiece(_ number: Int, of transfer: UInt32, to peer: NodeID, into outbox: inout Outbox<Effect>) {}
    mutating func startPiece(_ piece: Piece, from peer: NodeID, into outbox: inout Outbox<Effect>) {}
    mutating func takePiece(
        _ piece: Piece, _ held: [ReckonedRun], isWhole: Bool, from peer: NodeID, at now: Now,
        into outbox: inout Outbox<Effect>
    ) {}
}
