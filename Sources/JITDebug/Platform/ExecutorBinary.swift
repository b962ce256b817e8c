// Where the executors are: for local runs, and for targets to copy them to.

import Glibc

package enum ExecutorBinary {
  /// The triples that executors are built for.
  package static let triples = ["x86_64", "aarch64", "riscv64"].flatMap { architecture in
    ["gnu", "musl"].map { "\(architecture)-unknown-linux-\($0)" }
  }

  /// This machine's own.
  package static var hostTriple: String {
    #if arch(arm64)
      "aarch64-unknown-linux-gnu"
    #else
      "x86_64-unknown-linux-gnu"
    #endif
  }

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

  /// The executor for a triple: beside the executable or below `executors` there, as installed, or in the build folder
  /// around it.
  package static func find(triple: String = hostTriple) throws(JITDebugError) -> String {
    let folder = ownFolder()
    var candidates = ["executors", "../../executors", "../executors", "../share/jitdebug/executors"].map {
      "\(folder)/\($0)/\(triple)/jitdebug-executor"
    }
    if triple == hostTriple { candidates.insert("\(folder)/jitdebug-executor", at: 0) }
    for path in candidates where access(path, X_OK) == 0 {
      guard let resolved = realpath(path, nil) else { continue }
      defer { free(resolved) }
      return String(cString: resolved)
    }
    throw JITDebugError(
      .system, triple == hostTriple ? "jitdebug-executor" : "jitdebug-executor for \(triple)",
      "not found beside \(folder)",
      remedy: "build it with Scripts/build-executor\(triple == hostTriple ? "" : " \(triple)")"
        + (triple == hostTriple ? ", or name one with --executor" : ""))
  }

  /// The full form of a triple as users write it: `aarch64-linux-musl`, `riscv64-linux-gnu`, `aarch64`.
  package static func normalized(triple text: String) throws(JITDebugError) -> String {
    let words = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let architectures = [
      "x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64", "riscv64": "riscv64",
    ]
    let isWhole =
      (1...4).contains(words.count)
      && words.dropFirst().dropLast().allSatisfy { $0 == "linux" || $0 == "unknown" || $0 == "pc" }
    let environment = words.count == 1 ? "gnu" : words.last!
    guard isWhole, let architecture = words.first.flatMap({ architectures[$0] }),
      environment == "gnu" || environment == "musl"
    else {
      throw JITDebugError(
        .usage, text, "not a triple that executors are built for",
        remedy: "name one of \(triples.joined(separator: ", "))")
    }
    return "\(architecture)-unknown-linux-\(environment)"
  }
}

/// An executor that can be handed out.
package struct AvailableExecutor: Encodable {
  package let triple: String
  package let path: String
  /// In bytes.
  package let size: Int

  /// All that are built, in the order of their triples.
  package static func all() -> [AvailableExecutor] {
    ExecutorBinary.triples.compactMap { try? AvailableExecutor($0) }
  }

  package init(_ triple: String) throws(JITDebugError) {
    self.triple = triple
    path = try ExecutorBinary.find(triple: triple)
    var status = stat()
    guard stat(path, &status) == 0 else { throw JITDebugError(.system, path, systemMessage(errno).lowercasedFirst) }
    size = Int(status.st_size)
  }

  /// Puts a copy at `destination`, as a whole or not at all; a folder gets it under its own name. Returns where it is.
  package func copy(to destination: String) throws(JITDebugError) -> String {
    var status = stat()
    let isFolder = stat(destination, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let file = isFolder ? "\(destination)/jitdebug-executor" : destination
    let bytes = try readFile(path)
    let temporary = "\(file).\(getpid())"
    func failed() -> JITDebugError {
      let error = errno
      unlink(temporary)
      return JITDebugError(
        .system, file, "cannot be written: \(systemMessage(error).lowercasedFirst)",
        remedy: "name another place with -o")
    }
    let raw = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755)
    guard raw >= 0 else { throw failed() }
    let descriptor = Descriptor(raw)
    guard writeAll(bytes.buffer, to: descriptor.raw), rename(temporary, file) == 0 else { throw failed() }
    return file
  }
}

/// The document that `executor --json` prints.
package struct ExecutorList: Encodable {
  package let schemaVersion = 1
  package let executors: [AvailableExecutor]
  /// Where a copy was put, if one was asked for.
  package let file: String?

  package init(executors: [AvailableExecutor], file: String? = nil) {
    self.executors = executors
    self.file = file
  }

  package func json() throws(JITDebugError) -> String { try JSONText.encode(self) }

  /// A line each, for reading.
  package var table: String {
    executors.map { executor in
      executor.triple + String(repeating: " ", count: 28 - executor.triple.utf8.count) + "\(executor.size) bytes\n"
    }.joined()
  }

}
