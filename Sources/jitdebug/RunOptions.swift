// The options that `run` and `debug` share.

import ArgumentParser
import Glibc
import JITDebug

extension DebugInfoMode: ExpressibleByArgument {}
extension Compression: ExpressibleByArgument {}

struct RunOptions: ParsableArguments {
  @OptionGroup var connect: ConnectOptions

  @Flag(help: "Copy the fitting executor to the machine that ssh reaches first, unless the same one is there.")
  var install = false

  @Option(
    help: ArgumentHelp("The executor to start for a local run.", valueName: "path"), completion: .file())
  var executor: String?

  @Option(
    name: .customLong("dlopen"), parsing: .singleValue,
    help: ArgumentHelp(
      "Load a library of the target first (repeatable): mbedtls for the highest version of libmbedtls.so.N there, "
        + "mbedtls@14 for libmbedtls.so.14, or a file.", valueName: "lib"))
  var libraries: [String] = []

  @Option(
    name: .customShort("l"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Link what is needed of lib<name>.a, or of <file> with -l:<file>, into the program (repeatable). Archives may "
        + "need each other, in any order.", valueName: "name"))
  var archives: [String] = []

  @Option(
    name: .customShort("L"), parsing: .singleValue,
    help: ArgumentHelp(
      "Look there first for -l, before the target's library folders here (repeatable).", valueName: "dir"),
    completion: .directory)
  var archiveFolders: [String] = []

  @Option(help: ArgumentHelp("The function to run.", valueName: "name"))
  var entry = "main"

  @Option(
    name: .customLong("cwd"), help: ArgumentHelp("The program's working directory on the target.", valueName: "dir"))
  var workingDirectory: String?

  @Option(
    name: .customLong("env"), parsing: .singleValue,
    help: ArgumentHelp("Set a variable of the program's environment (repeatable).", valueName: "k=v"))
  var environment: [String] = []

  @Option(help: ArgumentHelp("How debuggers get debug info: a reference to a file here, inline in the target, none."))
  var debugInfo = DebugInfoMode.reference

  @Option(
    help: ArgumentHelp(
      "Whether code and data travel compressed: auto does so where answers take more than a millisecond.",
      valueName: "when"))
  var compress = Compression.auto

  @Flag(help: "Do not enter main before a debugger is attached or Enter is pressed.")
  var waitForDebugger = false

  @Flag(help: "Print what the run cost, as a line of JSON on standard error.")
  var stats = false

  @Option(
    name: .customShort("I"), parsing: .singleValue,
    help: ArgumentHelp("Compiler: search a directory for headers.", valueName: "dir"), completion: .directory)
  var includes: [String] = []

  @Option(
    name: .customShort("D"), parsing: .singleValue, help: ArgumentHelp("Compiler: define a macro.", valueName: "macro"))
  var defines: [String] = []

  @Option(name: .customShort("O"), help: ArgumentHelp("Compiler: optimisation level.", valueName: "level"))
  var optimization: String?

  @Option(name: .customLong("std"), help: ArgumentHelp("Compiler: language standard.", valueName: "standard"))
  var standard: String?

  @Option(
    help: ArgumentHelp("Compiler: the target's headers and libraries.", valueName: "dir"), completion: .directory)
  var sysroot: String?

  @Option(
    name: .customLong("Xcc", withSingleDash: true), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Pass an argument on to the compiler (repeatable).", valueName: "arg"))
  var compilerArguments: [String] = []

  @Flag(
    help: ArgumentHelp(
      "Compile anew what was compiled before, and keep nothing for the next time. (as with JITDEBUG_NO_CACHE=1)"))
  var noCache = false

  @OptionGroup var sources: SourceMapOptions

  @Argument(
    help: ArgumentHelp(
      "Sources (.c .cc .cpp .cxx .s), LLVM IR (.ll .bc), objects (.o), archives (.a).", valueName: "input"),
    completion: .file())
  var inputs: [String] = []

  /// What follows `--`; taken out before parsing, see `CommandLineArguments`.
  @OptionGroup var passed: CommandLineArguments

  /// The options as the library wants them.
  func sessionOptions() throws -> SessionOptions {
    let inputs = inputs + passed.inputsAtEnd
    guard !inputs.isEmpty else {
      throw JITDebugError(.usage, "", "no input files", remedy: "name a source, IR, object or archive; see --help")
    }
    if connect.endpoint != nil && executor != nil {
      throw JITDebugError(
        .usage, "--executor", "has no meaning together with --connect", remedy: "leave one of them out")
    }
    var location = try connect.location() ?? .spawn(path: try executor ?? ExecutorBinary.find())
    if install {
      guard location.isReachedBySSH else { throw ExecutorLocation.onlyForSSH("--install") }
      location.installs = true
    }
    var options = SessionOptions(location: location, inputs: inputs)
    options.libraries = try libraries.map { (text) throws in try TargetLibrary(text) }
    options.archives = HostArchives(names: archives, folders: archiveFolders)
    options.warn = { Terminal.warn($0) }
    options.note = { if isatty(2) != 0 { Terminal.note($0) } }
    options.entry = entry
    options.arguments = passed.afterTerminator
    options.workingDirectory = workingDirectory
    options.environment = try Self.variables(environment)
    options.debugInfo = debugInfo
    options.compression = compress
    options.sources = sources.lookup
    options.compiler.colorsMessages = Terminal.isColored
    let progress = CompilerProgress()
    options.report = { progress.report($0) }
    options.waitsForDebugger = waitForDebugger
    options.compiler.arguments =
      includes.map { "-I\($0)" } + defines.map { "-D\($0)" } + (optimization.map { ["-O\($0)"] } ?? [])
      + (standard.map { ["-std=\($0)"] } ?? []) + compilerArguments
    options.compiler.sysroot = sysroot
    if !noCache { options.compiler.cache = CompileCache() }
    return options
  }

  /// What `--env` was given; of a name that is given several times, the last.
  static func variables(_ entries: [String]) throws -> [(name: String, value: String)] {
    let all = try entries.map { entry in
      guard let equals = entry.firstIndex(of: "="), equals > entry.startIndex else {
        throw JITDebugError(
          .usage, "--env \(entry)", "is not of the form NAME=VALUE",
          remedy: "write --env NAME=VALUE, with --env NAME= for an empty value")
      }
      return (name: String(entry[..<equals]), value: String(entry[entry.index(after: equals)...]))
    }
    return all.indices.filter { index in !all[(index + 1)...].contains { $0.name == all[index].name } }.map { all[$0] }
  }
}
