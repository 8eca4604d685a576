import Base
import Testing

@Test(arguments: [
    "0.0.0.0:0", "127.0.0.1:7946", "255.255.255.255:65535", "10.9.0.11:1",
    "[::]:0", "[::1]:7946", "[fe80::1]:65535", "[2001:db8::1:0:0:1]:80", "[1:2:3:4:5:6:7:8]:9",
    "[1::]:1", "[0:1::]:1", "[0:2:3:4:5:6:7:8]:1", "[1:0:2:3:4:5:6:7]:1", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:1",
    "[2001:0:0:1::1]:1", "[::fffe:102:304]:1", "[64:ff9b::102:304]:53",
])
func anAddressIsWrittenAsItIsRead(_ text: String) {
    #expect(Address(text)?.description == text)
}

@Test(arguments: [
    // The longest run of zeros is cut, the first of two equal ones (RFC 5952, section 4.2).
    ("[2001:db8:0:0:1:0:0:1]:80", "[2001:db8::1:0:0:1]:80"), ("[2001:0:0:1:0:0:0:1]:80", "[2001:0:0:1::1]:80"),
    ("[0:0:0:0:0:0:0:0]:80", "[::]:80"), ("[1:2:3:4:5:6:7::]:80", "[1:2:3:4:5:6:7:0]:80"),
    ("[2001:DB8::00a1]:80", "[2001:db8::a1]:80"), ("[::2:3:4:5:6:7:8]:80", "[0:2:3:4:5:6:7:8]:80"),
    // An IPv4 address has one spelling, however it came in.
    ("[::ffff:7f00:1]:80", "127.0.0.1:80"),
])
func anAddressIsWrittenInOneWay(_ text: String, _ canonical: String) {
    #expect(Address(text)?.description == canonical)
}

@Test(arguments: [
    "", ":", "80", "127.0.0.1", "127.0.0.1:", ":80", "localhost:80", "127.0.0.1:65536", "127.0.0.1:080",
    "127.0.0.1:+80", "127.0.0.1:-1", "127.0.0.1: 80", "127.0.0.1:80 ", "127.0.0.1:8o", "256.0.0.1:80", "1.2.3:80",
    "1.2.3.4.5:80", "1..2.3:80", "01.2.3.4:80", "1.2.3.+4:80", "0x7f.0.0.1:80", "१.2.3.4:80",
    "127.0.0.1:99999999999999999999",
    "::1:80", "[::1]", "[::1]:", "[]:80", "[:]:80", "[:::]:80", "[1:2:3:4:5:6:7]:80", "[1:2:3:4:5:6:7:8:9]:80",
    "[1::2::3]:80", "[1:2:3:4:5:6:7:8::]:80", "[::1:2:3:4:5:6:7:8]:80", "[:1::]:80", "[1:]:80", "[::1:]:80",
    "[12345::]:80", "[g::]:80", "[::%eth0]:80", "[::1.2.3.4]:80", "[::1:80", "::1]:80", "[[::1]]:80",
    "[::+1]:80", "[::-0]:80", "[+1::]:80", "[-0:1:2:3:4:5:6:7]:80",
])
func whatIsNotAnAddressIsRefused(_ text: String) {
    #expect(Address(text) == nil)
}

@Test func everyAddressComesBackFromItsText() {
    var random = Random(seed: 5)
    for _ in 0..<5_000 {
        func word() -> UInt64 {
            // Groups of zeros are what the text treats specially: make them common.
            (0..<4).reduce(0) { word, _ in word << 16 | (random.below(2) == 0 ? 0 : random.anyWidth() & 0xFFFF) }
        }
        let port = UInt16(random.below(65_536))
        let address =
            random.below(4) == 0
            ? Address(v4: UInt32(truncatingIfNeeded: random.next()), port: port)
            : Address(high: word(), low: word(), port: port)
        #expect(Address(address.description) == address)
    }
}

@Test func anAddressKnowsItsKind() {
    func check(_ text: String, v4: Bool, loopback: Bool, unspecified: Bool) {
        guard let address = Address(text) else {
            Issue.record("\(text) is an address")
            return
        }
        #expect((address.v4 != nil, address.isLoopback, address.isUnspecified) == (v4, loopback, unspecified))
    }
    check("127.0.0.1:1", v4: true, loopback: true, unspecified: false)
    check("127.255.255.255:1", v4: true, loopback: true, unspecified: false)
    check("126.255.255.255:1", v4: true, loopback: false, unspecified: false)
    check("128.0.0.1:1", v4: true, loopback: false, unspecified: false)
    check("[::1]:1", v4: false, loopback: true, unspecified: false)
    check("[::2]:1", v4: false, loopback: false, unspecified: false)
    check("0.0.0.0:1", v4: true, loopback: false, unspecified: true)
    check("[::]:1", v4: false, loopback: false, unspecified: true)
    check("[1::]:1", v4: false, loopback: false, unspecified: false)
}

@Test func addressesAreOrderedByHostThenPort() {
    let ordered = ["[::1]:9", "0.0.0.1:1", "0.0.0.1:2", "1.0.0.0:1", "[::1:0:0:0]:1", "[1::]:1"].compactMap(
        Address.init)
    #expect(ordered.count == 6)
    #expect(ordered.reversed().sorted() == ordered)
}
