// Writing a session's launch scripts into its folder.

import Glibc
import SystemPackage

package enum LaunchFiles {
  /// Writes `launch.lldb` and `launch.gdb`; the result lists what was left out, for the user to read.
  ///
  /// Source map rules whose destination does not exist are left out: LLDB refuses them and ends the script there. Where one of
  /// the debuggers cannot express a path, the other's script is still written; for the `required` one that is an error.
  package static func write(for target: DebugTarget, required: Debugger? = nil) throws(JITDebugError) -> [JITDebugError]
  {
    var checked = target
    var warnings = check(&checked)
    for debugger in Debugger.allCases {
      let path = "\(target.sessionFolder)/\(debugger.scriptName)"
      let text: String
      do throws(JITDebugError) {
        text = try script(for: debugger, checked, path)
      } catch {
        // A script of an earlier attempt must not be taken for this one's.
        unlink(path)
        if debugger == required { throw error }
        warnings.append(error)
        continue
      }
      try writeFile(text, to: path)
    }
    return warnings
  }

  /// Leaves out of a target what debuggers would refuse, and finds the `jit` commands; returns what is not as it should be.
  package static func check(_ target: inout DebugTarget) -> [JITDebugError] {
    let (rules, dropped) = target.sourceMap.checked(exists)
    target.sourceMap = rules
    var warnings = dropped.map(\.droppedWarning)
    if target.commandsFolder == nil {
      do throws(JITDebugError) {
        target.commandsFolder = try SharedFiles.folder("Scripts/debugger")
      } catch {
        warnings.append(
          JITDebugError(
            error.code, error.subject, "\(error.reason); debuggers will lack the jit commands", remedy: error.remedy))
      }
    }
    return warnings
  }

  private static func script(for debugger: Debugger, _ target: DebugTarget, _ path: String) throws(JITDebugError)
    -> String
  {
    switch debugger {
    case .lldb: try LaunchScript.lldb(target, path: path)
    case .gdb: try LaunchScript.gdb(target, path: path)
    }
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

func writeFile(_ text: String, to path: String) throws(JITDebugError) {
  var text = text
  let result = text.withUTF8 { bytes in
    Result { () throws(JITDebugError) in try StoreFiles.write(UnsafeRawBufferPointer(bytes), to: FilePath(path)) }
  }
  try result.get()
}
