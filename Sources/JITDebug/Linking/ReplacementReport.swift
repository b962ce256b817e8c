// What a replacement changes, in terms of the sources.

import OrcBridge

/// The functions and variables of the objects that were linked again.
package struct ReplacementReport: Sendable {
  /// Whose code has changed, in more than its line numbers.
  package var changedFunctions: [String] = []
  package var newFunctions: [String] = []
  /// How many functions are replaced in all.
  package var functions = 0
  package var keptVariables = 0
  package var newVariables: [String] = []
  /// What the program's user should know.
  package var warnings: [JITDebugError] = []

  /// One line such as `3 functions replaced (work changed, check new), 2 variables kept`.
  package var summary: String {
    func list(_ names: [String]) -> String {
      names.prefix(4).map(demangled).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
    var details: [String] = []
    if !changedFunctions.isEmpty { details.append("changed: \(list(changedFunctions))") }
    if !newFunctions.isEmpty { details.append("new: \(list(newFunctions))") }
    if !newVariables.isEmpty { details.append("new variables: \(list(newVariables))") }
    return "\(functions) function\(functions == 1 ? "" : "s") replaced"
      + (details.isEmpty ? "" : " (\(details.joined(separator: "; ")))")
  }
}

extension LinkGeneration {
  /// A function of this generation, and the pointer by which its stub finds it.
  struct Redirection {
    var name: String
    var object: String
    var pointer: TargetAddress
    var body: TargetAddress
    var isNew: Bool
    var hasChanged: Bool
  }

  var redirections: [Redirection] {
    var found: [Redirection] = []
    withUnsafeMutablePointer(to: &found) { found in
      orc_linker_visit_functions(
        linker,
        { function, context in
          context!.assumingMemoryBound(to: [Redirection].self).pointee.append(
            Redirection(
              name: String(cString: function.name), object: String(cString: function.object),
              pointer: TargetAddress(function.pointer), body: TargetAddress(function.body), isNew: function.is_new,
              hasChanged: function.has_changed))
        }, found)
    }
    return found
  }

  private struct Variable {
    var name: String
    var object: String
    var neighbours: Int
    var state: orc_variable_state
  }

  private var variables: [Variable] {
    var found: [Variable] = []
    withUnsafeMutablePointer(to: &found) { found in
      orc_linker_visit_variables(
        linker,
        { variable, context in
          context!.assumingMemoryBound(to: [Variable].self).pointee.append(
            Variable(
              name: String(cString: variable.name), object: String(cString: variable.object),
              neighbours: variable.neighbours, state: variable.state))
        }, found)
    }
    return found
  }

  /// What this generation changes in its program.
  ///
  /// - Parameter entry: the function that runs all the time.
  func replacementReport(entry: String) -> ReplacementReport {
    var report = ReplacementReport()
    func warn(_ object: String, _ reason: String, remedy: String) {
      report.warnings.append(JITDebugError(.input, object, reason, remedy: remedy))
    }
    for function in redirections where !function.isNew {
      report.functions += 1
      if function.hasChanged { report.changedFunctions.append(function.name) }
      if function.hasChanged && function.name == entry {
        warn(
          function.object, "'\(demangled(entry))' has changed, and goes on as it was: it is running",
          remedy: "move what is to change into functions that it calls, or start the program again")
      }
    }
    report.newFunctions = redirections.filter(\.isNew).map(\.name)
    var objectsWithNew: [String] = []
    for variable in variables {
      let name = "'\(demangled(variable.name))'" + (variable.neighbours > 0 ? " or a variable beside it" : "")
      switch variable.state {
      case ORC_VARIABLE_KEPT: report.keptVariables += 1
      case ORC_VARIABLE_KEPT_OTHER_INITIAL:
        report.keptVariables += 1
        warn(
          variable.object, "\(name) has another initial value, and keeps the one it has",
          remedy: "set it in a debugger, or start the program again")
      case ORC_VARIABLE_RESIZED:
        report.newVariables.append(variable.name)
        warn(
          variable.object,
          "\(name) has another size, so there is a new one with its initial value",
          remedy: "code that has the old one's address goes on with that; start the program again if that matters")
      default:
        report.newVariables.append(variable.name)
        if !objectsWithNew.contains(variable.object) { objectsWithNew.append(variable.object) }
      }
    }
    // Initialisers run at the program's start only: which of them belong to what is new cannot be told.
    if !functionArrays.isEmpty, let object = objectsWithNew.first {
      warn(
        object, "has new variables, and constructors that do not run again",
        remedy: "those that need more than a constant to begin with are zero; start the program again if that matters")
    }
    return report
  }
}
