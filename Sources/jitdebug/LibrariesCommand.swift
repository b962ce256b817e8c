import ArgumentParser
import JITDebug

struct LibrariesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "libraries",
    abstract: "List the target's libraries, and what --dlopen would load.",
    discussion: """
      Looks where the target's loader does: LD_LIBRARY_PATH of the executor, ld.so.conf or musl's path file, the \
      default folders. `--dlopen NAME` takes the highest version that is for the executor's architecture.

      Examples:
        jitdebug libraries --connect 192.168.0.7:4711 mbed
        jitdebug libraries --json
      """)

  @OptionGroup var connect: ConnectOptions

  @Option(help: ArgumentHelp("The executor to start for this machine.", valueName: "path"), completion: .file())
  var executor: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  @Argument(help: ArgumentHelp("Only libraries with this in their names.", valueName: "name"))
  var name: String?

  func run() throws {
    let location = try connect.location() ?? .spawn(path: try executor ?? ExecutorBinary.find())
    let list = try LibraryList(at: location, part: name)
    try Terminal.output(json ? try list.json() : list.table)
  }
}
