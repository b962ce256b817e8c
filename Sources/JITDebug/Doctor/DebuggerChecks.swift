// The debuggers of this machine: whether they are there, new enough, and set so that they see JITed code.

import Glibc

/// What the debuggers themselves say, as the user would start them, with their init files.
struct DebuggerChecks {
  /// The LLDB that jitdebug drives, and what it falls back on.
  static let lldbNames = ["lldb-22", "lldb"]
  /// The first versions whose JIT interface works with all that jitdebug and LLVM register.
  static let oldest = (lldb: 22, gdb: 12)

  private let lldb: (name: String, answer: String)?
  private let gdb: String?

  init() {
    var found: (String, String)?
    for name in Self.lldbNames where found == nil {
      let commands = [
        "version", "settings show plugin.jit-loader.gdb.enable", "settings show symbols.enable-external-lookup",
      ]
      if let answer = ToolAnswer.of(name, ["--batch"] + commands.flatMap { ["-o", $0] }) { found = (name, answer) }
    }
    lldb = found
    gdb = ToolAnswer.of("gdb", ["-q", "-batch", "-ex", "show version", "-ex", "show debuginfod enabled"])
  }

  func checks() -> [Check] { [lldbCheck, gdbCheck, loader, lookups] }

  private var lldbCheck: Check {
    guard let lldb else {
      return Check(
        .lldb,
        failed: Finding(
          .debuggerMissing, subject: "LLDB", "no \(Self.lldbNames.joined(separator: " and no ")) along PATH",
          remedy: "apt-get install lldb-22 python3-lldb-22"))
    }
    let version = Self.version(in: lldb.answer, after: "lldb version ")
    guard let version, version.major >= Self.oldest.lldb else {
      return Check(
        .lldb,
        failed: Finding(
          .debuggerOld, subject: "LLDB",
          "\(lldb.name) is of version \(version?.text ?? "unknown"); \(Self.oldest.lldb) is needed",
          remedy: "apt-get install lldb-22 python3-lldb-22"))
    }
    return Check(.lldb, "\(lldb.name) \(version.text)")
  }

  private var gdbCheck: Check {
    guard let gdb else {
      return Check(
        .gdb, failed: Finding(.debuggerMissing, subject: "GDB", "no gdb along PATH", remedy: "apt-get install gdb"))
    }
    let line = gdb.split(separator: "\n").first { $0.hasPrefix("GNU gdb") }.map(String.init) ?? ""
    let version = line.split(separator: " ").last.flatMap { Self.version(in: String($0), after: "") }
    guard let version, version.major >= Self.oldest.gdb else {
      return Check(
        .gdb,
        failed: Finding(
          .debuggerOld, subject: "GDB",
          "gdb is of version \(version?.text ?? "unknown"); \(Self.oldest.gdb) is needed",
          remedy: "apt-get install gdb"))
    }
    return Check(.gdb, "gdb \(version.text)")
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
    let asksGDB = gdb?.contains("Debuginfod functionality is currently set to \"off\"") == false
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

  private static func version(in text: String, after prefix: String) -> (text: String, major: Int)? {
    guard let start = prefix.isEmpty ? text.startIndex : text.firstRange(of: prefix)?.upperBound else { return nil }
    let number = text[start...].prefix { $0.isNumber || $0 == "." }
    return number.split(separator: ".").first.flatMap { Int($0) }.map { (String(number), $0) }
  }
}

/// What a program prints.
enum ToolAnswer {
  /// In seconds; a debugger with many init files starts slowly.
  private static let limit = 20

  /// Nil if it is not there, or takes too long.
  static func of(_ program: String, _ arguments: [String]) -> String? {
    guard let pipe = try? OutputPipe() else { return nil }
    let nothing = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
    var options = ChildProcess.Options()
    options.descriptors = [(0, nothing.raw), (1, pipe.writer.raw), (2, pipe.writer.raw)]
    options.ownProcessGroup = true
    guard let child = try? ChildProcess("timeout", ["\(limit)", program] + arguments, options) else { return nil }
    let bytes = pipe.readToEnd() ?? []
    let end = child.wait()
    // timeout(1): 124 when time is up, 126 and 127 where there is nothing to run.
    guard ![.exited(124), .exited(126), .exited(127)].contains(end) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
