import Base
import Testing

@testable import Disk

/// Four versions of a schema: each step depends on the one before.
private let schema = Schema(
    application: 77,
    steps: [
        "CREATE TABLE one (number INTEGER)",
        "INSERT INTO one VALUES (10); CREATE TABLE two (number INTEGER)",
        "INSERT INTO two SELECT number + 1 FROM one; DROP TABLE one",
        "ALTER TABLE two RENAME TO three",
    ])

private func schema(ofVersion version: Int) -> Schema {
    Schema(application: schema.application, steps: Array(schema.steps.prefix(version)))
}

private func open() throws -> Connection { try Connection(path: "db", on: PowerLossVolume(random: Random(seed: 1))) }

@Test(arguments: 0...4) func everyOldVersionBecomesTheNewestOne(version: Int) throws {
    let connection = try open()
    try schema(ofVersion: version).migrate(connection)
    #expect(try connection.number("PRAGMA user_version") == Int64(version))
    try schema.migrate(connection)
    #expect(try connection.number("PRAGMA user_version") == 4)
    #expect(try connection.number("PRAGMA application_id") == 77)
    #expect(try connection.number("SELECT number FROM three") == 11)
    try schema.migrate(connection)
    #expect(try connection.number("SELECT count(*) FROM three") == 1, "a second time changes nothing")
}

@Test(arguments: 0..<Int(FactStore.schema.version)) func everyOldStoreBecomesTheNewestOne(version: Int) throws {
    let connection = try open()
    try Schema(application: FactStore.schema.application, steps: Array(FactStore.schema.steps.prefix(version)))
        .migrate(connection)
    try FactStore.schema.migrate(connection)
    #expect(try connection.number("SELECT value FROM meta WHERE name = 'boot'") == 0)
    #expect(try connection.number("SELECT count(*) FROM fact") == 0)
}

@Test func aStepThatFailsLeavesTheVersionBeforeIt() throws {
    let connection = try open()
    try schema(ofVersion: 1).migrate(connection)
    let broken = Schema(
        application: 77, steps: schema.steps.prefix(1) + ["CREATE TABLE x (a); INSERT INTO y VALUES (1)"])
    #expect(throws: SchemaFailure.self) { try broken.migrate(connection) }
    #expect(try connection.number("PRAGMA user_version") == 1)
    #expect(try connection.number("SELECT count(*) FROM sqlite_schema WHERE name = 'x'") == 0)
}

@Test func aNewerDatabaseIsRefused() throws {
    let connection = try open()
    try schema.migrate(connection)
    #expect(throws: SchemaFailure.newer(found: 4, known: 3)) { try schema(ofVersion: 3).migrate(connection) }
}

@Test func anotherProgramsDatabaseIsRefused() throws {
    let connection = try open()
    try connection.execute("CREATE TABLE theirs (a)")
    #expect(throws: SchemaFailure.foreign(application: 0)) { try schema.migrate(connection) }
    try connection.execute("PRAGMA application_id = 5")
    #expect(throws: SchemaFailure.foreign(application: 5)) { try schema.migrate(connection) }
}
