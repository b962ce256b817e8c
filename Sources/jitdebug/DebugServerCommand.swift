import ArgumentParser
import Glibc
import JITDebug

struct DebugServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "debug-server",
    abstract: "Connect a debugger to a debug server on the target.",
    discussion: """
      The executor starts a debug server on the target, gdbserver or lldb-server, which attaches to the process and \
      speaks over the executor's own port. Launch scripts use this; `jitdebug attach` does all of it.

      Examples:
        (gdb) target remote | jitdebug debug-server --connect 192.168.0.7:4711 --pid 321
        jitdebug debug-server --connect 192.168.0.7:4711 --pid 321 --listen
      """)

  @OptionGroup var connect: ConnectOptions

  @Option(help: ArgumentHelp("The process to debug, as the target numbers it.", valueName: "n"))
  var pid: Int32

  @Option(
    name: .customLong("debug-server"),
    help: ArgumentHelp("The debug server's path on the target. (default: one along its PATH)", valueName: "path"))
  var program: String?

  @Option(help: "The debugger that will speak with it.")
  var debugger = Debugger.gdb

  @Flag(
    help: ArgumentHelp(
      "Print a HOST:PORT of this machine where one debugger can connect, instead of using standard input and output."))
  var listen = false

  func run() throws {
    guard let location = try connect.location() else {
      throw JITDebugError(.usage, "", "missing --connect", remedy: "say where the executor is; see --help")
    }
    let server = try DebugServer(
      at: location, pid: pid, program: program, debugger: debugger)
    guard listen else {
      ignoreSignals()
      return try server.passOn(input: 0, output: 1)
    }
    let client: Descriptor
    do {
      let port = try DebugServerPort()
      var line = "127.0.0.1:\(port.port)\n"
      guard line.withUTF8({ writeAll(UnsafeRawBufferPointer($0), to: 1) }) else {
        throw JITDebugError(.system, "standard output", "cannot be written")
      }
      // Whoever reads the line may wait for the end of this output.
      close(1)
      client = try port.accept()
    } catch {
      server.leave()
      throw error
    }
    ignoreSignals()
    try server.passOn(input: client.raw, output: client.raw)
  }

  /// The debugger's Ctrl-C and its end are told by the connection; after its end there is still the process to be left.
  private func ignoreSignals() {
    for number in [SIGINT, SIGPIPE, SIGHUP, SIGTERM] { signal(number, SIG_IGN) }
  }
}
