import ArgumentParser
import JITDebug

struct ExecutorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "executor",
    abstract: "Hand out the executor for a target, or list those there are.",
    discussion: """
      The executor is one small program that needs only the target's C library. Copy it there and start it; \
      `jitdebug-executor --help` tells how.

      Examples:
        jitdebug executor                                          # those there are
        jitdebug executor --target aarch64-linux-musl -o board/jitdebug-executor
        jitdebug executor --target riscv64-linux-gnu && scp jitdebug-executor board:
      """)

  @Option(help: ArgumentHelp("The target, as ARCHITECTURE-linux-gnu or -musl.", valueName: "triple"))
  var target: String?

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("Where to put it. (default: jitdebug-executor)", valueName: "file"), completion: .file())
  var output: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard target != nil || output == nil else { throw ValidationError("-o needs --target TRIPLE") }
  }

  func run() throws {
    guard let target else {
      let list = ExecutorList(executors: AvailableExecutor.all())
      if list.executors.isEmpty {
        throw JITDebugError(.system, "jitdebug-executor", "none is built", remedy: "build them with Scripts/build")
      }
      try Terminal.output(json ? try list.json() : list.table)
      return
    }
    let executor = try AvailableExecutor(try ExecutorBinary.normalized(triple: target))
    let file = try executor.copy(to: output ?? "jitdebug-executor")
    try Terminal.output(
      json
        ? try ExecutorList(executors: [executor], file: file).json()
        : "\(file): \(executor.triple), \(executor.size) bytes\n")
  }
}
