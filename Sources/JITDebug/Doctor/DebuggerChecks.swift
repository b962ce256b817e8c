// The debuggers of this machine: whether they are there, new enough, and set so that they see JITed code.

import Glibc

/// What the debuggers themselves say, as the user would start them, with their init files.
struct DebuggerChecks {
  /// A debugger as it is looked for and asked.
  private struct Candidate {
    var check: Check.ID
    var title: String
    /// The one that jitdebug drives, and what it falls back on.
    var names: [String]
    var arguments: [String]
    /// The words that the line with its version begins with.
    var version: String
    /// The first one whose JIT interface works with all that jitdebug and LLVM register.
    var oldest: Int
    var install: String
  }

  private static let lldbCandidate = Candidate(
    check: .lldb, title: "LLDB", names: ["lldb-22", "lldb"],
    arguments: ["--batch"]
      + ["version", "settings show plugin.jit-loader.gdb.enable", "settings show symbols.enable-external-lookup"]
      .flatMap { ["-o", $0] }, version: "lldb version ", oldest: 22, install: "apt-get install lldb-22 python3-lldb-22")
  private static let gdbCandidate = Candidate(
    check: .gdb, title: "GDB", names: ["gdb"],
    arguments: ["-q", "-batch", "-ex", "show version", "-ex", "show debuginfod enabled"], version: "GNU gdb ",
    oldest: 12, install: "apt-get install gdb")
  /// Of debug servers as well.
  static let oldestLLDB = lldbCandidate.oldest
  /// In seconds; a debugger with many init files starts slowly.
  private static let limit = 20.0

  private let lldb: (name: String, answer: String)?
  private let gdb: (name: String, answer: String)?

  init() {
    lldb = Self.ask(Self.lldbCandidate)
    gdb = Self.ask(Self.gdbCandidate)
  }

  func checks() -> [Check] {
    [Self.check(Self.lldbCandidate, lldb), Self.check(Self.gdbCandidate, gdb), loader, lookups]
  }

  /// What the first one that is there prints.
  private static func ask(_ candidate: Candidate) -> (name: String, answer: String)? {
    for name in candidate.names {
      // 126 and 127 come from scripts that find no debugger either.
      if let (text, status) = ToolOutput.of(name, candidate.arguments, withErrors: true, limit: limit), status < 126 {
        return (name, text)
      }
    }
    return nil
  }

  /// Whether it is there, and new enough.
  private static func check(_ candidate: Candidate, _ found: (name: String, answer: String)?) -> Check {
    guard let found else {
      return Check(
        candidate.check,
        failed: Finding(
          .debuggerMissing, subject: candidate.title, "no \(candidate.names.joined(separator: " and no ")) along PATH",
          remedy: candidate.install))
    }
    let version = version(in: found.answer, of: candidate)
    guard let version, version.major >= candidate.oldest else {
      return Check(
        candidate.check,
        failed: Finding(
          .debuggerOld, subject: candidate.title,
          "\(found.name) is of version \(version?.text ?? "unknown"); \(candidate.oldest) is needed",
          remedy: candidate.install))
    }
    return Check(candidate.check, "\(found.name) \(version.text)")
  }

  /// Of a line such as `lldb version 22.1.8`, `GNU gdb (Debian 13.1-3) 13.1`.
  private static func version(in text: String, of candidate: Candidate) -> (text: String, major: Int)? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(candidate.version) }
    let words = line?.dropFirst(candidate.version.count).split(separator: " ") ?? []
    // What is in parentheses is the distributor's.
    let number = words.last { $0.first?.isNumber == true && !$0.hasSuffix(")") }?.prefix { $0.isNumber || $0 == "." }
    guard let number, let major = number.split(separator: ".").first.flatMap({ Int($0) }) else { return nil }
    return (String(number), major)
  }

  private var loader: Check {
    guard let lldb else { return Check(.loader, "no LLDB to ask") }
    let setting = Self.value(of: "plugin.jit-loader.gdb.enable", in: lldb.answer)
    if setting == "off" {
      return Check(
        .loader,
        failed: Finding(
          .loaderOff, subject: "LLDB", "plugin.jit-loader.gdb.enable is off, by an init file such as ~/.lldbinit"))
    }
    return Check(.loader, "plugin.jit-loader.gdb.enable is \(setting ?? "not known to this LLDB")")
  }

  private var lookups: Check {
    let servers = getenv("DEBUGINFOD_URLS").map { String(cString: $0) } ?? ""
    let name = "symbols.enable-external-lookup"
    let asksLLDB = lldb.map { Self.value(of: name, in: $0.answer) == "true" } ?? false
    let asksGDB = gdb?.answer.contains("Debuginfod functionality is currently set to \"off\"") == false
    guard !servers.isEmpty, asksLLDB || asksGDB else {
      return Check(.lookups, servers.isEmpty ? "no debuginfod server is set" : "switched off in the debuggers")
    }
    let who = [asksLLDB ? "LLDB" : "", asksGDB ? "GDB" : ""].filter { !$0.isEmpty }.joined(separator: " and ")
    return Check(
      .lookups,
      failed: Finding(.lookupsExternal, subject: who, "DEBUGINFOD_URLS is \(servers), and \(who) may ask there"))
  }

  private static func value(of setting: String, in answer: String) -> String? {
    for line in answer.split(separator: "\n") where line.hasPrefix("\(setting) (") {
      return line.split(separator: "=").last.map { String($0.drop { $0 == " " }) }
    }
    return nil
  }
}
