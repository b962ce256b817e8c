// GDB started before there is anything to debug: its start and the linking take a tenth of a second each, and go side by side.

import Glibc
import Synchronization

/// A GDB that waits, its commands in files that are still empty, until the session is there or this process has ended.
package final class PreparedGDB: Sendable {
  let program: String
  private let process: ChildProcess
  /// What GDB reads after its wait: to be written before it is released.
  private let scripts: [TemporaryFile]
  private let release: Descriptor
  /// The end that GDB reads; kept here to see whether it did.
  private let gate: Descriptor
  private let isOver = Atomic(false)

  /// GDB's exit status where it cannot wait.
  private static let noPython: Int32 = 124

  /// - Parameter input: the descriptor that it reads its user's commands from.
  init(_ program: String, commands: [String], batch: Bool, input: Int32) throws(JITDebugError) {
    (gate, release) = try makePipe()
    let wait = try TemporaryFile()
    scripts = [try TemporaryFile(), try TemporaryFile()]
    let folder = try? SharedFiles.folder("Scripts/debugger")
    guard wait.write(Self.waiting(at: gate.raw, commandsFolder: folder)) else {
      throw TemporaryFile.failure("temporary file", errno)
    }
    let files = [wait] + scripts
    let arguments = GDBSession.arguments(files.map(\.path), commands, batch: batch)
    var options = ChildProcess.Options()
    options.descriptors = ([gate] + files.map(\.descriptor)).map { (child: $0.raw, here: $0.raw) }
    if input != 0 { options.descriptors.append((child: 0, here: input)) }
    self.program = program
    process = try ChildProcess(program, arguments, options)
  }

  /// Lets it go on with the scripts at these paths, and waits for its end; nil if it had not waited for that, as a GDB without
  /// Python cannot.
  func run(_ paths: [String]) -> ChildProcess.Ending? {
    for (file, path) in zip(scripts, paths) {
      guard let line = try? "source \(Quoting.gdbText(path))\n", file.write(line) else { return nil }
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
}
