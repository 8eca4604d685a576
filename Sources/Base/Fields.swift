/// Tag–length–value, for records that later versions add to. Tags rise strictly, so a record has one encoding. A reader
/// skips a tag it does not know when the tag is even, and refuses the record when it is odd: odd tags change the
/// meaning of the rest.
extension ByteWriter {
    /// One field. `write` writes its value.
    package mutating func field(_ tag: UInt64, _ write: (inout ByteWriter) -> Void) {
        varint(tag)
        let start = count
        write(&self)
        let body = Array(bytes[start...])
        truncate(to: start)
        bytes(body)
    }
}

extension ByteReader {
    /// Reads fields to the end of the bytes. `read` gets each tag and its value, and answers false for a tag it does
    /// not know; it must use up the whole value of a tag it knows.
    @_lifetime(self: copy self)
    package mutating func fields(
        atMost limit: Int, _ read: (UInt64, inout ByteReader) throws(DecodeError) -> Bool
    ) throws(DecodeError) {
        var last: UInt64?
        while remaining > 0 {
            let tag = try varint()
            if let last, tag <= last { throw .notCanonical }
            last = tag
            var value = ByteReader(try slice(atMost: limit))
            if try read(tag, &value) {
                try value.finish()
            } else if !tag.isMultiple(of: 2) {
                throw .unknown
            }
        }
    }
}
