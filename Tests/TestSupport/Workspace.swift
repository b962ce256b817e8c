// Where the tests find the package's files and products, and where they put their own temporary ones.

import Foundation

package enum Workspace {
  /// The package's root folder.
  package static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .path

  package static let programs = root + "/Tests/Programs"

  /// The command under test: the one built beside this test bundle.
  package static let jitdebug: String = {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: bundle).deletingLastPathComponent().path + "/jitdebug"
  }()

  /// The executor, built once if it is missing.
  package static let executor: Result<String, CommandFailure> = {
    let path = root + "/.build/executors/x86_64-unknown-linux-gnu/jitdebug-executor"
    if FileManager.default.isExecutableFile(atPath: path) { return .success(path) }
    do {
      let environment = ProcessInfo.processInfo.environment
      let built = try run([root + "/Scripts/build-executor"], environment: environment, timeout: 600)
      guard built.status == 0 else {
        return .failure(CommandFailure(description: "Scripts/build-executor: \(built.errors)"))
      }
      return .success(path)
    } catch {
      return .failure(CommandFailure(description: "Scripts/build-executor: \(error)"))
    }
  }()

  /// The executor for a target, built once if it is missing.
  package static func executor(for triple: String) throws -> String {
    let path = root + "/.build/executors/\(triple)/jitdebug-executor"
    if FileManager.default.isExecutableFile(atPath: path) { return path }
    let environment = ProcessInfo.processInfo.environment
    let built = try run([root + "/Scripts/build-executor", triple], environment: environment, timeout: 600)
    guard built.status == 0 else { throw CommandFailure(description: "Scripts/build-executor: \(built.errors)") }
    return path
  }

  package static func clang(for source: String) -> String { source.hasSuffix(".c") ? "clang-22" : "clang++-22" }
}

/// A folder of its own for one test, removed with its owner.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    let base = FileManager.default.temporaryDirectory.path
    path = "\(base)/jitdebug-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a shell script that can be executed, and returns its path.
  ///
  /// Another process writes it: what this one forks meanwhile would have the file open for writing too, and until it has
  /// started its own program the kernel would refuse to execute the script (ETXTBSY).
  @discardableResult
  package func script(_ name: String, _ text: String) throws -> String {
    let path = file(name)
    let write = "mkdir -p \"$(dirname \"$1\")\"; printf '%s' \"$2\" > \"$1\"; chmod 755 \"$1\""
    let written = try run(["sh", "-euc", write, "sh", path, "#!/bin/sh\n\(text)"])
    guard written.status == 0 else { throw CommandFailure(description: written.errors) }
    return path
  }
}
