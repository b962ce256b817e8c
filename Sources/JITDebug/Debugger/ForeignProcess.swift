// Processes that jitdebug did not start: what debuggers need to know of another JIT's process, to be started or ended.

import Glibc
import SystemPackage

/// What to give to a debugger.
package enum ForeignSubject: Sendable {
  case process(Int32)
  /// Started by the debugger: the program and its arguments, and variables beside this process's own.
  case command([String], environment: [(name: String, value: String)])
  /// A core file, and the program it is of if that is not the one it names.
  case core(String, program: String?)
}

extension DebugTarget {
  /// A process of no session, such as another JIT's: its code may bring its debug info, or have it in the system's folder.
  package init(foreign pid: Int32) throws(JITDebugError) {
    guard ProcessFacts.isRunning(pid) else {
      throw JITDebugError(
        .usage, "process \(pid)", "there is no such process on this machine",
        remedy: "without --pid, it is for the running session")
    }
    self.init(foreign: ProcessFacts.usableExecutable(of: pid), pid: pid)
  }

  /// A process that the debugger is to start.
  package init(launching command: [String], environment: [(name: String, value: String)]) throws(JITDebugError) {
    let line = try ProgramFile.resolve(command)
    self.init(foreign: line[0], pid: 0)
    approach = .launch(arguments: Array(line.dropFirst()), environment: environment)
  }

  /// - Parameter program: the program file that the core file is of.
  package init(core path: String, program: String) {
    self.init(foreign: program, pid: 0)
    approach = .core(path)
  }

  private init(foreign program: String, pid: Int32) {
    self.init(
      sessionID: "", pid: pid, executorPath: program, sessionFolder: "", debugFolder: "/usr/lib/debug",
      stop: .anywhere)
    hasForeignHooks = true
  }
}

/// Finding the file that the kernel would run for a command.
package enum ProgramFile {
  /// The command with the program as an absolute path; where that is a script, with its interpreter before it.
  package static func resolve(_ command: [String]) throws(JITDebugError) -> [String] {
    guard let name = command.first else {
      throw JITDebugError(.usage, "--", "no command follows", remedy: "write `-- PROGRAM ARGUMENT…`")
    }
    var line = [try find(name)] + command.dropFirst()
    // As many as the kernel follows.
    for _ in 0..<4 {
      guard let words = interpreter(of: line[0]) else { return line }
      line = words + line
    }
    throw JITDebugError(.usage, name, "is a script of a script of a script", remedy: "name the program that reads it")
  }

  private static func find(_ name: String) throws(JITDebugError) -> String {
    if name.contains("/") {
      guard let number = refusal(name) else { return SourceLookup(given: [name], profiles: []).roots[0] }
      throw JITDebugError(.usage, name, "cannot be run: \(systemMessage(number).lowercasedFirst)")
    }
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    for folder in folders.split(separator: ":") where refusal("\(folder)/\(name)") == nil {
      return "\(folder)/\(name)"
    }
    throw JITDebugError(.usage, name, "there is no such program in PATH", remedy: "name it by its path")
  }

  /// Why the kernel would not run a file, as an errno value; nil if it would. A folder may be searched, which is X_OK too.
  private static func refusal(_ path: String) -> Int32? {
    if access(path, X_OK) != 0 { return errno }
    return isRegularFile(path) ? nil : EISDIR
  }

  /// The words of a `#!` line.
  private static func interpreter(of path: String) -> [String]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(file, &bytes, bytes.count)
    guard count > 2, bytes[0] == UInt8(ascii: "#"), bytes[1] == UInt8(ascii: "!") else { return nil }
    let line = String(decoding: bytes[2..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    // One argument at most: the rest of the line.
    let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
    return words.isEmpty ? nil : words
  }
}

/// The folders of launch scripts for processes that are no sessions: `processes` beside the sessions.
package enum ForeignFolder {
  /// A folder named after a process, empty; those of processes that have ended are removed.
  package static func make(_ name: String, store: SessionStore) throws(JITDebugError) -> FilePath {
    let root = store.root.removingLastComponent().appending("processes")
    try StoreFiles.createDirectories(root)
    for old in try StoreFiles.names(in: root) {
      // NAME-PID: of the process, or of the jitdebug that uses the folder.
      let pid = old.split(separator: "-").last.flatMap { Int32($0) }
      if pid.map({ !ProcessFacts.isRunning($0) }) ?? false { _ = try? StoreFiles.removeTree(root.appending(old)) }
    }
    let folder = root.appending(name)
    try StoreFiles.createDirectories(folder)
    return folder
  }
}
