internal import Base
internal import Loop
internal import Node

/// The local net: what a node says there, and hears.
extension Host {
    /// The same on every machine. Below the port that nodes listen at, since further ones on a machine count upwards.
    static let beaconPort: UInt16 = 7945

    /// The nets that belong to where the node listens: all of them but the machine's own, or that of its one address.
    private func findNets() {
        nets = Machine.interfaces(port: listen.port).filter { net in
            net.addresses.contains { listen.isUnspecified ? !$0.isLoopback : $0 == listen }
        }
    }

    private func addresses(on net: NetworkInterface) -> [Address] {
        net.addresses.filter { listen.isUnspecified ? listen.reaches($0) : $0 == listen }
    }

    func openBeacons() {
        guard beacons != nil else { return }
        findNets()
        for net in nets { beacons?.join(net) }
        beacons?.onReceive { [unowned self] bytes, source in
            hear(beacon: &bytes, from: source, own: nets.flatMap { addresses(on: $0) })
        }
    }

    /// Interfaces come and go, so they are asked for each time, and joined again.
    func callOut(isLonely: Bool) {
        findNets()
        var arena = ByteWriter()
        for net in nets {
            beacons?.join(net)
            let call = node.sealCall(isLonely: isLonely, addresses: addresses(on: net), into: &arena)
            beacons?.call(arena.bytes.raw.extracting(call), through: net)
        }
    }
}

extension Address {
    /// Whether a socket that listens on every address of this family is reached there.
    fileprivate func reaches(_ other: Address) -> Bool { v4 == nil || other.v4 != nil }
}
