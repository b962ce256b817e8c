// The command: its subcommands, and how errors become messages and exit codes.

import ArgumentParser
import Glibc
import JITDebug

struct JITDebugCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jitdebug",
    abstract: "Run code on an executor in another process and debug it like a statically linked program.",
    version: "0.1.0",
    subcommands: [RunCommand.self, DebugCommand.self, AttachCommand.self])
}

@main
enum Main {
  static func main() {
    let arguments = CommandLineArguments.normalize(Array(CommandLine.arguments.dropFirst()))
    do {
      var command = try JITDebugCommand.parseAsRoot(arguments)
      try command.run()
    } catch let error as JITDebugError {
      Terminal.print(error)
      exit(error.code == .usage ? 64 : 125)
    } catch {
      JITDebugCommand.exit(withError: error)
    }
  }
}
