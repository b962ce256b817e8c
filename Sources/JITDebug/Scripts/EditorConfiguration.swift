// Entries of an editor's launch.json by which debug adapters attach to a session, in each adapter's own keys.

/// The debug adapters there are entries for.
package enum DebugAdapter: String, CaseIterable, Sendable {
  case lldbDAP = "lldb-dap"
  case codeLLDB = "codelldb"
  case cpptools
}

package enum EditorConfiguration {
  /// A whole launch.json with an entry for each adapter. Nothing here looks at the file system.
  package static func document(_ target: DebugTarget) throws(JITDebugError) -> String {
    var entries: [JSONValue] = []
    for adapter in DebugAdapter.allCases { entries.append(try entry(adapter, target)) }
    return try JSONText.encode(JSONValue.object(["version": .string("0.2.0"), "configurations": .array(entries)]))
  }

  /// One entry, to be put among an existing launch.json's configurations.
  package static func text(_ adapter: DebugAdapter, _ target: DebugTarget) throws(JITDebugError) -> String {
    try JSONText.encode(try entry(adapter, target))
  }

  /// Whether a file is one entry of this kind, or a launch.json with such entries and nothing else.
  static func isOurs(_ document: FileBytes) -> Bool {
    guard case .object(let keys) = JSONValue(parsing: document) else { return false }
    guard let configurations = keys["configurations"] else { return isOurs(.object(keys)) }
    guard case .array(let entries) = configurations, !entries.isEmpty else { return false }
    return keys.keys.allSatisfy { $0 == "version" || $0 == "configurations" } && entries.allSatisfy(isOurs)
  }

  private static func isOurs(_ entry: JSONValue) -> Bool {
    guard case .object(let keys) = entry, case .string(let name) = keys["name"] else { return false }
    return ["jitdebug session ", "process "].contains { name.hasPrefix($0) }
      && DebugAdapter.allCases.contains { name.hasSuffix(" (\($0.rawValue))") }
  }

  private static func entry(_ adapter: DebugAdapter, _ target: DebugTarget) throws(JITDebugError) -> JSONValue {
    var entry: [String: JSONValue] = [
      "name": .string("\(target.subject) (\(adapter.rawValue))"), "request": .string("attach"),
      "program": .string(target.executorPath),
    ]
    switch adapter {
    case .lldbDAP:
      let steps = try LLDBSteps(target)
      entry["type"] = .string("lldb-dap")
      entry["initCommands"] = lines(steps.settings + steps.commands)
      if target.server == nil {
        entry["pid"] = .number(Double(target.pid))
      } else {
        entry["attachCommands"] = lines(steps.program + steps.connection)
      }
      // Pairs, as their order counts.
      entry["sourceMap"] = .array(target.sourceMap.lldb.map { .array([.string($0.from), .string($0.to)]) })
    case .codeLLDB:
      let steps = try LLDBSteps(target)
      entry["type"] = .string("lldb")
      entry["initCommands"] = lines(steps.settings + steps.commands)
      if target.server == nil {
        entry["pid"] = .number(Double(target.pid))
      } else {
        entry["targetCreateCommands"] = lines(steps.program)
        entry["processCreateCommands"] = lines(steps.connection)
      }
      entry["sourceMap"] = map(target.sourceMap.lldb)
    case .cpptools:
      let steps = try GDBSteps(target)
      entry["type"] = .string("cppdbg")
      if target.server == nil {
        entry["processId"] = .number(Double(target.pid))
      } else {
        // The only request for which cpptools takes commands that connect.
        entry["request"] = .string("launch")
        entry["cwd"] = .string("/")
        entry["customLaunchSetupCommands"] = .array(
          (steps.program + steps.connection).flatMap { setup($0, mayFail: false) })
        entry["launchCompleteCommand"] = .string("None")
      }
      entry["MIMode"] = .string("gdb")
      entry["setupCommands"] = .array(
        steps.settings.flatMap { setup($0, mayFail: false) } + steps.editorCommands.flatMap { setup($0, mayFail: true) }
      )
      entry["sourceFileMap"] = map(target.sourceMap.gdb)
    }
    return .object(entry)
  }

  private static func lines(_ steps: [LaunchStep]) -> JSONValue {
    .array(steps.flatMap(\.commands).map(JSONValue.string))
  }

  private static func setup(_ step: LaunchStep, mayFail: Bool) -> [JSONValue] {
    step.commands.map { command in
      .object([
        "text": .string(command), "description": .string(step.purpose), "ignoreFailures": .bool(mayFail),
      ])
    }
  }

  /// For adapters that want an object: of two rules for one folder, the first counts.
  private static func map(_ rules: [SourceRule]) -> JSONValue {
    .object(Dictionary(rules.map { ($0.from, .string($0.to)) }, uniquingKeysWith: { first, _ in first }))
  }
}
