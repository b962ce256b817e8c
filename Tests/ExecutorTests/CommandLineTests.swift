// The executor's command line, compared whole where it is text.
import TestSupport
import Foundation
import Glibc
import Testing

@Suite struct CommandLineTests {
  private func run(_ arguments: [String]) throws -> (TestProcess.Ending, String, String) {
    let process = try TestProcess(try BuiltExecutor.path(), arguments)
    return (try process.wait(), process.output, process.errors)
  }

  @Test(arguments: ["--help", "-h"]) func help(option: String) throws {
    let (ending, output, errors) = try run([option])
    #expect(ending == .exited(0))
    #expect(errors == "")
    #expect(
      output == """
        usage: jitdebug-executor [--listen ADDRESS | --dial HOST:PORT] [OPTION...]
               jitdebug-executor --stdio | --fd N

        Runs code that a controller such as jitdebug, llvm-jitlink or clang-repl links into it.

          --listen ADDRESS    accept controllers at HOST:PORT or unix:PATH, each in a process of its
                              own, and print it (default 127.0.0.1:0: the system chooses a port)
          --dial HOST:PORT    connect to controllers that listen there, again and again
          --token-file FILE   serve only who knows the token in FILE, which no other user may read
          --insecure          serve other machines without a token: whoever gets through can run any
                              code as this user
          --port-file FILE    write the port's number to FILE, and remove FILE at the end
          --max-sessions N    serve at most N at a time
          --idle-timeout S    end sessions that do nothing for S seconds
          --session-timeout S end sessions after S seconds
          --limit-memory SIZE address space of each process, in bytes, K, M or G
          --limit-cpu S       seconds of processor time of each process
          --user NAME         become this user, a name or a number, once it listens
          --quiet             do not log sessions
          --stdio             serve the one controller at standard input and output
          --fd N              serve the one controller at the other end of the socket N
          --help              print this text
          --version           print the version

        """)
  }

  @Test func version() throws {
    let (ending, output, _) = try run(["--version"])
    #expect(ending == .exited(0))
    #expect(output == "jitdebug-executor 0.1.0\n")
  }

  @Test(arguments: [
    (["--bogus"], "error: --bogus: unknown argument"), (["--fd"], "error: --fd: missing value"),
    (["--fd=x"], "error: --fd: not a number"), (["--port-file"], "error: --port-file: missing value"),
    (["--listen", ""], "error: --listen: missing value"), (["--help=x"], "error: --help=x: unknown argument"),
    (["--fd=99999999999999999999"], "error: --fd: not a number"),
    (["--fd", "3", "--listen", "localhost:0"], "error: --fd: cannot be combined with options for listening"),
  ])
  func misuse(arguments: [String], message: String) throws {
    let (ending, output, errors) = try run(arguments)
    #expect(ending == .exited(64))
    #expect(output == "")
    #expect(errors == message + "\nnote: see jitdebug-executor --help\n")
  }

  @Test(arguments: ["127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "[]:1x"])
  func malformedAddresses(address: String) throws {
    let (ending, _, errors) = try run(["--listen", address])
    #expect(ending == .exited(1))
    #expect(errors == "error: \(address): not of the form HOST:PORT\n")
  }

  @Test(arguments: ["0.0.0.0:0", "[::]:0"]) func otherMachinesAreNotLetInUnasked(address: String) throws {
    let (ending, output, errors) = try run(["--listen=\(address)"])
    #expect(ending == .exited(1))
    #expect(output == "")
    #expect(errors.hasPrefix("error: \(address): refusing to serve other machines: "))
    #expect(errors.contains("\nnote: "))
    #expect(errors.contains("--insecure"))
  }

  @Test(arguments: [
    (["--listen", "127.0.0.1:0"], "127.0.0.1:"), (["--listen", "localhost:0"], ":"), (["--listen=[::1]:0"], "[::1]:"),
    (["--listen", "0.0.0.0:0", "--insecure"], "0.0.0.0:"),
  ])
  func theAddressIsPrintedAndThePortFileGoes(arguments: [String], prefix: String) throws {
    let folder = try TemporaryFolder()
    let process = try TestProcess(try BuiltExecutor.path(), arguments + ["--port-file", folder.file("port")])
    #expect(eventually { process.output.hasSuffix("\n") })
    let line = process.output.dropLast()
    #expect(!line.contains("\n") && line.contains(prefix))
    let port = try String(contentsOfFile: folder.file("port"), encoding: .utf8)
    #expect(line.hasSuffix(":" + port.dropLast()))
    process.signal(SIGINT)
    #expect(try process.wait() == .exited(0))
    #expect(!FileManager.default.fileExists(atPath: folder.file("port")))
    #expect(process.errors == "")
  }

  @Test func anAddressInUseIsNamed() throws {
    let listener = try Listener()
    let (ending, _, errors) = try run(["--listen", "127.0.0.1:\(listener.port)"])
    #expect(ending == .exited(1))
    #expect(errors == "error: 127.0.0.1:\(listener.port): Address already in use\n")
  }

  @Test func descriptorsThatAreNoSocketsAreRefused() throws {
    let (ending, _, errors) = try run(["--fd", "1"])
    #expect(ending == .exited(64))
    #expect(errors == "error: --fd: not a stream socket: Socket operation on non-socket\n")
  }
}
