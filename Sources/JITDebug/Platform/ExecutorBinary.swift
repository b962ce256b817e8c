// Where the executor for local runs is.

import Glibc

package enum ExecutorBinary {
  /// The running executable.
  package static func ownFile() -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return CommandLine.arguments[0] }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The folder of the running executable.
  package static func ownFolder() -> String {
    let path = ownFile()
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  /// Beside the executable, as installed, or in the build folder around it.
  package static func find() throws(JITDebugError) -> String {
    let folder = ownFolder()
    let triple = "x86_64-unknown-linux-gnu"
    let candidates = [
      "\(folder)/jitdebug-executor", "\(folder)/../../executors/\(triple)/jitdebug-executor",
      "\(folder)/../executors/\(triple)/jitdebug-executor",
    ]
    for path in candidates where access(path, X_OK) == 0 {
      guard let resolved = realpath(path, nil) else { continue }
      defer { free(resolved) }
      return String(cString: resolved)
    }
    throw JITDebugError(
      .system, "jitdebug-executor", "not found beside \(folder)",
      remedy: "build it with Scripts/build-executor, or name one with --executor")
  }

  /// The one for another machine; nil if it has not been built.
  package static func find(triple: String) -> String? {
    let folder = ownFolder()
    let roots = ["\(folder)/../../executors", "\(folder)/../executors", "\(folder)/../share/jitdebug/executors"]
    let candidates = roots.map { "\($0)/\(triple)/jitdebug-executor" }
    return candidates.first { access($0, R_OK) == 0 }
  }
}
