// Everything that decides what a run does, as a value.

/// How debuggers get at the debug info of JITed code.
public enum DebugInfoMode: String, Sendable, Codable, CaseIterable {
  /// A stub in the target names the debug file on the host by build-id.
  case reference
  /// The complete debug file lies in the target's memory.
  case inline
  /// Nothing is registered.
  case none
}

/// What to run, where, and how.
package struct SessionOptions: Sendable {
  package var location: ExecutorLocation
  package var inputs: [String]
  package var compiler = CompilerOptions()
  /// Takes down what the session does when.
  package let timeLine = TimeLine()
  /// Told what compiling has to tell; the library itself prints nothing.
  package var report: @Sendable (CompilerEvent) -> Void = { _ in }
  /// Told of what works less well than it could, or ended otherwise than by itself.
  package var warn: @Sendable (JITDebugError) -> Void = { _ in }
  /// The program goes on when this process goes.
  package var keepsRunning = false
  /// The function at whose calls changed functions are replaced while the program runs; nil if they are not.
  package var reloadPoint: String? {
    didSet { compiler.separatesSymbols = reloadPoint != nil }
  }
  /// Keeps the program up to date with its sources; nil if it runs once.
  package var watch: SourceWatch?
  /// Told what happens to the program when its sources change.
  package var announce: @Sendable (String) -> Void = { _ in }
  /// Told what a person at a terminal may want to know.
  package var note: @Sendable (String) -> Void = { _ in }
  /// Libraries for the executor to load first.
  package var libraries: [TargetLibrary] = []
  /// What `-l` and `-L` said.
  package var archives = HostArchives()
  package var entry = "main"
  /// The program's arguments, without its name.
  package var arguments: [String] = []
  /// On the target; nil leaves the executor's.
  package var workingDirectory: String?
  package var environment: [(name: String, value: String)] = []
  package var debugInfo = DebugInfoMode.reference
  package var compression = Compression.auto
  /// What happens when the program crashes; only `run` changes it.
  package var crashAction = CrashAction.none
  /// What a held crash is given to.
  package var crashDebugger = Debugger.lldb
  package var waitsForDebugger = false
  /// What to write for profilers.
  package var profilers: ProfilerFiles = []
  /// What `--debug-server` said: of interest here if it is an emulator.
  package var debugServer: String?
  /// Where debuggers may find the sources.
  package var sources = SourceLookup()
  /// Leaves the terminal to somebody else (a debugger): no Ctrl-C and no terminal input for the program.
  package var isDetachedFromTerminal = false

  package init(location: ExecutorLocation, inputs: [String]) {
    self.location = location
    self.inputs = inputs
  }

  /// The program's argv[0]: the first input without its ending, as if it had been compiled beside it.
  var programName: String {
    guard let first = inputs.first else { return "program" }
    let start = first.lastIndex(of: "/").map { first.index(after: $0) } ?? first.startIndex
    guard let dot = first[start...].lastIndex(of: "."), dot > start else { return first }
    return String(first[..<dot])
  }
}

/// What a run cost, for `--stats` and benchmarks. Times in milliseconds, sizes in bytes.
package struct SessionStatistics: Sendable {
  package var connectTime = 0.0
  package var compileTime = 0.0
  package var linkTime = 0.0
  /// From the start until the program was told to run.
  package var startTime = 0.0
  package var roundTrips = 0
  package var bytesSent = 0
  /// What of it, not compressed, became the program's code and data.
  package var contentBytes = 0
  package var debugBytesSent = 0
  package var stubSize = 0
  package var debugFileSize = 0
  package var objects = 0
  /// Sources that were compiled, and those whose objects were there from before.
  package var compiled = 0
  package var cached = 0
  /// The files that were loaded on the target for `--dlopen`.
  package var libraries: [String] = []

  package var json: String {
    func ms(_ x: Double) -> String { String((x * 1000).rounded() / 1000) }
    return
      "{\"schemaVersion\":1,\"connectMs\":\(ms(connectTime)),\"compileMs\":\(ms(compileTime)),\"linkMs\":\(ms(linkTime)),"
      + "\"startMs\":\(ms(startTime)),\"roundTrips\":\(roundTrips),\"bytesSent\":\(bytesSent),"
      + "\"contentBytes\":\(contentBytes),\"debugBytesSent\":\(debugBytesSent),\"stubSize\":\(stubSize),\"debugFileSize\":\(debugFileSize),\"objects\":\(objects),"
      + "\"compiled\":\(compiled),\"cached\":\(cached),"
      + "\"libraries\":[\(libraries.map { (try? JSONText.string($0)) ?? "null" }.joined(separator: ","))]}"
  }
}
