// A source map as text: for people, debuggers, editors and programs.

import Glibc

extension SourceMap {
  package enum Format: String, CaseIterable, Sendable { case table, lldb, gdb, vscode, json }

  /// The map in a format, and rules left out of it because their destination is gone: LLDB would refuse them.
  package func text(_ format: Format) throws(JITDebugError) -> (text: String, warnings: [JITDebugError]) {
    let (rules, dropped) = debuggerRules.checked { access($0, F_OK) == 0 }
    let text =
      switch format {
      case .table: table
      case .lldb: try rules.lldb.map { (rule) throws(JITDebugError) in try rule.lldbCommand + "\n" }.joined()
      case .gdb: try rules.gdb.map { (rule) throws(JITDebugError) in try rule.gdbCommand + "\n" }.joined()
      case .vscode: try editorKeys(rules)
      case .json: try json(rules)
      }
    return (text, dropped.map(\.droppedWarning))
  }

  // MARK: For people

  private var table: String {
    var lines: [String] = []
    if !rules.isEmpty { lines += ["rules:"] + rules.map { "  \($0.from) -> \($0.to)" } + [""] }
    let listed = entries.filter { $0.status != .found || $0.path != $0.file.path }
    if !listed.isEmpty {
      lines += ["status   functions  file"] + listed.map(Self.row) + [""]
    }
    let recorded = entries.count - listed.count
    var counts = "\(entries.count) \(entries.count == 1 ? "file" : "files"): \(count(.found)) found"
    if recorded > 0 { counts += " (\(recorded) as recorded)" }
    lines.append("\(counts), \(count(.changed)) changed, \(count(.missing)) missing")
    if functionsWithoutSource > 0 { lines.append(missingSummary) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func row(_ entry: Entry) -> String {
    func padded(_ text: String, _ width: Int, atEnd: Bool) -> String {
      let space = String(repeating: " ", count: max(0, width - text.count))
      return atEnd ? text + space : space + text
    }
    let place = entry.path.map { $0 == entry.file.path ? "" : " -> \($0)" } ?? ambiguity(entry)
    return
      "\(padded(entry.status.rawValue, 7, atEnd: true))  \(padded("\(entry.file.functions)", 9, atEnd: false))  \(entry.file.path)\(place)"
  }

  /// Why a file counts as missing although there are some of its name.
  private static func ambiguity(_ entry: Entry) -> String {
    switch entry.alternatives.count {
    case 0: ""
    case 1: " (\(entry.alternatives[0]) has the name, but another text)"
    case let count: " (\(count) files have the name, such as \(entry.alternatives[0]))"
    }
  }

  // MARK: For editors

  /// What goes into the entry of `launch.json` for each adapter.
  private func editorKeys(_ rules: SourceRules) throws(JITDebugError) -> String {
    func pairs(_ rules: [SourceRule], _ join: String, _ open: String, _ close: String) throws(JITDebugError) -> String {
      let items = try rules.map { (rule) throws(JITDebugError) in
        "\n      \(open)\(try JSONText.string(rule.from))\(join)\(try JSONText.string(rule.to))\(close)"
      }
      return items.isEmpty ? "" : items.joined(separator: ",") + "\n    "
    }
    return """
      {
        "lldb-dap": {
          "sourceMap": [\(try pairs(rules.lldb, ", ", "[", "]"))]
        },
        "codelldb": {
          "sourceMap": {\(try pairs(rules.lldb, ": ", "", ""))}
        },
        "cpptools": {
          "sourceFileMap": {\(try pairs(rules.gdb, ": ", "", ""))}
        }
      }

      """
  }

  // MARK: For programs

  /// What `--json` prints.
  private struct Document: Encodable {
    var schemaVersion = 1
    /// One for each file that debug info names.
    var files: [File]
    /// The smallest set; the first that fits counts.
    var rules: [SourceRule]
    /// The same as each debugger has to be given it.
    var debuggerRules: SourceRules
    /// How many files are in each state.
    var found: Int
    var changed: Int
    var missing: Int
    /// Functions whose file is missing.
    var functionsWithoutSource: Int
    /// Lines about what could not be read.
    var problems: [String]

    struct File: Encodable {
      /// As recorded.
      var recorded: String
      /// found, changed or missing.
      var status: Status
      /// Where it is; absent if missing.
      var path: String?
      /// Files of its name, where nothing tells which of them it is; absent if there are none.
      var candidates: [String]?
      /// 32 hexadecimal digits; absent if not recorded.
      var md5: String?
      /// How many functions with code are declared in it.
      var functions: Int
    }
  }

  private func json(_ rules: SourceRules) throws(JITDebugError) -> String {
    let files = entries.map { entry in
      Document.File(
        recorded: entry.file.path, status: entry.status, path: entry.path,
        candidates: entry.path != nil || entry.alternatives.isEmpty ? nil : entry.alternatives,
        md5: entry.file.md5.map(BuildID.hex), functions: entry.file.functions)
    }
    return try JSONText.encode(
      Document(
        files: files, rules: self.rules, debuggerRules: rules, found: count(.found), changed: count(.changed),
        missing: count(.missing), functionsWithoutSource: functionsWithoutSource,
        problems: problems.map { $0.subject.isEmpty ? $0.reason : "\($0.subject): \($0.reason)" }))
  }
}

extension SourceRule {
  var lldbCommand: String {
    get throws(JITDebugError) {
      "settings append target.source-map \(try Quoting.lldbSetting(from)) \(try Quoting.lldbSetting(to))"
    }
  }

  var gdbCommand: String {
    get throws(JITDebugError) { "set substitute-path \(try Quoting.gdb(from)) \(try Quoting.gdb(to))" }
  }

  /// For a rule that is left out because nothing is there.
  var droppedWarning: JITDebugError {
    JITDebugError(.debugger, to, "does not exist, so sources of \(from) are not looked for there")
  }
}

extension SourceMap {
  /// The same rules as a profile.
  package func profile(name: String, triple: String?, lookup: SourceLookup) -> SourceProfile {
    let home = getenv("HOME").map { String(cString: $0) } ?? ""
    func portable(_ path: String) -> String {
      home.count > 1 && path.hasPrefix(home + "/") ? "${HOME}" + path.dropFirst(home.count) : path
    }
    return SourceProfile(
      name: name, triple: triple, rules: rules.map { .init(from: $0.from, to: portable($0.to)) },
      sources: lookup.roots.map(portable))
  }
}
