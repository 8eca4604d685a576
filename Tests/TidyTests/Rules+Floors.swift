/// The floors: an arrow goes down only, each arrow is declared, and what is pure stays so.
extension Rules {
    /// The modules of the toolchain and the system that may be imported at all.
    static let systemModules: Set<String> = ["Glibc", "Synchronization"]
    static let testModules: Set<String> = systemModules.union(["Foundation", "Testing"])

    static let importsAreDeclared = Rule(name: "every import is declared in Package.swift") { tree in
        let house = House(tree)
        return tree.paths(under: "Sources", "Tools", "Tests", suffix: ".swift").flatMap { path -> [Finding] in
            guard let name = House.targetName(of: path), let target = house.target(name) else { return [] }
            let allowed = Set(target.dependencies).union(target.kind == "tests" ? testModules : systemModules)
            return House.imports(of: tree.code(path)).filter { !allowed.contains($0.module) && $0.module != name }.map {
                Finding(
                    path: path, line: $0.line,
                    what: "\(name) imports \($0.module), which Package.swift does not declare")
            }
        }
    }

    static let arrowsGoDown = Rule(name: "an arrow goes down only") { tree in
        let house = House(tree)
        return house.targets.filter { $0.kind != "tests" }.flatMap { target -> [Finding] in
            guard let room = house.room(target.name) else { return [] }
            return target.dependencies.compactMap { name in
                guard let below = house.room(name), below.floor >= room.floor else { return nil }
                return Finding(
                    path: "Package.swift", line: target.line,
                    what: "\(target.name) (floor \(room.floor)) may not stand on \(name) (floor \(below.floor))")
            }
        }
    }

    /// Base alone among the pure rooms may say `Unsafe`: it reads and writes bytes for all others.
    static let pureRoomsStayPure = Rule(name: "a pure room touches nothing outside itself") { tree in
        let house = House(tree)
        let cellar = Set(house.targets.filter { $0.kind == "cellar" }.map(\.name))
        let impure = testModules.union(["Dispatch", "_Concurrency"]).union(cellar)
        return house.rooms.filter(\.isPure).flatMap { room in
            tree.paths(under: "Sources/\(room.name)", suffix: ".swift").flatMap { path -> [Finding] in
                let imports = House.imports(of: tree.code(path)).filter { impure.contains($0.module) }
                let unsafe = room.name == "Base" ? [] : tree.code(path).matches(#"\bUnsafe\w*|\bOpaquePointer\b"#)
                return imports.map {
                    Finding(path: path, line: $0.line, what: "\(room.name) is pure and may not import \($0.module)")
                }
                    + unsafe.map {
                        Finding(
                            path: path, line: $0.line, what: "\(room.name) is pure: pointers stay in the driver rooms")
                    }
            }
        }
    }

    /// What each library's names begin with, as far as they are used.
    private static let libraryNames = [
        "CUV": #"\b(?:uv|UV)_\w"#, "CSQLite": #"\b(?:sqlite3|SQLITE)_\w"#, "CZstd": #"\bZSTD_\w"#,
        "CSodium": #"\b(?:sodium|crypto|randombytes)_\w"#,
    ]

    static let oneLibraryOneRoom = Rule(name: "one C library, one driver room") { tree in
        let house = House(tree)
        return house.targets.filter { $0.kind == "cellar" }.flatMap { library -> [Finding] in
            let users = house.targets.filter { $0.dependencies.contains(library.name) }
            guard let driver = users.first else { return [] }
            var findings = users.dropFirst().map {
                Finding(
                    path: "Package.swift", line: $0.line,
                    what: "\(library.name) belongs to \(driver.name) alone; \($0.name) may not use it")
            }
            guard let pattern = libraryNames[library.name] else { return findings }
            for path in tree.paths(under: "Sources", "Tools", suffix: ".swift")
            where House.targetName(of: path) != driver.name {
                findings += tree.code(path).matches(pattern).map {
                    Finding(path: path, line: $0.line, what: "a name of \(library.name) outside \(driver.name)")
                }
            }
            return findings
        }
    }

    static let noFoundation = Rule(name: "no Foundation in daemon and tools") { tree in
        tree.paths(under: "Sources", "Tools", suffix: ".swift").flatMap { path in
            House.imports(of: tree.code(path)).filter { $0.module.hasPrefix("Foundation") || $0.module == "Dispatch" }
                .map {
                    Finding(path: path, line: $0.line, what: "\($0.module) is 50 MB that an edge node does without")
                }
        }
    }

    static let everyFileIsBuilt = Rule(name: "every Swift file belongs to a target") { tree in
        let house = House(tree)
        return tree.paths(under: "Sources", "Tests", suffix: ".swift").compactMap { path in
            let name = House.targetName(of: path)
            guard name == nil || house.target(name ?? "") == nil else { return nil }
            return Finding(
                path: path, line: nil, what: "no target of Package.swift has this file, so it is never built")
        }
    }
}
