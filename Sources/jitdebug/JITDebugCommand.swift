import ArgumentParser

@main
struct JITDebugCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jitdebug", abstract: "Run code on a remote executor and debug it like a statically linked program.",
    version: "0.1.0")
}
