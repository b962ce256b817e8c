// Launch scripts: command files with which LLDB and GDB attach to a session and find its debug info and sources.

/// The text of a session's launch scripts. Nothing here looks at the file system: the source map is taken as checked.
package enum LaunchScript {
  /// The script for `lldb-22 -s`. LLDB shows its lines as it goes, comments too, so the last is the greeting.
  ///
  /// - Parameter path: where it will lie, for its own first line; nil if that is not known.
  package static func lldb(_ target: DebugTarget, path: String?) throws(JITDebugError) -> String {
    let use = "lldb-22 -s \(try path.map(Quoting.lldb) ?? "FILE")"
    return text(
      [LaunchStep("Attaches LLDB to \(target.subject): \(use)", [])]
        + (try LLDBSteps(target).all) + [LaunchStep(target.greeting, [])])
  }

  /// The script for `gdb -x`.
  package static func gdb(_ target: DebugTarget, path: String?) throws(JITDebugError) -> String {
    let use = "gdb -x \(try path.map(Quoting.gdb) ?? "FILE")"
    return text(
      [LaunchStep("Attaches GDB to \(target.subject): \(use)", [])]
        + (try GDBSteps(target).all) + [LaunchStep("Say where the program is.", ["echo \(target.greeting)\\n"])])
  }

  private static func text(_ steps: [LaunchStep]) -> String {
    steps.map { step in (["# \(step.purpose)"] + step.commands).joined(separator: "\n") + "\n" }.joined()
  }
}

/// A few debugger commands and what they are for, in a sentence that is the comment above them.
package struct LaunchStep: Equatable, Sendable {
  package var purpose: String
  package var commands: [String]

  init(_ purpose: String, _ commands: [String]) {
    self.purpose = purpose
    self.commands = commands
  }
}
