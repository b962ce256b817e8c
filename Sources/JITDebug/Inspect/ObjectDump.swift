// Saves the objects that a process has registered as files.

import Glibc
import SystemPackage

extension Inspection {
  /// Writes each entry's object, as far as it can be read, and returns the paths.
  ///
  /// - Parameters:
  ///   - limit: for all together, in bytes: a hostile process may register the same memory a thousand times.
  ///   - problem: told of what was left out.
  package func dump(to folder: String, limit: UInt64 = 1 << 30, problem: (JITDebugError) -> Void) throws(JITDebugError)
    -> [String]
  {
    if mkdir(folder, 0o755) != 0, errno != EEXIST {
      throw JITDebugError(.input, folder, "cannot be created: \(systemMessage(errno).lowercasedFirst)")
    }
    var paths: [String] = []
    var left = limit
    for entry in entries where entry.object.kind != .gone {
      guard left > 0 else {
        problem(
          JITDebugError(
            .input, folder, "the objects have more than \(limit) bytes; those from \(entry.subject) on were left out",
            remedy: "save them one by one with --entry N --dump DIR"))
        break
      }
      let suffix =
        switch entry.object.kind {
        case .elf, .stub: "elf"
        case .machO: "macho"
        case .unknown, .gone: "bin"
        }
      let path = "\(folder)/entry-\(entry.index).\(suffix)"
      left -= min(left, try dump(MemoryPart(memory, at: entry.entry.object, size: entry.entry.size), to: path))
      paths.append(path)
    }
    return paths
  }

  /// The result is the number of bytes.
  private func dump(_ object: MemoryPart, to path: String) throws(JITDebugError) -> UInt64 {
    func failure() -> JITDebugError {
      JITDebugError(.input, path, "cannot be written: \(systemMessage(errno).lowercasedFirst)")
    }
    let raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard raw >= 0 else { throw failure() }
    let file = Descriptor(raw)
    var done: UInt64 = 0
    while done < min(object.size, EntryObject.sizeLimit) {
      let part = object.read(done, 1 << 20)
      if part.isEmpty { break }
      guard part.withUnsafeBytes({ writeAll($0, to: file.raw) }) else { throw failure() }
      done += UInt64(part.count)
    }
    return done
  }
}
