// What jitdebug has GDB read after its launch script.

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
  ///
  /// - Parameter isRemote: the process is another machine's, so that its number means nothing here.
  package static func endsProgram(isRemote: Bool) -> String {
    let kill = isRemote ? "gdb.execute(\"kill\")" : "os.kill(inferior.pid, signal.SIGKILL)"
    return """
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
              \(kill)

      jitdebug_end = JITDebugEnd()
      gdb.events.stop.connect(jitdebug_end.stopped)
      gdb.events.gdb_exiting.connect(jitdebug_end.exiting)
      end

      """
  }
}
