// What `jitdebug inspect` prints for people: the hooks, a row for each entry, and what is wrong.

extension InspectionReport {
  private static let titles = [
    "ENTRY", "OBJECT", "SIZE", "KIND", "CODE", "FUNCTIONS", "SOURCES", "BUILD-ID", "GENERATION", "HOOK",
  ]

  /// The list of all entries.
  package var table: String {
    var text = head
    if !entries.isEmpty {
      let rows = entries.map { entry in
        [
          "\(entry.index)", entry.object.description, "\(entry.size)", entry.kind.rawValue,
          entry.code?.description ?? "-", "\(entry.functionCount)",
          entry.sources.isEmpty
            ? "-" : SourcePath.name(Self.mainSource(entry.sources)) + Self.more(entry.sources.count),
          entry.buildID.map { String($0.prefix(16)) } ?? "-", entry.generation.map { "\($0)" } ?? "-",
          SourcePath.name(hooks[entry.hook].module),
        ]
      }
      text += Self.columns([Self.titles] + rows)
    }
    return text + findingText
  }

  private static func mainSource(_ sources: [Source]) -> String {
    (sources.first { $0.functions > 0 } ?? sources[0]).path
  }
  private static func more(_ count: Int) -> String { count > 1 ? " +\(count - 1)" : "" }

  /// Everything about one entry.
  package var details: String {
    var text = head
    for entry in entries {
      text += "entry \(entry.index) at \(entry.address)\n"
      var facts = [
        ["object", "\(entry.object), \(entry.size) bytes, \(entry.kind.rawValue)"],
        ["hook", hooks[entry.hook].module],
      ]
      if let id = entry.buildID { facts.append(["build-id", id]) }
      if let file = entry.debugFile { facts.append(["debug file", file]) }
      if let generation = entry.generation { facts.append(["generation", "\(generation)"]) }
      facts += entry.producers.map { ["producer", $0] }
      text += Self.columns(facts.map { ["", $0[0], $0[1]] })
      text += Self.section(
        "memory", entry.ranges.map { [$0.name, $0.range.description, $0.isExecutable ? "code" : "data"] })
      text += Self.section(
        "functions", entry.functions.map { [$0.range.start.description, "\($0.range.size)", $0.name] })
      let left = entry.functionCount - entry.functions.count
      if left > 0 { text += "  and \(left) more\n" }
      text += Self.section(
        "sources", entry.sources.map { [$0.status.rawValue, $0.path, $0.here.map { here in "at \(here)" } ?? ""] })
    }
    return text + findingText
  }

  private static func section(_ title: String, _ rows: [[String]]) -> String {
    rows.isEmpty ? "" : "\(title):\n" + columns(rows.map { [""] + $0 })
  }

  private var head: String {
    var text = "\(subject)\(session.map { ", session \($0)" } ?? ""): \(architecture), "
    text += "\(entryCount) \(entryCount == 1 ? "entry" : "entries")\n"
    for hook in hooks {
      let takers = [hook.isLLDBFunction && hook.isLLDBDescriptor ? "LLDB" : nil, hook.isGDB ? "GDB" : nil].compactMap(
        \.self)
      let table = (hook.descriptorTable ?? hook.functionTable)?.rawValue ?? ""
      text +=
        "hook: \(hook.module) (\(table)), taken by \(takers.isEmpty ? "none" : takers.joined(separator: " and "))\n"
    }
    return text
  }

  private var findingText: String {
    let all = findings + entries.flatMap(\.findings)
    if all.isEmpty { return "nothing found wrong\n" }
    return "\n" + all.map(\.text).joined()
  }

  /// Rows with columns of one width each, the last one as it is.
  private static func columns(_ rows: [[String]]) -> String {
    guard let count = rows.first?.count else { return "" }
    let widths = (0..<count).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.indices.map { column in
        column == count - 1
          ? row[column] : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
      }
      return cells.joined(separator: "  ") + "\n"
    }.joined()
  }
}
