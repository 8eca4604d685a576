/// M31xx: what may be wrong between this node and its peers. What cannot be told from one end is not claimed: the
/// sentence says which causes look the same, and the remedy how to tell them apart.
extension Code {
    package static let portInUse = Code(
        number: 3101, title: "the UDP port is in use",
        because: "another program is bound to the address that this node is to listen on",
        remedy: "stop that program, or choose another port with --listen ADDR:PORT")

    package static let cannotListen = Code(
        number: 3102, title: "the address cannot be listened on",
        because: "it is not an address of this machine, or the system does not permit it",
        remedy: "choose another address with --listen ADDR:PORT")
    package static let udpBlocked = Code(
        number: 3103, title: "UDP to a peer is blocked, TCP passes",
        because: "handshakes over UDP stayed silent and TCP was answered: something on the way drops UDP",
        remedy: "allow UDP on the node's port at both ends and between, as in: ufw allow 7946/udp")
    package static let nobodyAnswers = Code(
        number: 3104, title: "nobody answers at a peer's address",
        because: "a firewall, a node that is down and a node of another mesh are equally silent",
        remedy: "on the peer: marram status; its mesh must be the same, and its packets received must grow")
    package static let peerOutOfReach = Code(
        number: 3105, title: "a peer lives but cannot be reached from here",
        because: "other members hear it and this node does not: the way between is blocked, or the address is old",
        remedy: "allow UDP on the node's port at both ends and between; compare its address with marram members")
    package static let strangerAtAddress = Code(
        number: 3106, title: "what comes from a peer's address is not of this mesh",
        because: "it is not made with the keys that belong here: another mesh, a node set up anew, or noise",
        remedy: "on the peer: marram status; compare its mesh, and join it anew when it is another one")
    package static let otherNodeAtAddress = Code(
        number: 3107, title: "another node lives at a peer's address",
        because: "the handshake was answered by a node that was not meant, as after a machine got a new address",
        remedy: "marram members; compare the addresses, and give every node an address of its own")
    package static let proofWanted = Code(
        number: 3108, title: "a peer asks for proofs before it works on handshakes",
        because: "it gets more handshakes than anybody honest begins, or many nodes have just started",
        remedy: "wait some seconds; if it goes on, on the peer: marram status, and look at its refusals")
    package static let smallPacketsOnly = Code(
        number: 3109, title: "the path to a peer carries small packets only",
        because: "large packets vanish while small ones pass, as with a tunnel whose routers do not say so",
        remedy: "look for a tunnel or PPPoE on the way and set its MTU; transfers go on meanwhile, somewhat slower")
    package static let heavyLoss = Code(
        number: 3110, title: "many packets to a peer are lost",
        because: "a radio link out of range, a bad cable or an overfull line loses packets, and each is sent again",
        remedy: "look at the cable, the antenna and what else uses the line; marram explain link NAME shows changes")
    package static let linkSilent = Code(
        number: 3111, title: "a peer that had a session is silent",
        because: "it was spoken to and owes a sign of life: it went down or the way broke, which looks the same",
        remedy: "marram members; when others hear it the way is broken, else look at its power")
    package static let unknownPeer = Code(
        number: 3112, title: "no such peer is known here",
        because:
            "a link is asked for by a member's name, by its id or the start of it, or by an address that was tried",
        remedy: "marram links, or marram members")
    package static let linkWithItself = Code(
        number: 3113, title: "a node has no link with itself",
        because: "a link leads to another node, and this name, id or address is the node's own",
        remedy: "marram links shows the peers; marram status is about this node")
    package static let ambiguousPeer = Code(
        number: 3114, title: "several members are meant",
        because: "a name may be given twice, and the start of an id may fit several",
        remedy: "give the whole id, as marram members -o wide shows it")
    package static let tooManyPings = Code(
        number: 3115, title: "too many pings are under way",
        because: "a node answers a few requests for pings at one time, so that scripts cannot flood its peers",
        remedy: "wait some seconds and try again")

    static let network: [Code] = [
        portInUse, cannotListen, udpBlocked, nobodyAnswers, peerOutOfReach, strangerAtAddress, otherNodeAtAddress,
        proofWanted, smallPacketsOnly, heavyLoss, linkSilent, unknownPeer, linkWithItself, ambiguousPeer,
        tooManyPings,
    ]
}
