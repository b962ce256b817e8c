// A target of another kind than this machine: its executor under an emulator, and programs built for it as the reference.

import Foundation
import TestSupport
import Testing

/// An architecture and a C library, with what this machine has for them.
struct CrossTarget: Sendable, CustomTestStringConvertible {
  enum Library: String, Sendable { case gnu, musl }
  var architecture: String
  var library: Library

  static let gnu = ["aarch64", "riscv64"].map { CrossTarget(architecture: $0, library: .gnu) }
  static let musl = ["x86_64", "aarch64", "riscv64"].map { CrossTarget(architecture: $0, library: .musl) }

  var testDescription: String { "\(architecture) \(library.rawValue)" }
  var triple: String { "\(architecture)-unknown-linux-\(library.rawValue)" }

  /// Where the target's C library lies here.
  var root: String {
    library == .gnu ? "/usr/\(architecture)-linux-gnu" : "\(Workspace.root)/.build/musl/\(architecture)"
  }

  /// What `jitdebug run` has to be told of it. The GNU C library's folder it finds by itself.
  var options: [String] { library == .gnu ? [] : ["--sysroot", root] }

  /// The executor, built if it is missing; for musl that builds the C library as well.
  func executor() throws -> String {
    let path = "\(Workspace.root)/.build/executors/\(triple)/jitdebug-executor"
    if FileManager.default.isExecutableFile(atPath: path) { return path }
    let environment = ProcessInfo.processInfo.environment
    let built = try run([Workspace.root + "/Scripts/build-executor", triple], environment: environment, timeout: 900)
    try #require(built.status == 0, "Scripts/build-executor \(triple): \(built.errors)")
    return path
  }

  /// How a program of the target is started here.
  func command(_ program: [String]) -> [String] { ["qemu-\(architecture)-static", "-L", root] + program }

  /// How clang builds programs for it.
  func compile(_ sources: [String], _ options: [String], to output: String) throws {
    let isC = sources.allSatisfy { $0.hasSuffix(".c") }
    var command = [isC ? "clang-22" : "clang++-22", "--target=\(triple)", "-g", "-fuse-ld=lld-22"] + options
    switch library {
    case .gnu: command += sources + ["-pthread", "-lm"]
    case .musl:
      let library = "\(root)/lib"
      command += ["--sysroot=\(root)", "-static", "-nostdlib", "\(library)/crt1.o", "\(library)/crti.o"] + sources
      command += ["-L\(library)", "-lc", "-lgcc", "\(library)/crtn.o"]
    }
    let compiled = try run(command + ["-o", output], timeout: 120)
    try #require(compiled.status == 0, "\(command): \(compiled.errors)")
  }
}

/// A listening executor of a target, ended in `deinit`.
final class CrossExecutor {
  let target: CrossTarget
  let process: BackgroundProcess
  let address: String

  init(_ target: CrossTarget) throws {
    self.target = target
    process = try BackgroundProcess(target.command([try target.executor(), "--listen", "127.0.0.1:0"]))
    try process.wait(for: "address") { $0.output.hasSuffix("\n") }
    address = process.output.trimmingCharacters(in: .newlines)
  }

  deinit { process.signal(SIGTERM) }

  /// `jitdebug run` there, with its sessions kept in a folder's `state`.
  func run(
    _ arguments: [String], input: Data = Data(), state folder: TemporaryFolder, timeout: Double = 60
  ) throws -> CommandResult {
    var environment = baseEnvironment
    environment["XDG_STATE_HOME"] = folder.file("state")
    return try TestSupport.run(
      [Workspace.jitdebug, "run", "--connect", address] + target.options + arguments, input: input,
      environment: environment, directory: folder.path, timeout: timeout)
  }
}
