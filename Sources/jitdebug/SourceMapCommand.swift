import ArgumentParser
import JITDebug

extension SourceMap.Format: ExpressibleByArgument {}

struct SourceMapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sourcemap",
    abstract: "Find the sources that debug info names, and print the rules that lead debuggers there.",
    discussion: """
      Reads objects, archives, LLVM IR and debug files, or the debug info of a session. Each source is looked for where it \
      was when it was compiled, by the profiles, and below the source roots; where its MD5 sum is recorded, the text counts \
      more than the place. `run`, `debug`, `attach` and `script` do the same by themselves.

      Examples:
        jitdebug sourcemap                               # of the running session
        jitdebug sourcemap build/*.o --source-root ~/src/app
        jitdebug sourcemap app.bc --profile debian-aarch64 --format lldb
        jitdebug sourcemap --session 1k4p2c7 --check     # all here and unchanged?
        jitdebug sourcemap libapp.a --source-root ~/src/app --save app.json
      """)

  @Argument(
    help: ArgumentHelp("Objects (.o), archives (.a), LLVM IR (.ll .bc), debug files.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(help: ArgumentHelp("A session, running or ended, whose debug info is read.", valueName: "id"))
  var session: String?

  @OptionGroup var sources: SourceMapOptions

  @Option(help: "How the map is printed; vscode: the keys for lldb-dap, CodeLLDB and cpptools.")
  var format = SourceMap.Format.table

  @Flag(help: "Print one JSON document; the same as --format json.")
  var json = false

  @Flag(help: "Exit with 1 if a source is missing or has changed, or an input cannot be read.")
  var check = false

  @Option(help: ArgumentHelp("Write the rules as a profile.", valueName: "file"), completion: .file())
  var save: String?

  func run() throws {
    let lookup = sources.lookup
    let (map, triple) = try SourceMapRequest(files: files, session: session, lookup: lookup).map()
    let (text, warnings) = try map.text(json ? .json : format)
    (map.problems + map.changeWarnings + warnings).forEach(Terminal.warn)
    try Terminal.output(text)
    if let save { try SourceMapRequest.save(map, lookup, triple: triple, to: save) }
    if check && map.count(.changed) + map.count(.missing) + map.unreadable > 0 { throw ExitCode(1) }
  }
}
