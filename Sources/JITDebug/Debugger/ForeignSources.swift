// Where the sources of a foreign process's code are, from the debug info that it has registered.

import Glibc

extension DebugTarget {
  /// Fills in the rules that lead to the sources; the result is what the user is to be told about them.
  package mutating func findForeignSources(_ lookup: SourceLookup) -> [JITDebugError] {
    let memory: any ProcessMemory
    do throws(JITDebugError) {
      switch approach {
      // Nothing is registered yet; what the user names is looked through all the same.
      case .launch: return []
      case .core(let path): memory = try CoreFile(path)
      case .attach: memory = try LiveProcess(pid: pid)
      }
      let files = try RegisteredSources.files(of: memory)
      let map = SourceMap(
        files: files, lookup: lookup,
        currentDirectory: isCore ? SourceLookup.currentDirectory : ProcessFacts.workingDirectory(of: pid) ?? "/")
      sourceMap = map.debuggerRules
      return map.problems + map.changeWarnings.prefix(Self.namedFiles)
        + (map.functionsWithoutSource > 0
          ? [
            JITDebugError(
              .input, "", "\(map.missingSummary)\(lookup.isEmpty ? "; name where they are with --source-root" : "")")
          ] : [])
    } catch {
      return [
        JITDebugError(
          error.code, error.subject, "\(error.reason); sources are looked for where they were compiled",
          remedy: error.remedy)
      ]
    }
  }

  private static let namedFiles = 5
}

/// The sources that the debug info of registered code names.
enum RegisteredSources {
  /// What is read at most, in bytes: looking for sources must not keep anybody waiting for long.
  private static let sizeLimit: UInt64 = 1 << 28
  private static let objectLimit: UInt64 = 1 << 26
  private static let seconds = 5.0

  static func files(of memory: any ProcessMemory) throws(JITDebugError) -> [RecordedFile] {
    let modules = try ProcessModules(of: memory)
    var rest = sizeLimit
    let deadline = Deadline(secondsFromNow: seconds)
    var files: [RecordedFile] = []
    for hook in JITHooks(of: modules, memory).all {
      guard let descriptor = hook.descriptor else { continue }
      for entry in JITEntries(at: descriptor.address, memory, modules.format).entries {
        guard entry.size <= min(rest, objectLimit), deadline.milliseconds > 0,
          let bytes = memory.bytes(entry.object, Int(entry.size))
        else { continue }
        rest -= entry.size
        // What is damaged is a matter for `inspect`.
        files += (try? RecordedFile.read(bytes, named: "entry at \(entry.address)")) ?? []
      }
    }
    return RecordedFile.merged(files)
  }
}

extension CoreFile {
  /// The program whose process it was.
  func programPath() throws(JITDebugError) -> String {
    let path = try ProcessModules(of: self).modules[0].path
    guard access(path, R_OK) == 0 else {
      throw JITDebugError(
        .input, self.path, "its program \(path) is not here", remedy: "name the same program with --program")
    }
    return path
  }
}
