// The command: its subcommands, and how errors become messages and exit codes.

import ArgumentParser
import Glibc
import JITDebug

struct JITDebugCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jitdebug",
    abstract: "Run code on an executor in another process and debug it like a statically linked program.",
    discussion: """
      Examples:
        jitdebug run hello.c -- a b c                      # in an executor started for it
        jitdebug run --connect 192.168.0.7:4711 server.c   # in one that listens there
        jitdebug attach                                    # a debugger to what runs
        jitdebug debug --debugger gdb hello.c              # from before main
        jitdebug sessions                                  # what runs, and what ran
        jitdebug inspect --pid 4711                        # code of any process

      For completion in bash: jitdebug --generate-completion-script bash > jitdebug.bash && source jitdebug.bash
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self,
      DebugCommand.self,
      AttachCommand.self,
      DoctorCommand.self,
      SessionsCommand.self,
      LibrariesCommand.self,
      ExecutorCommand.self,
      SourceMapCommand.self,
      InspectCommand.self,
      ReportCommand.self,
      ScriptCommand.self,
      DebugServerCommand.self,
      DebugInfoServiceCommand.self,
    ])
}

@main
enum Main {
  static func main() {
    // A file size limit is an error like others, to be reported; children start with the default again.
    signal(SIGXFSZ, SIG_IGN)
    openStandardStreams()
    let arguments = CommandLineArguments.normalize(Array(CommandLine.arguments.dropFirst()))
    if arguments.first == RunCommand._commandName { HeadStart.begin(Array(arguments.dropFirst())) }
    do {
      var command = try parse(arguments)
      try command.run()
    } catch let error as JITDebugError {
      HeadStart.abandon()
      if case .interrupted(let number) = error.code { SignalCleanup.end(by: number) }
      Terminal.print(error)
      end(error.code == .usage ? 64 : 125)
    } catch let code as ExitCode {
      end(code.rawValue)
    } catch {
      HeadStart.abandon()
      guard let error = usageError(error) else { JITDebugCommand.exit(withError: error) }
      Terminal.print(error)
      exit(64)
    }
  }

  /// What would run at exit is all about memory: it takes a tenth of a small run, and is not for a process with other threads.
  private static func end(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
  }

  /// What is run most is read by itself: with all other commands beside it, reading takes longer than linking a small program. What
  /// it refuses, or asks for help, is read again in full.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    let frequent: [any ParsableCommand.Type] = [RunCommand.self, DebugCommand.self]
    if let command = frequent.first(where: { $0._commandName == arguments.first }),
      let read = try? command.parseAsRoot(Array(arguments.dropFirst())),
      type(of: read) == command
    {
      return read
    }
    return try JITDebugCommand.parseAsRoot(arguments)
  }

  /// Where a standard stream is closed, the next file or socket opened would be taken for it.
  private static func openStandardStreams() {
    while true {
      let descriptor = open("/dev/null", O_RDWR)
      guard descriptor >= 0 && descriptor <= 2 else {
        if descriptor > 2 { close(descriptor) }
        return
      }
    }
  }

  /// The parser's refusals in the form of all other errors; nil for what is none, such as a request for help.
  private static func usageError(_ error: any Error) -> JITDebugError? {
    guard !(error is ExitCode), JITDebugCommand.exitCode(for: error) == .validationFailure else { return nil }
    let lines = JITDebugCommand.fullMessage(for: error).split(separator: "\n")
    let help = lines.last { $0.hasPrefix("  See '") }?.split(separator: "'").dropFirst().first
    return JITDebugError(
      .usage, "", JITDebugCommand.message(for: error).oneSentence, remedy: help.map { "see \($0)" })
  }
}

extension String {
  /// In the style of our messages: one line, starting in lower case, without a full stop.
  fileprivate var oneSentence: String {
    // The parser lists a few choices in one line and more in lines of their own.
    let text = replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ").split(whereSeparator: \.isNewline)
      .joined(separator: " ")
    let start = text.prefix(1).lowercased() + text.dropFirst()
    return start.hasSuffix(".") ? String(start.dropLast()) : start
  }
}
