// GDB started before there is anything to debug: its start and the linking take a tenth of a second each, and go side by side.

import Glibc
import Synchronization

/// A GDB that waits, its commands in files that are still empty, until the session is there or this process has ended.
package final class PreparedGDB: Sendable {
  let program: String
  private let process: ChildProcess
  /// What GDB reads after its wait: to be written before it is released.
  private let scripts: [Descriptor]
  private let release: Descriptor
  /// The end that GDB reads; kept here to see whether it did.
  private let gate: Descriptor
  private let isOver = Atomic(false)

  /// GDB's exit status where it cannot wait.
  private static let noPython: Int32 = 124

  /// - Parameter input: the descriptor that it reads its user's commands from.
  init(_ program: String, commands: [String], batch: Bool, input: Int32) throws(JITDebugError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Self.failure(program) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    gate = Descriptor(ends[0])
    release = Descriptor(ends[1])
    let wait = try Self.emptyFile(program)
    var scripts: [Descriptor] = []
    for _ in 0..<2 { scripts.append(try Self.emptyFile(program)) }
    self.scripts = scripts

    let folder = try? SharedFiles.folder("Scripts/debugger")
    guard Self.fill(wait, Self.waiting(at: gate.raw, commandsFolder: folder)) else { throw Self.failure(program) }
    var arguments = ["-q"]
    for file in [wait] + scripts { arguments += ["-x", "/proc/self/fd/\(file.raw)"] }
    for command in commands { arguments += ["-ex", command] }
    if batch { arguments.append("-batch") }
    var options = ChildProcess.Options()
    options.descriptors = ([gate, wait] + scripts).map { (child: $0.raw, here: $0.raw) }
    if input != 0 { options.descriptors.append((child: 0, here: input)) }
    self.program = program
    process = try ChildProcess(program, arguments, options)
  }

  /// Lets it go on with the scripts at these paths, and waits for its end; nil if it had not waited for that, as a GDB without
  /// Python cannot.
  func run(_ paths: [String]) -> ChildProcess.Ending? {
    for (file, path) in zip(scripts, paths) {
      guard let line = try? "source \(Quoting.gdbText(path))\n", Self.fill(file, line) else { return nil }
    }
    guard "x".withCString({ write(release.raw, $0, 1) }) == 1 else { return nil }
    let ending = process.wait()
    isOver.store(true, ordering: .relaxed)
    let isUnread = waitFor(POLLIN, on: gate.raw, until: Deadline(secondsFromNow: 0))
    return ending == .exited(Self.noPython) && isUnread ? nil : ending
  }

  /// Ends it, if that has not happened. It has printed nothing and has not touched the terminal.
  func abandon() {
    guard !isOver.exchange(true, ordering: .relaxed) else { return }
    kill(process.pid, SIGKILL)
    _ = process.wait()
  }

  /// Loads what the `jit` commands need of Python, then waits. GDB must not live on without the process that started it, whatever
  /// that one died of; Ctrl-C is for that one to act on.
  private static func waiting(at gate: Int32, commandsFolder: String?) -> String {
    let folder = commandsFolder.map { $0.utf8.map { "\\x" + String($0, radix: 16) }.joined() } ?? ""
    return """
      if $_isvoid($_streq)
        quit \(noPython)
      end
      python
      import os, re, signal, sys
      signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGQUIT])
      try:
        sys.path.insert(0, os.fsdecode(b"\(folder)"))
        import jitdebug_commands
      except ImportError:
        pass  # Said where the commands are loaded.
      finally:
        del sys.path[0]
      if not os.read(\(gate), 1):
        os.kill(os.getpid(), signal.SIGKILL)
      signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGQUIT])
      end

      """
  }

  /// A file without a name, which GDB opens by its descriptor.
  private static func emptyFile(_ subject: String) throws(JITDebugError) -> Descriptor {
    var path = Array("/tmp/jitdebug-script-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    guard file >= 0 else { throw failure(subject) }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(path)
    return Descriptor(file)
  }

  private static func fill(_ file: Descriptor, _ text: String) -> Bool {
    var text = text
    return text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: file.raw) }
  }

  private static func failure(_ subject: String) -> JITDebugError {
    JITDebugError(.system, subject, "cannot be prepared: \(systemMessage(errno).lowercasedFirst)")
  }
}
