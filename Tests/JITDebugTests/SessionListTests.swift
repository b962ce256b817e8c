// The list of sessions as a table, and which folders pruning takes.

import Foundation
import SystemPackage
import Testing

@testable import JITDebug

@Suite struct SessionListTests {
  private func store(in scratch: ScratchDirectory) -> SessionStore {
    SessionStore(root: FilePath(scratch.path("sessions")))
  }

  /// A session of a controller that is gone; `change` makes of it what a test needs.
  @discardableResult
  private func add(to store: SessionStore, _ change: (inout SessionDescription) -> Void = { _ in }) throws -> Session {
    var description = SessionDescription(inputs: ["main.c"], workingDirectory: "/")
    description.created = "2026-03-01T12:00:00.250Z"
    description.controllerStartTime = 1
    change(&description)
    return try store.create(description)
  }

  /// 2026-03-01T12:00:00Z and as many seconds.
  private func table(of store: SessionStore, after seconds: Int, width: Int? = nil) throws -> [String] {
    try SessionList(of: store, prune: false).table(width: width, now: 1_772_366_400 + seconds)
      .split(separator: "\n").map(String.init)
  }

  @Test func agesAreInTheLargestFullUnit() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let id = try add(to: store).id
    for (seconds, age) in [
      (-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86399, "23 h"),
      (86400, "1 d"), (864_000, "10 d"),
    ] {
      let line = try #require(try table(of: store, after: seconds).last)
      #expect(line == "\(id)  abandoned  \(age)  -    local     main.c")
    }
    #expect(Timestamp.seconds("2026-03-01T12:00:00.250Z") == 1_772_366_400)
    #expect(Timestamp.seconds("yesterday") == nil)
  }

  @Test func columnsAreAsWideAsTheirTexts() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let first = try add(to: store) {
      $0.endpoint = "[2001:db8::1]:4711"
      $0.pid = 4_194_303
      $0.inputs = ["/a/b/server.c", "lib/mongoose.c"]
      $0.state = .ended
      $0.end = .init(.signaled, value: 11, time: Timestamp.now)
    }.id
    let second = try add(to: store) {
      $0.state = .ended
      $0.end = .init(.failed, message: "does not compile", time: Timestamp.now)
    }.id
    let third = try add(to: store) { $0.controllerStartTime = ProcessIdentity.current.startTime }.id
    #expect(
      try table(of: store, after: 60) == [
        "ID       STATE      AGE    PID      EXECUTOR            INPUTS",
        "\(first)  signal 11  1 min  4194303  [2001:db8::1]:4711  server.c mongoose.c",
        "\(second)  failed     1 min  -        local               main.c (does not compile)",
        "\(third)  starting   1 min  -        local               main.c",
      ])
    let narrow = try table(of: store, after: 60, width: 60)
    #expect(narrow.allSatisfy { $0.count <= 60 } && narrow[1].hasSuffix("[2001:db8::1]:4711  ser…"))
  }

  /// The document other programs read.
  @Test func theDocumentIsStable() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let gone = try add(to: store)
    let running = try add(to: store) {
      $0.controllerStartTime = ProcessIdentity.current.startTime
      $0.endpoint = "127.0.0.1:7000"
      $0.pid = 17
      $0.triple = "x86_64-unknown-linux-gnu"
      $0.arguments = ["a"]
    }
    let broken = try add(to: store)
    try Data("{".utf8).write(to: URL(filePath: broken.folder.appending("session.json").string))
    var list = try SessionList(of: store, prune: true)
    list.pruned?.bytes = 1000
    #expect(
      try list.json() == """
        {
          "problems" : [
            {
              "path" : "\(broken.folder)/session.json",
              "reason" : "is no session description: it is not valid JSON",
              "remedy" : "if its session is of no more use, remove \(broken.folder)"
            }
          ],
          "pruned" : {
            "bytes" : 1000,
            "ids" : [
              "\(gone.id)"
            ]
          },
          "schemaVersion" : 1,
          "sessions" : [
            {
              "arguments" : [
                "a"
              ],
              "created" : "2026-03-01T12:00:00.250Z",
              "endpoint" : "127.0.0.1:7000",
              "folder" : "\(running.folder)",
              "id" : "\(running.id)",
              "inputs" : [
                "main.c"
              ],
              "pid" : 17,
              "status" : "running",
              "triple" : "x86_64-unknown-linux-gnu"
            }
          ]
        }

        """)
  }

  @Test func pruningKeepsWhatIsStillInUse() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let outside = try scratch.write("kept", to: "outside")
    let gone = try add(to: store)
    try FileManager.default.createSymbolicLink(
      atPath: gone.folder.appending("link").string, withDestinationPath: outside)
    let running = try add(to: store) { $0.controllerStartTime = ProcessIdentity.current.startTime }
    // The program has ended, but its debugger is still at the prompt.
    let held = try add(to: store) {
      $0.controllerStartTime = ProcessIdentity.current.startTime
      $0.state = .ended
      $0.end = .init(.exited, value: 0, time: Timestamp.now)
    }
    let list = try SessionList(of: store, prune: true)
    #expect(list.pruned?.ids == [gone.id])
    #expect(list.sessions.map(\.id) == [running.id, held.id])
    #expect(list.pruningReport?.hasPrefix("removed 1 session, ") == true)
    #expect(FileManager.default.fileExists(atPath: outside))
    #expect(try SessionList(of: store, prune: false).pruned == nil)
  }

  @Test func foldersWithoutADescriptionAreTakenWhenOld() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    try add(to: store)
    for (name, age) in [("0000001", SessionStore.startLimit + 60), ("0000002", SessionStore.startLimit - 60)] {
      let path = store.root.appending(name).string
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -Double(age))], ofItemAtPath: path)
    }
    // Strangers, however old, are none of the store's business.
    let strange = store.root.appending("notes").string
    try FileManager.default.createDirectory(atPath: strange, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: strange)
    let (pruned, problems) = try store.prune()
    #expect(pruned.ids.first == "0000001" && pruned.ids.count == 2 && problems.isEmpty)
    #expect(try StoreFiles.names(in: store.root) == ["0000002", "notes"])
    #expect(try store.prune().pruned == PrunedSessions())
  }

  @Test func whatCannotBeReadIsReportedOnceAndStays() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let broken = try add(to: store)
    let file = broken.folder.appending("session.json").string
    try Data(#"{"schemaVersion": 99}"#.utf8).write(to: URL(filePath: file))
    let gone = try add(to: store)
    let list = try SessionList(of: store, prune: true)
    #expect(list.pruned?.ids == [gone.id])
    #expect(list.problems.map(\.path) == [file])
    #expect(list.problems.first?.reason.hasPrefix("was written by a newer jitdebug") == true)
    #expect(FileManager.default.fileExists(atPath: file))
  }
}
