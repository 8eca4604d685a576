// swift-tools-version: 6.2
// Marram's rooms and the only arrows between them. The floors are explained in docs/architecture.md;
// `swift build --explicit-target-dependency-import-check error` refuses an arrow that is not declared here.
import PackageDescription

func settings(_ extra: [SwiftSetting] = []) -> [SwiftSetting] {
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
    ] + extra
}

/// What people ask for, what is read from files and what only hands things on: small is better there than fast. The law
/// is not among it: where many nodes start together it is judged all the time.
let cold: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

func cellar(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func room(_ name: String, _ below: [Target.Dependency] = [], extra: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: below, swiftSettings: settings(extra))
}

/// Into what is installed nothing is loaded at run time, so nothing need find its symbols by name: 770 kB of names.
/// Where it lies in memory is said in a bitmap instead of a table, which the toolchain's own linker writes and glibc
/// reads from 2.36 on: 650 kB in the file, and as much in memory.
/// `marram-bench` is linked alike, since it says what memory the daemon's engines take.
func tool(_ name: String, _ below: [Target.Dependency], isSmall: Bool = false) -> Target {
    let flags = ["--no-export-dynamic", "-z", "pack-relative-relocs"].flatMap { ["-Xlinker", $0] }
    let small: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"] + flags, .when(configuration: .release))]
    return .executableTarget(
        name: name, dependencies: below, path: "Tools/\(name)", swiftSettings: settings(),
        linkerSettings: isSmall ? small : [])
}

/// Tests keep Swift 6 mode and warnings as errors, but not strict memory safety: it does not get on with `#expect`.
func tests(_ room: String, _ below: [Target.Dependency], data: [String] = []) -> Target {
    .testTarget(
        name: "\(room)Tests", dependencies: below, exclude: data,
        swiftSettings: [
            .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny"),
        ])
}

/// Every decoder behind libFuzzer's door, declared only when asked for: `Tools/fuzz/run` builds it with the sanitizers
/// it needs, and `-parse-as-library` because libFuzzer brings the `main`.
func fuzzers() -> [Target] {
    guard Context.environment["FUZZ"] != nil else { return [] }
    return [
        .executableTarget(
            name: "marram-fuzz", dependencies: ["FuzzDecoders"], path: "Tools/fuzz/Entry",
            swiftSettings: settings([.unsafeFlags(["-parse-as-library"])]))
    ]
}

let package = Package(
    name: "marram",
    targets: [
        // 0 Cellar
        cellar("CUV", pkgConfig: "libuv", apt: "libuv1-dev"),
        cellar("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        cellar("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        cellar("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        // 1 Base
        room("Base", extra: [.enableExperimentalFeature("Lifetimes")]),
        // 2 Drivers and helpers
        room("Choices", ["Base"]),
        room("Text", ["Base"], extra: cold),
        room("Crypto", ["Base", "CSodium"]),
        room("Compression", ["Base", "CZstd"]),
        room("Loop", ["Base", "CUV"]),
        room("Disk", ["Base", "CSQLite"]),
        // 3 Law
        room("Trust", ["Base", "Crypto"]),
        room("Traffic", ["Base"]),
        room("Noise", ["Base", "Crypto"]),
        // 4 Engines
        room("Session", ["Base", "Crypto", "Noise", "Traffic", "Trust"]),
        room("Membership", ["Base", "Crypto"]),
        room("Registry", ["Base", "Crypto", "Trust"], extra: cold),
        room("Replication", ["Base", "Compression", "Crypto"]),
        room("Vitals", ["Base", "Crypto"], extra: cold),
        room("Control", ["Base", "Text", "Trust"], extra: cold),
        // 5 Node
        room(
            "Node",
            [
                "Base", "Text", "Crypto", "Trust", "Traffic", "Session", "Membership", "Registry", "Replication",
                "Vitals", "Control",
            ], extra: cold),
        // 6 Worlds
        room(
            "Host",
            [
                "Base", "Text", "Crypto", "Loop", "Disk", "Trust", "Session", "Membership", "Registry", "Replication",
                "Vitals", "Control", "Node",
            ], extra: cold),
        room(
            "Simulation",
            [
                "Base", "Choices", "Crypto", "Disk", "Trust", "Traffic", "Session", "Membership", "Registry",
                "Replication", "Vitals", "Control", "Node",
            ]),
        // 7 Tools. Verbs is what `marram` can say; a room of its own, so that it can be tested.
        room("Verbs", ["Base", "Text", "Trust", "Control", "Host"]),
        tool("marramd", ["Base", "Host"], isSmall: true),
        tool("marram", ["Verbs"], isSmall: true),
        tool("marram-sim", ["Base", "Disk", "Node", "Simulation"]),
        .target(name: "CMallocCount", path: "Tools/CMallocCount"),
        tool(
            "marram-bench",
            [
                "Base", "Text", "Crypto", "Loop", "Disk", "Trust", "Noise", "Traffic", "Session", "Replication",
                "Simulation", "CMallocCount",
            ], isSmall: true),
        .target(
            name: "FuzzDecoders",
            dependencies: [
                "Base", "Text", "Crypto", "Trust", "Noise", "Traffic", "Session", "Membership", "Registry",
                "Replication", "Vitals", "Control", "Node", "Host", "Simulation", "Verbs",
            ],
            path: "Tools/fuzz/Decoders", swiftSettings: settings()),
        // Tests, one target a room
        tests("Base", ["Base", "Choices"]),
        tests("Choices", ["Base", "Choices"]),
        tests("Text", ["Base", "Choices", "Text"]),
        tests("Crypto", ["Base", "Choices", "Crypto"]),
        tests("Compression", ["Base", "Choices", "Compression"]),
        tests("Loop", ["Base", "Choices", "Loop"]),
        tests("Disk", ["Base", "Choices", "Crypto", "Disk", "Replication"]),
        tests("Trust", ["Base", "Choices", "Crypto", "Trust"]),
        tests("Traffic", ["Base", "Choices", "Traffic", "Simulation"]),
        tests("Session", ["Base", "Choices", "Crypto", "Noise", "Traffic", "Trust", "Session"]),
        tests("Noise", ["Base", "Crypto", "Noise"]),
        tests("Membership", ["Base", "Choices", "Crypto", "Membership"]),
        tests("Registry", ["Base", "Choices", "Crypto", "Trust", "Registry"]),
        tests("Replication", ["Base", "Choices", "Crypto", "Replication", "Simulation"]),
        tests("Vitals", ["Base", "Choices", "Crypto", "Vitals"]),
        tests("Control", ["Base", "Choices", "Crypto", "Text", "Trust", "Control"]),
        tests(
            "Node",
            [
                "Base", "Choices", "Crypto", "Trust", "Traffic", "Session", "Membership", "Registry", "Replication",
                "Vitals", "Control", "Node",
            ]),
        tests(
            "Host",
            [
                "Base", "Choices", "Text", "Crypto", "Loop", "Disk", "Trust", "Session", "Membership", "Vitals",
                "Control", "Node", "Host",
            ]),
        tests("Verbs", ["Base", "Crypto", "Text", "Trust", "Control", "Host", "Verbs"]),
        tests("Simulation", ["Base", "Choices", "Membership", "Control", "Simulation"], data: ["Scenarios"]),
        tests("Daemon", ["marramd", "marram", "marram-sim"]),
        tests("Tidy", []),
        tests("Fuzz", ["FuzzDecoders"]),
    ] + fuzzers()
)
