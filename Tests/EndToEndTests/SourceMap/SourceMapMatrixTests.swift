// Objects whose sources moved after compiling, however they were named: debuggers find them by the generated rules alone.

import Foundation
import TestSupport
import Testing

@Suite("Source maps of a moved project")
struct SourceMapMatrixTests {
  /// Three stops for each object: by full path in source and header, and by file name.
  private struct Stop {
    var variant: CompileVariant
    var breakpoint: String
    var shows: String
  }

  private func stops(_ project: MovedProject) -> [Stop] {
    CompileVariant.all.flatMap { variant in
      [
        Stop(
          variant: variant, breakpoint: "b \(project.source(variant)):\(MovedProject.sourceLine)",
          shows: "// source of \(variant.name)"),
        Stop(
          variant: variant, breakpoint: "b \(variant.name).c:\(MovedProject.otherSourceLine)",
          shows: "// call in \(variant.name)"),
        Stop(
          variant: variant, breakpoint: "b \(project.header(variant)):\(MovedProject.headerLine)",
          shows: "// header of \(variant.name)"),
      ]
    }
  }

  private func debug(_ debugger: DebuggerName, _ project: MovedProject, _ stops: [Stop], _ options: [String]) throws
    -> String
  {
    let session = try SessionFolder()
    var words = [Workspace.jitdebug, "debug", "--batch", "--executor", try Workspace.executor.get()] + options
    words += ["--debugger", debugger.rawValue] + stops.flatMap { ["-o", $0.breakpoint] }
    words += stops.flatMap { _ in ["-o", "continue"] } + project.objects
    let result = try run(
      words, environment: session.environment, directory: "/", mergingErrors: true, timeout: 120)
    return result.output
  }

  @Test("breakpoints and source text")
  func everyCombination() throws {
    let project = try MovedProject()
    let stops = stops(project)
    var shown: [DebuggerName: [Bool]] = [:]
    for debugger in DebuggerName.allCases {
      let output = try debug(debugger, project, stops, ["--source-root", project.root])
      // LLDB shows lines around it too, and marks the one that it stopped at.
      let lines = output.split(separator: "\n").filter { debugger == .gdb || $0.contains("-> ") }
      shown[debugger] = stops.map { stop in lines.contains { $0.hasSuffix(stop.shows) } }
      #expect(!output.contains("warning: "), "\(output)")
      if shown[debugger]!.contains(false) { Issue.record("\(debugger): \(output)") }
    }
    print(table(stops, shown))

    // Without the rules none of it is shown: it is they that make the difference.
    let without = try debug(.lldb, project, Array(stops.prefix(3)), [])
    #expect(!without.contains("// "), "\(without)")
    #expect(without.contains("so \(2 * CompileVariant.all.count) functions will have no source"), "\(without)")
  }

  /// A row for each way of naming, a column for each compiler and version.
  private func table(_ stops: [Stop], _ shown: [DebuggerName: [Bool]]) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text.padding(toLength: width, withPad: " ", startingAt: 0)
    }
    var text = "breakpoints by path, by name, in a header (+ stopped and shown), LLDB/GDB\n" + padded("", 40)
    for column in CompileVariant.all.prefix(4) { text += padded("\(column.compiler) DWARF \(column.dwarf)", 18) }
    for naming in CompileVariant.Naming.allCases {
      text += "\n" + padded(naming.rawValue, 40)
      for variant in CompileVariant.all where variant.naming == naming {
        let marks = DebuggerName.allCases.map { debugger in
          stops.indices.filter { stops[$0].variant.name == variant.name }
            .map { shown[debugger]![$0] ? "+" : "-" }.joined()
        }
        text += padded(marks.joined(separator: "/"), 18)
      }
    }
    return text
  }
}
