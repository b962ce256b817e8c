// Writing a session's launch scripts into its folder.

import Glibc

package enum LaunchFiles {
  /// Writes `launch.lldb` and `launch.gdb`; the result lists what was left out, for the user to read.
  ///
  /// Source map entries whose folder does not exist are left out: LLDB refuses them and ends the script there. Where one of
  /// the debuggers cannot express a path, the other's script is still written.
  package static func write(for target: DebugTarget) throws(JITDebugError) -> [JITDebugError] {
    var warnings: [JITDebugError] = []
    var checked = target
    checked.sourceMap = target.sourceMap.filter { entry in
      if isFolder(entry.to) { return true }
      warnings.append(
        JITDebugError(
          .debugger, entry.to, "no such folder, so sources of \(entry.from) are not looked for there"))
      return false
    }
    for debugger in Debugger.allCases {
      let path = "\(target.sessionFolder)/\(debugger.scriptName)"
      let text: String
      do throws(JITDebugError) {
        text = try script(for: debugger, checked)
      } catch {
        // A script of an earlier attempt must not be taken for this one's.
        unlink(path)
        warnings.append(error)
        continue
      }
      try writeFile(text, to: path)
    }
    return warnings
  }

  private static func script(for debugger: Debugger, _ target: DebugTarget) throws(JITDebugError) -> String {
    switch debugger {
    case .lldb: try LaunchScript.lldb(target)
    case .gdb: try LaunchScript.gdb(target)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }
}

/// Replaces a file's content in one step, so that a reader sees the old or the new one whole.
func writeFile(_ text: String, to path: String) throws(JITDebugError) {
  let temporary = "\(path).\(getpid())"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw JITDebugError(.system, temporary, systemMessage(errno).lowercasedFirst) }
  var copy = text
  let written = copy.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
  let failure = errno
  close(descriptor)
  guard written, rename(temporary, path) == 0 else {
    let number = written ? errno : failure
    unlink(temporary)
    throw JITDebugError(.system, path, systemMessage(number).lowercasedFirst)
  }
}

/// The folder part of a path.
func parentFolder(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
