import ArgumentParser
import JITDebug

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make a report of a session or process: a bundle for a bug report, or a page to look at.",
    discussion: """
      Without a session, process or core file it is about the running session, or the last one if none runs. The page \
      (.html) is one file that loads and runs nothing: what happened when, where it crashed, the memory map, the \
      registered code and what is wrong with it, and where the sources are. The bundle (.tar.gz) has the page and what it \
      was made from: session.json, crash.json, inspect.json, doctor.json, sourcemap.json, maps, the registered objects, \
      debug files, launch scripts and versions of the tools. Paths and names of your sources are in it; their text is \
      only with --sources: of a process that jitdebug did not start, that is files with the very text that was compiled, \
      by the MD5 sum in the debug info, and source files below the working directory or a --source-root.

      Examples:
        jitdebug report                                  # a bundle here
        jitdebug report --session 1k4p2c7 -o report.html
        jitdebug report --pid 4711 -o julia.tar.gz
        jitdebug report --core core.4711 --sources
      """)

  @Option(help: ArgumentHelp("A session, running or ended.", valueName: "id"))
  var session: String?

  @Option(help: ArgumentHelp("A process, also one that jitdebug did not start.", valueName: "pid"))
  var pid: Int32?

  @Option(help: ArgumentHelp("An ELF core file.", valueName: "file"), completion: .file())
  var core: String?

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp(
      "The file to write, a .tar.gz or an .html. (default: jitdebug-report-ID.tar.gz)", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .customLong("sources"), help: "Put the source files that were found into the bundle.")
  var withSources = false

  @OptionGroup var sources: SourceMapOptions

  func run() throws {
    let request = ReportRequest(
      session: session, pid: pid, core: core, lookup: sources.lookup,
      version: JITDebugCommand.configuration.version)
    SignalCleanup.watch()
    let (path, problems) = try ReportFile.write(request, to: output, withSources: withSources)
    problems.forEach(Terminal.warn)
    try Terminal.output("\(path)\n")
  }
}
