// Launch scripts: command files with which LLDB and GDB attach to a session and find its debug info and sources.

import Glibc

/// The text of a session's launch scripts. Nothing here looks at the file system: the source map is taken as checked.
package enum LaunchScript {
  /// The script for `lldb-22 -s`. LLDB shows its lines as it goes, comments too, so the last is the greeting.
  package static func lldb(_ target: DebugTarget) throws(JITDebugError) -> String {
    let path = "\(target.sessionFolder)/\(Debugger.lldb.scriptName)"
    var text = """
      # Attaches LLDB to jitdebug session \(target.sessionID): lldb-22 -s \(try Quoting.lldb(path))
      # Look here, by build-id, for the debug info of the code linked at run time (-g: an existing target keeps its own value).
      settings set -g target.debug-file-search-paths \(try Quoting.lldbSetting(target.debugFolder))
      # Read what the program announces through the GDB JIT interface.
      settings set plugin.jit-loader.gdb.enable on
      # Ask no server for the debug info of other modules: each question can take seconds.
      settings set symbols.enable-external-lookup false
      # LLDB 22's status line reads frames while the program starts to run, and now and then a stop then shows an old one.
      settings set show-statusline false
      # The executor holds the JIT interface.
      target create \(try Quoting.lldb(target.executorPath))

      """
    if !target.sourceMap.isEmpty { text += "# Find the sources here instead of where they were compiled.\n" }
    for entry in target.sourceMap {
      text +=
        "settings append target.source-map \(try Quoting.lldbSetting(entry.from)) \(try Quoting.lldbSetting(entry.to))\n"
    }
    return text + """
      # Stop the program.
      process attach --pid \(target.pid)
      # \(target.greeting)

      """
  }

  /// The script for `gdb -x`.
  package static func gdb(_ target: DebugTarget) throws(JITDebugError) -> String {
    let path = "\(target.sessionFolder)/\(Debugger.gdb.scriptName)"
    var text = """
      # Attaches GDB to jitdebug session \(target.sessionID): gdb -x \(try Quoting.gdb(path))
      # Look here, by build-id, for the debug info of the code linked at run time; then where the system's lies.
      set debug-file-directory \(try Quoting.gdbFolder(target.debugFolder)):/usr/lib/debug
      # Ask no server for the debug info of other modules: each question can take seconds.
      set debuginfod enabled off
      # Accept breakpoints in code that is not there yet, without a question.
      set breakpoint pending on
      # Resume all threads at once. One by one, GDB 13 fails where a program ends as soon as its main thread runs.
      maintenance set target-non-stop off

      """
    if !target.sourceMap.isEmpty { text += "# Find the sources here instead of where they were compiled.\n" }
    for entry in target.sourceMap {
      text += "set substitute-path \(try Quoting.gdb(entry.from)) \(try Quoting.gdb(entry.to))\n"
    }
    return text + """
      # The executor holds the JIT interface.
      file \(try Quoting.gdb(target.executorPath))
      # Stop the program.
      attach \(target.pid)
      echo \(target.greeting)\\n

      """
  }
}

/// What jitdebug has GDB read after the launch script.
package enum GDBGuard {
  package static let scriptName = "guard.gdb"
  /// GDB's exit status where it did not attach.
  package static let noProcess: Int32 = 125

  /// Stops where the launch script could not attach: the commands to come would work on nothing, or start the executor.
  package static let attached = """
    # Read by jitdebug after launch.gdb. GDB carries on after a failed command file.
    if $_gthread == 0
      quit \(noProcess)
    end

    """

  /// For `jitdebug debug`, which ends the program with the debugger. GDB by itself would detach and let it run on.
  package static let endsProgram = """
    python
    import os, signal

    class JITDebugEnd:
      # A program that stopped for one of these is let go, to die of it: its end then tells what really happened.
      fatal = ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS")
      stop_signal = None

      def stopped(self, event):
        self.stop_signal = event.stop_signal if isinstance(event, gdb.SignalEvent) else None

      def exiting(self, event):
        for inferior in gdb.inferiors():
          if inferior.pid != 0 and self.stop_signal not in self.fatal:
            os.kill(inferior.pid, signal.SIGKILL)

    jitdebug_end = JITDebugEnd()
    gdb.events.stop.connect(jitdebug_end.stopped)
    gdb.events.gdb_exiting.connect(jitdebug_end.exiting)
    end

    """
}
