// Sessions on disk: where they go, how they are told apart, what is read back, and what is said of broken ones.

import Foundation
import SystemPackage
import Testing

@testable import JITDebug

@Suite struct StoreTests {
  private func store(in scratch: ScratchDirectory) -> SessionStore {
    SessionStore(root: FilePath(scratch.path("sessions")))
  }

  private var description: SessionDescription {
    SessionDescription(
      inputs: ["main.c", "sub/other.o"], arguments: ["a", "b c"], endpoint: "127.0.0.1:7000",
      workingDirectory: "/home/me")
  }

  /// A description of a session whose controller is long gone: no process of today started at tick 1.
  private var abandoned: SessionDescription {
    var description = description
    description.controllerStartTime = 1
    return description
  }

  @Test func theRootFollowsTheXDGSpecification() throws {
    let cases: [(String?, String?, String?)] = [
      ("/state", "/home/me", "/state/jitdebug/sessions"), ("/state/", nil, "/state/jitdebug/sessions"),
      (nil, "/home/me", "/home/me/.local/state/jitdebug/sessions"),
      ("", "/home/me", "/home/me/.local/state/jitdebug/sessions"),
      ("relative", "/home/me", "/home/me/.local/state/jitdebug/sessions"), (nil, nil, nil), ("x", "y", nil),
      (nil, "", nil),
    ]
    for (stateHome, home, expected) in cases {
      if let expected {
        #expect(try SessionStore.root(stateHome: stateHome, home: home).string == expected)
      } else {
        let error = #expect(throws: JITDebugError.self) { try SessionStore.root(stateHome: stateHome, home: home) }
        #expect(error?.remedy?.contains("XDG_STATE_HOME") == true)
      }
    }
  }

  @Test func namesSortByTime() {
    let times: [(Int, Int)] = [
      (0, 0), (1_735_689_600, 0), (1_735_689_600, 31_250_000), (1_735_689_601, 0), (1_800_000_000, 999_999_999),
      (1_800_000_001, 0), (2_700_000_000, 0),
    ]
    let names = times.map { SessionID.text(SessionID.tick(timespec(tv_sec: $0.0, tv_nsec: $0.1))) }
    #expect(names[0] == "0000000" && names[1] == "0000000" && names[2] == "0000001" && names[3] == "0000010")
    #expect(names == names.sorted())
    #expect(Set(names).count == names.count - 1)
    #expect(names.allSatisfy(SessionID.isValid))
    #expect(!SessionID.isValid("../../x") && !SessionID.isValid("000000") && !SessionID.isValid("000000U"))
  }

  @Test func timesAreISO8601() throws {
    #expect(Timestamp.text(timespec(tv_sec: 0, tv_nsec: 0)) == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp.text(timespec(tv_sec: 1_772_368_205, tv_nsec: 250_900_000)) == "2026-03-01T12:30:05.250Z")
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    #expect(abs(try style.parse(Timestamp.now).timeIntervalSinceNow) < 60)
  }

  @Test func aSessionIsReadBackAsItWasWritten() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    var session = try store.create(description)
    #expect(session.description.id == session.folder.lastComponent?.string)
    #expect(session.status == .running)
    for path in [store.root, session.folder] {
      let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
    try session.update { description in
      description.triple = "x86_64-unknown-linux-gnu"
      description.pid = 4711
      description.generations = [
        .init(
          code: TargetRange(start: TargetAddress(0xffff_ffff_ffff_f000), size: 0x1000),
          data: TargetRange(start: TargetAddress(0x7f00_0000_1000), size: 5), mode: .reference,
          buildID: String(repeating: "a5", count: 20), debugFile: "/x/y.debug",
          registered: TargetRange(start: TargetAddress(0x7f00_0000_2000), size: 900))
      ]
    }
    let (sessions, problems) = try store.sessions()
    #expect(problems.isEmpty)
    #expect(sessions.map(\.description) == [session.description])
    #expect(try store.session(session.id).description == session.description)

    try session.update {
      $0.state = .ended
      $0.end = .init(.signaled, value: 11, time: Timestamp.now)
    }
    #expect(try store.session(session.id).status == .ended)
    #expect(try store.session(session.id).description.end?.value == 11)
    #expect(try FileManager.default.contentsOfDirectory(atPath: session.folder.string) == ["session.json"])
  }

  /// The document other programs read.
  @Test func theDocumentIsStable() throws {
    var description = description
    description.id = "0abcdef"
    description.created = "2026-03-01T12:30:05.250Z"
    description.triple = "x86_64-unknown-linux-gnu"
    description.pid = 17
    description.controllerPid = 16
    description.controllerStartTime = 12345
    description.state = .ended
    description.end = .init(.exited, value: 3, time: "2026-03-01T12:31:00.000Z")
    description.executorPath = "/usr/bin/jitdebug-executor"
    description.generations = [
      .init(
        code: TargetRange(start: TargetAddress(0x1000), size: 4096),
        data: TargetRange(start: TargetAddress(0x2000), size: 0), mode: .none)
    ]
    #expect(
      try Session.json(description) == """
        {
          "arguments" : [
            "a",
            "b c"
          ],
          "controllerPid" : 16,
          "controllerStartTime" : 12345,
          "created" : "2026-03-01T12:30:05.250Z",
          "end" : {
            "kind" : "exited",
            "time" : "2026-03-01T12:31:00.000Z",
            "value" : 3
          },
          "endpoint" : "127.0.0.1:7000",
          "executorPath" : "/usr/bin/jitdebug-executor",
          "generations" : [
            {
              "code" : {
                "size" : 4096,
                "start" : "0x1000"
              },
              "data" : {
                "size" : 0,
                "start" : "0x2000"
              },
              "mode" : "none"
            }
          ],
          "id" : "0abcdef",
          "inputs" : [
            "main.c",
            "sub/other.o"
          ],
          "pid" : 17,
          "schemaVersion" : 1,
          "state" : "ended",
          "triple" : "x86_64-unknown-linux-gnu",
          "workingDirectory" : "/home/me"
        }

        """)
  }

  @Test func simultaneousSessionsGetNamesOfTheirOwn() async throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let time = timespec(tv_sec: 1_800_000_000, tv_nsec: 0)
    let names = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<50 { group.addTask { try store.create(description, at: time).id } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(names).count == 50)
    #expect(try store.sessions().sessions.map(\.id) == names.sorted())
  }

  @Test func aReusedPidIsNotTheController() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    #expect(try store.create(description).status == .running)
    #expect(try store.create(abandoned).status == .abandoned)

    let process = Process()
    process.executableURL = URL(filePath: "/bin/cat")
    let input = Pipe()
    process.standardInput = input
    try process.run()
    let child = try #require(ProcessIdentity(pid: process.processIdentifier))
    #expect(child.isAlive)
    #expect(!ProcessIdentity(pid: child.pid, startTime: child.startTime + 1).isAlive)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(!child.isAlive)
    #expect(ProcessIdentity.current.startTime > 0 && ProcessIdentity.current.isAlive)
  }

  /// The name in /proc/PID/stat may look like anything, such as the fields behind it.
  @Test func aProcessNameCannotConfuse() throws {
    let scratch = try ScratchDirectory()
    let program = scratch.path(") R 1 2 (")
    try FileManager.default.copyItem(atPath: "/bin/cat", toPath: program)
    let process = Process()
    process.executableURL = URL(filePath: program)
    let input = Pipe()
    process.standardInput = input
    try process.run()
    let child = ProcessIdentity(pid: process.processIdentifier)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(try #require(child).startTime >= ProcessIdentity.current.startTime)
  }

  @Test func theOnlyRunningSession() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let none = #expect(throws: JITDebugError.self) { try store.onlyRunningSession() }
    #expect(none?.description == "error: no session is running\nnote: start one with: jitdebug run")
    _ = try store.create(abandoned)
    #expect(throws: JITDebugError.self) { try store.onlyRunningSession() }
    let first = try store.create(description)
    #expect(try store.onlyRunningSession().id == first.id)
    let second = try store.create(description)
    let several = #expect(throws: JITDebugError.self) { try store.onlyRunningSession() }
    #expect(
      several?.description
        == "error: 2 sessions are running\nnote: choose with --session: \(first.id) (main.c other.o), \(second.id) (main.c other.o)"
    )
    let unknown = #expect(throws: JITDebugError.self) { try store.session("../\(first.id)") }
    #expect(unknown?.reason.hasPrefix("there is none of this name") == true)
  }

  @Test(arguments: [
    ("", "is no session description: it is not valid JSON"), ("{", "is no session description: it is not valid JSON"),
    ("[]", "is no session description: it is not a JSON object"),
    ("{}", "is no session description: schemaVersion is missing"),
    (#"{"schemaVersion": "1"}"#, "is no session description: schemaVersion has the wrong type"),
    (#"{"schemaVersion": 1}"#, "is no session description: id is missing"),
    (#"{"schemaVersion": 2}"#, "was written by a newer jitdebug (schema version 2, known is 1)"),
  ])
  func brokenDescriptionsAreReportedOneByOne(_ content: String, _ reason: String) throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let good = try store.create(description)
    let broken = try store.create(description)
    let file = broken.folder.appending("session.json").string
    try Data(content.utf8).write(to: URL(filePath: file))
    let (sessions, problems) = try store.sessions()
    #expect(sessions.map(\.id) == [good.id])
    #expect(problems.map(\.reason) == [reason])
    #expect(problems.first?.subject == file)
    #expect(problems.first?.remedy != nil)
    #expect(problems.first?.description.split(separator: "\n").count == 2)
    // The others can still be used.
    #expect(try store.onlyRunningSession().id == good.id)
  }

  @Test func brokenFieldsAreNamed() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    var session = try store.create(description)
    try session.update {
      $0.generations = [
        .init(
          code: TargetRange(start: TargetAddress(0x1000), size: 1), data: TargetRange(start: TargetAddress(0), size: 0),
          mode: .inline)
      ]
    }
    let file = session.folder.appending("session.json").string
    let text = try String(contentsOfFile: file, encoding: .utf8)
    for (old, new, reason) in [
      ("\"0x1000\"", "\"1000\"", "generations.[0].code.start: \"1000\" is not an address"),
      ("\"0x1000\"", "7", "generations.[0].code.start has the wrong type"),
      ("\"running\"", "\"paused\"", "state: "), ("\"inline\"", "null", "generations.[0].mode is null"),
    ] {
      try text.replacingOccurrences(of: old, with: new).write(toFile: file, atomically: true, encoding: .utf8)
      let error = #expect(throws: JITDebugError.self) { try store.session(session.id) }
      #expect(error?.reason.hasPrefix("is no session description: \(reason)") == true, "\(error?.reason ?? "")")
    }
  }

  /// What is not a session's folder, or not one yet, is none of the store's business.
  @Test func strangersAreIgnored() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    #expect(try store.sessions().sessions.isEmpty)
    let session = try store.create(description)
    for name in ["notes.txt", "0zzzzzz", "a b"] {
      try FileManager.default.createDirectory(
        atPath: store.root.appending(name).string, withIntermediateDirectories: false)
    }
    let (sessions, problems) = try store.sessions()
    #expect(sessions.map(\.id) == [session.id] && problems.isEmpty)
  }

  @Test func placesThatCannotBeWrittenSaySo() throws {
    let scratch = try ScratchDirectory()
    try scratch.write("", to: "file")
    for root in [scratch.path("file/sessions"), "/proc/nowhere/sessions"] {
      let error = #expect(throws: JITDebugError.self) { try SessionStore(root: FilePath(root)).create(description) }
      #expect(error?.reason.hasPrefix("cannot be created: ") == true)
      #expect(error?.remedy == "make that directory writable, or set XDG_STATE_HOME to one that is")
    }
    // A read-only directory; root may write there all the same.
    let store = store(in: scratch)
    var session = try store.create(description)
    try FileManager.default.removeItem(atPath: session.folder.string)
    let error = #expect(throws: JITDebugError.self) { try session.update { $0.pid = 1 } }
    #expect(error?.reason == "cannot be written: no such file or directory")
    #expect(error?.subject == session.folder.appending("session.json").string)
  }

  @Test func oldSessionsAreRemovedWithEverythingInThem() throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let running = try store.create(description)
    let outside = try scratch.write("kept", to: "outside")
    let gone = try (0..<5).map { _ in
      let session = try store.create(abandoned)
      try session.write("script", to: session.folder.appending("launch.lldb"))
      let folder = session.debugStore.path(buildID: [UInt8](repeating: 1, count: 20)).removingLastComponent().string
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: outside)
      return session
    }
    try store.removeOldest(keeping: 2)
    #expect(try store.sessions().sessions.map(\.id) == ([running] + gone.suffix(2)).map(\.id))
    try store.removeOldest(keeping: 0)
    #expect(try store.sessions().sessions.map(\.id) == [running.id])
    #expect(FileManager.default.fileExists(atPath: outside))
  }

  /// A reader at any moment finds a whole document.
  @Test func updatesAreNeverSeenHalfDone() async throws {
    let scratch = try ScratchDirectory()
    let store = store(in: scratch)
    let created = try store.create(description)
    let id = created.id
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var session = created
        for index in 0..<300 { try session.update { $0.inputs = Array(repeating: "input\(index).c", count: index) } }
      }
      group.addTask {
        for _ in 0..<300 {
          let inputs = try store.session(id).description.inputs
          #expect(inputs.isEmpty || inputs == ["main.c", "sub/other.o"] || inputs.allSatisfy { $0 == inputs[0] })
        }
      }
      try await group.waitForAll()
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: created.folder.string) == ["session.json"])
  }

  @Test func debugFilesLieWhereDebuggersLook() throws {
    let scratch = try ScratchDirectory()
    let nothing = TargetRange(start: TargetAddress(0x1000), size: 0)
    let image = try LinkedImage(
      machine: ELF.EM_X86_64, code: nothing, data: nothing, symbols: [],
      debugSections: [.init(name: ".debug_str", bytes: [UInt8](repeating: 65, count: 100_000))], ehFrame: nil
    ).makeDebugImage()
    let store = DebugStore(root: FilePath(scratch.path("debug")))
    let path = try store.add(image)
    #expect(try store.add(image) == path)
    let hex = BuildID.hex(image.buildID)
    #expect(path.string == scratch.path("debug/.build-id/\(hex.prefix(2))/\(hex.dropFirst(2)).debug"))
    #expect(try Array(Data(contentsOf: URL(filePath: path.string))) == image.debugFile)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path.removingLastComponent().string).count == 1)
  }
}
