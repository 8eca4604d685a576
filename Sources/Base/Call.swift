/// "Here I am, is there anybody?", said to whoever is near.
package struct Call: Hashable, Sendable {
    /// The caller sees nobody.
    package var isLonely: Bool
    /// Where it may be reached.
    package var addresses: [Address]

    package init(isLonely: Bool, addresses: [Address]) {
        self.isLonely = isLonely
        self.addresses = addresses
    }
}

extension Call: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.bool(isLonely)
        writer.list(addresses)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        isLonely = try reader.bool()
        addresses = try reader.list(of: Address.self, atMost: Limits.callAddresses)
    }
}
