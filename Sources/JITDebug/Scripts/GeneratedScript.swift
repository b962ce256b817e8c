// `jitdebug script`: launch scripts for a session, a process or an endpoint, written where the user wants them.

import Glibc
import SystemPackage

/// What `jitdebug script` can write.
package enum ScriptFormat: String, CaseIterable, Sendable {
  case lldb, gdb
  /// A whole launch.json.
  case vscode
  /// One entry for it.
  case lldbDAP = "lldb-dap"
  case codelldb, cpptools
}

/// What a script attaches to.
package enum ScriptSubject: Sendable {
  /// A session; nil for the only running one, be it anywhere or on the executor that is chosen.
  case session(String?, DebugServerChoice)
  case process(Int32)
}

package enum GeneratedScript {
  /// - Parameters:
  ///   - path: where the text will be written, nil if that is not known.
  ///   - warn: told of what works less well than it could.
  package static func text(
    _ format: ScriptFormat, _ subject: ScriptSubject, path: String?, sources: SourceLookup,
    warn: (JITDebugError) -> Void
  ) throws(JITDebugError) -> String {
    try text(format, try target(subject, sources, warn), path: path, warn: warn)
  }

  /// - Parameter path: where the text will be written, nil if that is not known.
  static func text(
    _ format: ScriptFormat, _ target: DebugTarget, path: String?, warn: (JITDebugError) -> Void
  ) throws(JITDebugError) -> String {
    var target = target
    LaunchFiles.check(&target).forEach(warn)
    switch format {
    case .lldb: return try LaunchScript.lldb(target, path: path)
    case .gdb: return try LaunchScript.gdb(target, path: path)
    case .vscode: return try EditorConfiguration.document(target)
    case .lldbDAP: return try EditorConfiguration.text(.lldbDAP, target)
    case .codelldb: return try EditorConfiguration.text(.codeLLDB, target)
    case .cpptools: return try EditorConfiguration.text(.cpptools, target)
    }
  }

  /// Writes a script, over an older one if need be, but not over a launch.json that has somebody else's entries.
  package static func write(_ text: String, _ format: ScriptFormat, to path: String) throws(JITDebugError) {
    let isEntry = format != .lldb && format != .gdb
    let folder = FilePath(path).removingLastComponent()
    // The folder of an editor's settings; others are the user's business.
    if isEntry, folder.lastComponent?.string == ".vscode" { try StoreFiles.createDirectories(folder) }
    guard folder.isEmpty || access(folder.string, W_OK) == 0 else {
      throw JITDebugError(
        .usage, path, "cannot be written: \(systemMessage(errno).lowercasedFirst)",
        remedy: "name a file in a folder of your own")
    }
    if isEntry, access(path, F_OK) == 0, !EditorConfiguration.isOurs(try readFile(path)) {
      throw JITDebugError(
        .usage, path, "has entries that are not jitdebug's",
        remedy: "write to another file, and copy the entries you want from there")
    }
    try writeFile(text, to: path)
  }

  private static func target(
    _ subject: ScriptSubject, _ sources: SourceLookup, _ warn: (JITDebugError) -> Void
  ) throws(JITDebugError) -> DebugTarget {
    let store = try SessionStore()
    let session: Session
    var choice = DebugServerChoice()
    switch subject {
    case .session(let id, let demanded):
      session = try store.runningSession(id, at: demanded.endpoint)
      choice = demanded
    case .process(let pid):
      guard let known = try store.session(of: pid) else {
        var target = try DebugTarget(foreign: pid)
        target.findForeignSources(sources).forEach(warn)
        return target
      }
      session = known
    }
    var target = try DebugTarget(session, stop: .anywhere, choice)
    if target.server != nil { try target.prepare().forEach(warn) }
    target.findSources(of: session, sources).forEach(warn)
    return target
  }
}
