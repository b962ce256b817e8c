// Compiling sources and IR for the executor's triple, several at a time.

import Glibc

/// How sources are compiled.
package struct CompilerOptions: Sendable {
  /// Passed through as given, in order: -I, -D, -O, -std, --sysroot and -Xcc arguments.
  package var arguments: [String] = []
  package var compiler = "clang-22"
  package init() {}
}

/// Runs clang once per source.
package struct Compiler: Sendable {
  package var options: CompilerOptions
  package var triple: String

  package init(options: CompilerOptions, triple: String) {
    self.options = options
    self.triple = triple
  }

  /// The arguments that make an object fit for being linked into a running process and debugged there.
  package func arguments(source: String, output: String) -> [String] {
    // Position-independent, because libraries lie anywhere in the target's address space; emulated TLS, because the
    // target's static TLS block cannot grow.
    let fixed = ["-c", "--target=\(triple)", "-g", "-O0", "-fPIE", "-femulated-tls", "-Wno-override-module"]
    let color = isatty(2) != 0 && getenv("NO_COLOR") == nil ? ["-fcolor-diagnostics"] : []
    return fixed + color + options.arguments + ["-o", output, source]
  }

  /// Compiles all sources into `folder`; the result has their objects' paths in order.
  ///
  /// Clang's own messages go to standard error as they are.
  package func compile(_ sources: [String], into folder: String) throws(JITDebugError) -> [String] {
    let limit = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let outputs = sources.indices.map { "\(folder)/\($0).o" }
    var running: [(index: Int, process: ChildProcess)] = []
    var next = 0
    var failed: JITDebugError?
    while !running.isEmpty || (next < sources.count && failed == nil) {
      while failed == nil, next < sources.count, running.count < limit {
        do {
          running.append(
            (next, try ChildProcess(options.compiler, arguments(source: sources[next], output: outputs[next]))))
        } catch {
          failed = JITDebugError(.system, error.subject, error.reason, remedy: "install it with Scripts/setup")
          break
        }
        next += 1
      }
      guard !running.isEmpty else { break }
      let (index, process) = running.removeFirst()
      switch process.wait() {
      case .exited(0): break
      case .exited: failed = failed ?? Self.refusal(of: sources[index])
      case .signaled(let number):
        failed = failed ?? JITDebugError(.input, sources[index], "the compiler was killed by signal \(number)")
      }
    }
    if let failed { throw failed }
    return outputs
  }

  /// The static halves of compiler and C library that a native link adds: functions that no shared library has.
  package func supportArchives() -> [ArchiveFile] {
    ["libgcc.a", "libc_nonshared.a"].compactMap { name in
      guard let path = try? ask("-print-file-name=\(name)"), path.hasPrefix("/"), let bytes = try? readFile(path) else {
        return nil
      }
      return try? ArchiveFile(name: path, bytes: bytes)
    }
  }

  /// The first line of clang's answer to a question about its files.
  private func ask(_ question: String) throws(JITDebugError) -> String {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw JITDebugError(.system, "pipe", systemMessage(errno).lowercasedFirst) }
    let reader = Descriptor(ends[0])
    var spawn = ChildProcess.Options()
    do {
      let writer = Descriptor(ends[1])
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      spawn.descriptors = [(child: 1, here: writer.raw)]
      let sysroot = options.arguments.filter { $0.hasPrefix("--sysroot=") }
      let process = try ChildProcess(options.compiler, ["--target=\(triple)", question] + sysroot, spawn)
      _ = process.wait()
    }
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = read(reader.raw, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)).prefix { $0 != 0x0a }, as: UTF8.self)
  }

  private static func refusal(of source: String) -> JITDebugError {
    if source.hasSuffix(".bc") {
      return JITDebugError(
        .input, source, "cannot be read as bitcode of LLVM 22 or older",
        remedy: "write it with LLVM 22's tools, or give LLVM IR as text (.ll)")
    }
    return JITDebugError(.input, source, "does not compile", remedy: "see the compiler's messages above")
  }
}
