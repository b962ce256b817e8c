// The table that a parity test prints: an action a row, a debugger a column, and both texts of each difference.

struct ParityReport {
  private enum Verdict {
    case same
    case different(native: String, jit: String)
    case known(reason: String, native: String, jit: String)
    case knownButSame
  }

  let table: String
  private var actions: [String] = []
  private var verdicts: [String: [String: Verdict]] = [:]
  private var debuggers: [String] = []
  private var notes: [String] = []

  init(table: String) { self.table = table }

  mutating func add(_ action: String, _ debugger: String, native: String?, jit: String?, known: String?) {
    if verdicts[action] == nil { actions.append(action) }
    if !debuggers.contains(debugger) { debuggers.append(debugger) }
    let nativeText = native ?? "(not reached)"
    let jitText = jit ?? "(not reached)"
    let verdict: Verdict
    if nativeText == jitText {
      verdict = known == nil ? .same : .knownButSame
    } else if let known {
      verdict = .known(reason: known, native: nativeText, jit: jitText)
    } else {
      verdict = .different(native: nativeText, jit: jitText)
    }
    verdicts[action, default: [:]][debugger] = verdict
  }

  mutating func note(_ text: String) { notes.append(text) }

  var unexplained: Int {
    verdicts.values.reduce(0) { sum, row in
      sum + row.values.count { if case .different = $0 { true } else { false } }
    }
  }

  /// Allowed differences that do not occur, as "action (debugger)".
  var stale: [String] {
    actions.flatMap { action in
      debuggers.filter { if case .knownButSame = verdicts[action]?[$0] { true } else { false } }.map {
        "\(action) (\($0))"
      }
    }
  }

  var text: String {
    var lines = ["", "## Parity: \(table)", "", "Not compared: \(Normaliser.summary).", ""]
    let width = actions.map(\.count).max() ?? 0
    func row(_ cells: [String]) -> String {
      "| " + cells.enumerated().map { $1.padded(to: $0 == 0 ? width : 9) }.joined(separator: " | ") + " |"
    }
    lines.append(row(["action"] + debuggers))
    lines.append(row([String(repeating: "-", count: width)] + debuggers.map { _ in "---------" }))
    var details: [String] = []
    for action in actions {
      let cells = debuggers.map { debugger -> String in
        switch verdicts[action]?[debugger] {
        case .same: return "same"
        case .knownButSame: return "same (!)"
        case .known(let reason, let native, let jit):
          details += ["", "### \(action), \(debugger): known, \(reason)", both(native, jit)]
          return "known"
        case .different(let native, let jit):
          details += ["", "### \(action), \(debugger)", both(native, jit)]
          return "DIFFERENT"
        case nil: return "-"
        }
      }
      lines.append(row([action] + cells))
    }
    lines += details + notes.map { "\n" + $0 }
    return lines.joined(separator: "\n") + "\n"
  }

  private func both(_ native: String, _ jit: String) -> String { "native:\n\(native)\nJITed:\n\(jit)" }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
