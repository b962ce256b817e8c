import ArgumentParser
import JITDebug

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the code that a process has registered for debuggers, and what is wrong with it.",
    discussion: """
      Reads the list of the GDB JIT interface from a process, of whatever program, without stopping it, or from a core \
      file: who defines the hook, each entry's object, code, functions and sources, and findings, each with an \
      identifier that --findings explains. Damaged and hostile memory is told of, not followed.

      Exits with 0 if nothing worse than a note was found, with 1 otherwise; 64 for wrong usage, 125 when jitdebug itself \
      failed.

      Examples:
        jitdebug inspect                                 # the running session
        jitdebug inspect --pid 4711
        jitdebug inspect --pid 4711 --entry 3            # all about one entry
        jitdebug inspect --core core.4711 --dump objects
        jitdebug inspect --session 1k4p2c7 --lookup 0x7f3a10001f42
        jitdebug inspect --pid 4711 --disassemble parse
      """)

  @Option(help: ArgumentHelp("A process, also one that jitdebug did not start.", valueName: "pid"))
  var pid: Int32?

  @Option(help: ArgumentHelp("A session, if several are running.", valueName: "id"))
  var session: String?

  @Option(help: ArgumentHelp("An ELF core file.", valueName: "file"), completion: .file())
  var core: String?

  @OptionGroup var connect: ConnectOptions

  @Option(help: ArgumentHelp("Look at one entry alone, and say everything about it.", valueName: "n"))
  var entry: Int?

  @Option(help: ArgumentHelp("Save the entries' objects in a directory.", valueName: "dir"), completion: .directory)
  var dump: String?

  @Option(help: ArgumentHelp("Show the instructions of a function of registered code.", valueName: "symbol"))
  var disassemble: String?

  @Option(help: ArgumentHelp("Show the function and line at an address.", valueName: "address"))
  var lookup: String?

  @OptionGroup var sources: SourceMapOptions

  @Flag(help: "Print one JSON document.")
  var json = false

  @Flag(help: "Print the reference of all findings, as Markdown.")
  var findings = false

  func run() throws {
    if findings { return try Terminal.output(FindingKind.reference) }
    if disassemble != nil && lookup != nil {
      throw JITDebugError(.usage, "--disassemble", "has no meaning together with --lookup", remedy: "leave one out")
    }
    let address = try lookup.map(Self.address)
    let request = InspectionRequest(pid: pid, session: session, core: core, location: try connect.location())
    let (memory, known) = try request.open()
    var options = Inspection.Options()
    options.entry = entry
    options.sources = sources.lookup
    options.readsDebugInfo = disassemble == nil && lookup == nil && dump == nil
    let inspection = try Inspection(memory, session: known, options)
    if let dump {
      try Terminal.output(try inspection.dump(to: dump, problem: Terminal.warn).map { "\($0)\n" }.joined())
    }
    if let disassemble {
      let code = try inspection.disassemble(disassemble)
      return try Terminal.output(json ? try code.json() : code.text)
    }
    if let address {
      let report = inspection.lookUp(address)
      try Terminal.output(json ? try report.json() : report.text)
      if report.entry == nil && report.module == nil { throw ExitCode(1) }
      return
    }
    if dump != nil { return }
    let report = InspectionReport(inspection, isDeep: entry != nil)
    try Terminal.output(json ? try report.json() : entry == nil ? report.table : report.details)
    if inspection.allFindings.contains(where: { $0.severity > .note }) { throw ExitCode(1) }
  }

  private static func address(_ text: String) throws -> TargetAddress {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : Substring(text)
    guard let number = UInt64(digits, radix: 16) else {
      throw JITDebugError(
        .usage, "--lookup \(text)", "is no address", remedy: "give a hexadecimal number, such as 0x7f3a10001f42")
    }
    return TargetAddress(number)
  }
}

/// The process that reads debug info for `inspect`.
struct DebugInfoServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "debug-info-service", shouldDisplay: false)

  func run() { DebugInfoService.run() }
}
