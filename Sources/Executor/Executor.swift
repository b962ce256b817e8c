// The executor as a whole: from its command line to its exit status.
import ExecutorSystem
import Wire

package enum Executor {
  /// Runs the executor with the arguments that follow the program's name, up to a null, and returns the exit status.
  package static func run(_ arguments: argument_words) -> Int32 {
    let command: Command
    do { command = try Command(arguments) } catch {
      print(error: "\(error.message)\nnote: see jitdebug-executor --help")
      return 64
    }
    switch command {
    case .help: return output_write(cConstant(Command.usage)) == 0 ? 0 : 1
    case .version: return output_write(Command.versionLine.cString) == 0 ? 0 : 1
    case .listen(let listener):
      do { try listener.run() } catch {
        print(error: error.message)
        return 1
      }
      return 0
    case .serve(let listener): return serve(listener)
    case .resume:
      guard let channel = channel_adopt() else { return 64 }
      process_become_session(process_parent_id(), false)
      Session(channel: channel).run()
    }
  }

  /// Serves one controller. Returns what a shell would for the session's process.
  private static func serve(_ listener: Listener) -> Int32 {
    process_ignore_broken_pipes()
    let isRelayed = listener.options.stdio
    do {
      try listener.readToken()
      let socket = isRelayed ? relay_standard_streams() : network_adopt(Int32(clamping: listener.options.fd))
      guard socket >= 0 else {
        print(error: "\(isRelayed ? "--stdio" : "--fd: not a stream socket" as StaticString): \(systemError(-socket))")
        return 64
      }
      let connection = door_let_in(socket)
      guard connection > 0 else { return 1 }
      door_forget()
      switch try Supervisor.run(socket: connection, detached: isRelayed) {
      case .exited(let status): return Int32(status)
      case .signaled(let number): return 128 + Int32(number)
      }
    } catch {
      print(error: error.message)
      return 1
    }
  }

  private static func print(error message: WireString) {
    let line: WireString = "error: \(message)\n"
    output_report(line.cString)
  }
}
