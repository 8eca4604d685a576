/// Which Marram this is. Daemon and tool are built from one tree and say the same; when they differ, one of them was
/// upgraded and the other not yet restarted.
package enum Release {
    package static let version = "0.1.0"
    /// The words of the control socket. It grows only when an older reader would misunderstand a newer writer; new
    /// verbs and new fields in replies do not need it.
    package static let controlProtocol = 1
}
