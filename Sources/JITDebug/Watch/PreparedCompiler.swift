// A compiler that was started beforehand: it has done all that comes before reading its source, which it waits for.

import Glibc

/// One compilation of a source whose text comes later. It ends with this process, and in `deinit` at the latest.
///
/// Clang sees the source under its own name, by an overlay of the file system that has its standard input there; so what comes out
/// is what comes out of the file, byte for byte. Of headers it has read nothing before the source.
final class PreparedCompiler {
  private let process: ChildProcess
  private let messages: OutputPipe
  private let output: String
  private var writer: Descriptor?
  /// The same end as the compiler's: tells how much it has left in the pipe.
  private let reader: Descriptor
  private var hasEnded = false

  struct Outcome {
    var object: FileBytes
    var messages: [UInt8]
    /// The files that it was made of, the source first unless headers had been parsed.
    var files: [String]
    /// Where it looked for headers.
    var search: HeaderSearch
  }

  /// - Parameters:
  ///   - arguments: come before those that each compilation of the source has.
  ///   - output: the file that it writes, and the beginning of the names of others; not one that another compiler writes.
  init?(_ compiler: Compiler, _ source: Input, _ arguments: [String] = [], output: String) {
    guard Self.suits(compiler, source), let overlay = Self.overlay(of: source.path, beside: output) else { return nil }
    guard let pipe = try? makePipe(), let messages = try? OutputPipe() else { return nil }
    (reader, writer) = pipe
    var spawn = ChildProcess.Options()
    // Ctrl-C is for the program.
    spawn.ownProcessGroup = true
    spawn.descriptors = [(child: 0, here: reader.raw), (child: 2, here: messages.writer.raw)]
    // With -v it tells at first where it looks for headers.
    let all = ["-v", "-ivfsoverlay", overlay] + arguments + compiler.arguments(for: source, output: output)
    guard let process = try? ChildProcess(compiler.options.compiler, all, spawn) else { return nil }
    messages.closeWriter()
    (self.process, self.messages, self.output) = (process, messages, output)
  }

  /// Whether an object depends on nothing but the arguments, the source and what it includes.
  private static func suits(_ compiler: Compiler, _ source: Input) -> Bool {
    compiler.options.writesDependencies && CacheableArguments.areAll(compiler.options.arguments)
      && [".c", ".cc", ".cpp", ".cxx", ".c++", ".C"].contains { source.path.hasSuffix($0) }
  }

  /// Writes clang's description of a file system in which the source is what comes in.
  private static func overlay(of source: String, beside output: String) -> String? {
    let path = source.hasPrefix("/") ? source : "\(CompileRequest.directory)/\(source)"
    guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
      return nil
    }
    let text = """
      {"version": 0, "use-external-names": "false", "roots":
        [{"type": "file", "name": "\(path)", "external-contents": "/dev/stdin"}]}

      """
    let file = "\(output).yaml"
    guard (try? writeFile(text, to: file)) != nil else { return nil }
    return file
  }

  /// Lets others have the processor first.
  func stepBack() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(process.pid), 19) }

  /// Hands the source over; false if there is too much of it.
  func feed(_ source: UnsafeRawBufferPointer) -> Bool {
    guard let writer else { return false }
    defer { self.writer = nil }
    // All at once, so that nobody has to wait for the compiler to read.
    _ = fcntl(writer.raw, F_SETFL, O_NONBLOCK)
    if source.count > fcntl(writer.raw, Self.F_GETPIPE_SZ) {
      _ = fcntl(writer.raw, Self.F_SETPIPE_SZ, Int32(clamping: source.count))
    }
    return write(writer.raw, source.baseAddress, source.count) == source.count
  }

  /// Linux's, from fcntl.h, which keeps them from programs in strict C.
  private static let (F_SETPIPE_SZ, F_GETPIPE_SZ): (Int32, Int32) = (1031, 1032)

  /// For poll, which tells of its end by POLLHUP.
  var polled: Int32 { messages.polled }

  /// Waits for the end of a compilation; nil if nothing usable came of it, or it was interrupted.
  func finish(_ interruption: Interruption?) -> Outcome? {
    guard let text = messages.readToEnd(unless: interruption?.descriptor) else { return nil }
    hasEnded = true
    guard process.wait() == .exited(0), !hasUnread,
      let end = text.firstRange(of: Self.endOfSearch)?.upperBound,
      let search = HeaderSearch(clang: String(decoding: text[..<end], as: UTF8.self)),
      // It looked at the folders before it waited.
      search.missing.allSatisfy({ access($0, F_OK) != 0 }),
      let object = try? readFile(output), let files = Dependencies.read(forObject: output)
    else { return nil }
    return Outcome(object: object, messages: Array(text[end...]), files: files, search: search)
  }

  /// What clang -v says last.
  private static let endOfSearch = Array("End of search list.\n".utf8)

  /// Whether it ended, or took its source from somewhere else, without having read all that it was given.
  private var hasUnread: Bool {
    var entry = pollfd(fd: reader.raw, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) != 0 && entry.revents & Int16(POLLIN) != 0
  }

  deinit {
    if !hasEnded {
      kill(process.pid, SIGKILL)
      _ = process.wait()
    }
    for file in [output, Dependencies.path(forObject: output), "\(output).yaml"] { unlink(file) }
  }
}
