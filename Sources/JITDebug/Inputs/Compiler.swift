// Compiling sources and IR for the executor's triple, several at a time.

import Glibc

/// How sources are compiled.
package struct CompilerOptions: Sendable {
  /// Passed through as given, in order: -I, -D, -O, -std and -Xcc arguments.
  package var arguments: [String] = []
  /// The folder with the target's headers and libraries; nil to look for one.
  package var sysroot: String?
  /// Whether the compiler's messages are for a terminal with colours.
  package var colorsMessages = false
  package var compiler = "clang-22"
  /// Gives each function and variable a section of its own, so that objects can be replaced while the program runs.
  package var separatesSymbols = false
  /// Whether a list of the files that were read is left beside each object: see `Dependencies`.
  package var writesDependencies = false
  /// Where objects are kept for the next time; nil to compile each time.
  package var cache: CompileCache?
  package init() {}

  /// Whether the last of the options for that asks for optimised code.
  var isOptimizing: Bool {
    arguments.last { $0.hasPrefix("-O") }.map { $0 != "-O0" } ?? false
  }
}

/// What compiling has to tell while it goes on.
package enum CompilerEvent: Sendable {
  /// The next source's turn has come; numbers start at 1.
  case started(source: String, number: Int, total: Int)
  /// What the compiler said about one source.
  case messages([UInt8])
  /// All is done, or given up.
  case finished
}

/// What calls off work that takes long.
package struct Interruption {
  /// Readable when it is time to ask.
  package var descriptor: Descriptor
  /// The number of the signal that it was, or stands for; nil if there is none.
  package var signal: () -> Int32?
}

/// Runs clang once per source.
package struct Compiler: Sendable {
  package var options: CompilerOptions
  package var target: Triple
  package var sysroot: Sysroot

  /// - Parameter profiles: where to look for a sysroot if the options name none.
  package init(options: CompilerOptions, triple: String, profiles: [String] = []) throws(JITDebugError) {
    self.options = options
    target = Triple(triple)
    sysroot = try Sysroot(target, folder: options.sysroot, profiles: profiles)
  }

  /// The arguments that make an object fit for being linked into a running process and debugged there.
  package func arguments(for source: Input, output: String) -> [String] {
    // Position-independent, because libraries lie anywhere in the target's address space; emulated TLS, because the
    // target's static TLS block cannot grow.
    let fixed = ["-c", "--target=\(target)", "-g", "-O0", "-fPIE", "-femulated-tls", "-Wno-override-module"]
    let sections = options.separatesSymbols ? ["-ffunction-sections", "-fdata-sections"] : []
    let color = options.colorsMessages ? ["-fcolor-diagnostics"] : []
    // Options for the other inputs mean nothing to IR, which is nothing to warn of.
    let unused = source.kind == .bitcode || source.path.hasSuffix(".ll") ? ["-Wno-unused-command-line-argument"] : []
    let language = unused + (source.kind == .bitcode ? ["-x", "ir"] : [])
    // The user's arguments may be about such lists too.
    let writesDependencies =
      options.writesDependencies || options.cache != nil && CacheableArguments.areAll(options.arguments)
    let dependencies =
      writesDependencies && source.isPreprocessed ? ["-MD", "-MF", Dependencies.path(forObject: output)] : []
    return fixed + sections + sysroot.arguments + color + options.arguments + language + dependencies + [
      "-o", output, source.path,
    ]
  }

  /// The same as the cache has to know it.
  private func request(for source: Input) -> CompileRequest {
    let language = ["c": "c", "S": "assembler-with-cpp"][String(source.path.split(separator: ".").last ?? "")] ?? "c++"
    let search = ["-E", "-v", "-x", language, "--target=\(target)"] + sysroot.arguments + options.arguments
    return CompileRequest(
      compiler: options.compiler, arguments: arguments(for: source, output: ""), userArguments: options.arguments,
      searchArguments: source.isPreprocessed ? search + ["-o", "/dev/null", "/dev/null"] : nil, source: source.path)
  }

  private struct Run {
    var source: Input
    var output: String
    var work: Work
    /// Of the time line.
    var span: Int
  }

  private enum Work {
    case running(ChildProcess, OutputPipe, keep: CompileCache.Ticket?)
    /// Compiled before; this is what the compiler said then.
    case done(messages: [UInt8])

    var process: ChildProcess? {
      if case .running(let process, _, _) = self { process } else { nil }
    }
  }

  /// The time line's names for compiling and for what the cache had.
  static let spanName = "compile"
  static let cachedSpanName = "take from cache"

  /// Compiles all sources into `folder`; the result has their objects' paths in order. An interruption ends it early.
  package func compile(
    _ sources: [Input], into folder: String, _ interruption: Interruption, timeLine: TimeLine,
    report: (CompilerEvent) -> Void
  ) throws(JITDebugError) -> [String] {
    defer { report(.finished) }
    let limit = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let outputs = sources.indices.map { "\(folder)/\($0).o" }
    var running: [Run] = []
    var next = 0
    var failed: JITDebugError?
    while !running.isEmpty || (next < sources.count && failed == nil) {
      while failed == nil, next < sources.count, running.count(where: { $0.work.process != nil }) < limit {
        do {
          let run = try start(sources[next], output: outputs[next], timeLine)
          running.append(run)
          if run.work.process != nil {
            report(.started(source: sources[next].path, number: next + 1, total: sources.count))
          }
        } catch {
          failed = JITDebugError(.system, error.subject, error.reason, remedy: "install it with Scripts/setup")
          break
        }
        next += 1
      }
      guard !running.isEmpty else { break }
      // In the order of the inputs, so that messages come in that order. The others go on meanwhile.
      let refusal = finish(running[0], interruption, report)
      timeLine.end(running[0].span)
      if let signal = interruption.signal() {
        let processes = running.compactMap(\.work.process)
        for process in processes { kill(process.pid, SIGTERM) }
        // A wrapper may take no notice.
        for process in processes { _ = process.wait(killAfter: 2) }
        throw JITDebugError(.interrupted(signal: signal), "", "interrupted by signal \(signal)")
      }
      running.removeFirst()
      failed = failed ?? refusal
    }
    if let failed { throw failed }
    return outputs
  }

  private func start(_ source: Input, output: String, _ timeLine: TimeLine) throws(JITDebugError) -> Run {
    var ticket: CompileCache.Ticket?
    if let cache = options.cache {
      let began = timeLine.now
      switch cache.find(request(for: source), output: output) {
      case .found(let messages):
        let span = timeLine.begin(Self.cachedSpanName, .compiler, ["source": source.path], at: began)
        return Run(source: source, output: output, work: .done(messages: messages), span: span)
      case .missing(let missing): ticket = missing
      case .uncacheable: break
      }
    }
    let messages = try OutputPipe()
    var spawn = ChildProcess.Options()
    spawn.descriptors = [(child: 2, here: messages.writer.raw)]
    var command = [options.compiler] + arguments(for: source, output: output)
    if let generator = CodeGenerator(for: source, self) { command = generator.command(output: output, orElse: command) }
    let process = try ChildProcess(command[0], Array(command.dropFirst()), spawn)
    return Run(
      source: source, output: output, work: .running(process, messages, keep: ticket),
      span: timeLine.begin(Self.spanName, .compiler, ["source": source.path]))
  }

  private func finish(_ run: Run, _ interruption: Interruption, _ report: (CompilerEvent) -> Void) -> JITDebugError? {
    guard case .running(let process, let pipe, let ticket) = run.work else {
      if case .done(let messages) = run.work, !messages.isEmpty { report(.messages(messages)) }
      return nil
    }
    guard let messages = pipe.readToEnd(unless: interruption.descriptor) else { return nil }
    let ending = process.wait()
    // One line instead of all that follows from the first header that is not there.
    if sysroot.isMissing, case .exited(1) = ending, messages.firstRange(of: Array("file not found".utf8)) != nil {
      return Sysroot.missing(run.source.path, target)
    }
    // About bitcode it has one line to say, which the error will quote.
    if !messages.isEmpty, ending == .exited(0) || run.source.kind != .bitcode { report(.messages(messages)) }
    switch ending {
    case .exited(0):
      if let ticket { options.cache?.store(ticket, output: run.output, messages: messages) }
      return nil
    case .exited where run.source.kind == .bitcode:
      return Bitcode.refusal(of: run.source.path, message: String(decoding: messages, as: UTF8.self))
    case .exited:
      return JITDebugError(
        .input, run.source.path, "does not compile",
        remedy: run.source.path.hasSuffix(".ll")
          ? "see the compiler's messages above; text of another LLVM version goes through that version's llvm-as"
          : "see the compiler's messages above")
    case .signaled: return JITDebugError(.input, run.source.path, "the compiler \(ending)")
    }
  }

  /// The static halves of compiler and C library that a native link adds: functions that no shared library has.
  package func supportArchives() -> [ArchiveFile] {
    // GCC's own library is the same for each C library, and a folder with a target's headers rarely has it.
    let compilerLibrary =
      libraryFile("libgcc.a") ?? libraryFile("libgcc.a", ["--target=\(target.withGNU)"])
    let systemLibrary = target.isMusl ? nil : libraryFile("libc_nonshared.a")
    return [compilerLibrary, systemLibrary].compactMap { path in
      guard let path, let bytes = try? readFile(path) else { return nil }
      return try? ArchiveFile(name: path, bytes: bytes)
    }
  }

  /// The path of a file in the folders that clang looks through for the target's libraries; nil if none has it.
  package func libraryFile(_ name: String) -> String? {
    libraryFile(name, ["--target=\(target)"] + sysroot.arguments)
  }

  private func libraryFile(_ name: String, _ arguments: [String]) -> String? {
    guard let path = ask("-print-file-name=\(name)", arguments) else { return nil }
    return path.hasPrefix("/") && isRegularFile(path) ? path : nil
  }

  /// The first line of clang's answer to a question about its files; nil if there is none.
  private func ask(_ question: String, _ arguments: [String]) -> String? {
    ToolOutput.of(options.compiler, arguments + [question], limit: Self.answerLimit)
      .map { String($0.text.prefix { $0 != "\n" }) }
  }

  /// In seconds.
  private static let answerLimit = 10.0
}
