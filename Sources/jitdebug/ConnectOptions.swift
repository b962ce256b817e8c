// The options that say where an executor is, of all commands that talk to one.

import ArgumentParser
import Glibc
import JITDebug

struct ConnectOptions: ParsableArguments {
  @Option(
    name: .customLong("connect"),
    help: ArgumentHelp(
      "Where the executor is: host:port, unix:path, ssh:[user@]host[:port], exec:command, or listen:host:port, where it "
        + "dials in.", valueName: "address"))
  var endpoint: String?

  @Option(
    help: ArgumentHelp(
      "The token that the executor asks for, a file that only you can read. (default: $JITDEBUG_TOKEN_FILE)",
      valueName: "file"), completion: .file())
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "The executor's path on a machine reached by ssh. (default: the one installed there, or along its PATH)",
      valueName: "path"))
  var remoteExecutor: String?

  /// Nil if none was given.
  func location() throws -> ExecutorLocation? {
    guard let endpoint else {
      guard tokenFile == nil, remoteExecutor == nil else {
        throw JITDebugError(
          .usage, tokenFile == nil ? "--remote-executor" : "--token-file", "has a meaning with --connect only",
          remedy: "say with --connect where the executor is")
      }
      return nil
    }
    // A login proves more than a token; elsewhere the variable stands for the option.
    let fallback = endpoint.hasPrefix("ssh:") ? nil : getenv("JITDEBUG_TOKEN_FILE").map { String(cString: $0) }
    return try ExecutorLocation(
      endpoint: endpoint,
      ExecutorAccess(
        tokenFile: tokenFile ?? (fallback?.isEmpty == true ? nil : fallback), remoteExecutor: remoteExecutor))
  }
}
