// The way to a process of another machine: the executor there, and a debug server that fits.

import Glibc

struct TargetChecks {
  let location: ExecutorLocation
  /// The debug server's path on the target; nil for whichever it has.
  let debugServer: String?
  private static let oldestGDBServer = 12
  /// In seconds.
  private static let answerLimit = 10.0

  func checks() -> [Check] {
    let target: Target
    do throws(JITDebugError) {
      target = Target(try ExecutorHandle(location).connection)
    } catch {
      let finding = Finding(
        .targetUnreachable, subject: location.description, error.reason, remedy: error.remedy)
      return [Check(.target, failed: finding)]
    }
    defer { target.connection.disconnect() }
    let check = Check(.target, "\(location.description) runs on \(target.connection.setup.triple)")
    guard target.hasExtensions else { return [check, Check(.debugServer, failed: stockExecutor)] }
    if let emulator = (try? Emulator(around: target)) ?? nil {
      return [check, Check(.debugServer, "\(emulator.command[0]), by its own")]
    }
    return [check, debugServerCheck()]
  }

  /// LLVM's own executor starts no debug server.
  private var stockExecutor: Finding {
    Finding(
      .debugServerMissing, subject: location.description, "the executor is LLVM's, which starts no debug server",
      remedy: "run jitdebug-executor there")
  }

  private func debugServerCheck() -> Check {
    let names = debugServer.map { [$0] } ?? DebugServer.candidates(for: .lldb)
    for name in names {
      guard let answer = answer(of: name) else { continue }
      let version = answer.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      let isLLDB = SourcePath.name(name).hasPrefix("lldb-server")
      let number = version.split(separator: " ").last { $0.first?.isNumber == true }.map(String.init) ?? ""
      let major = number.split(separator: ".").first.flatMap { Int($0) } ?? 0
      let oldest = isLLDB ? DebuggerChecks.oldestLLDB : Self.oldestGDBServer
      guard major >= oldest else {
        return Check(
          .debugServer,
          failed: Finding(
            .debugServerOld, subject: name, "\(name) there is \(version.isEmpty ? "of an unknown version" : version)"))
      }
      return Check(.debugServer, "\(name): \(version)")
    }
    return Check(
      .debugServer,
      failed: Finding(
        .debugServerMissing, subject: location.description,
        "the target has no \(names.joined(separator: ", no "))"))
  }

  /// What a debug server says of itself; nil if there is none of that name.
  private func answer(of name: String) -> String? {
    guard let target = (try? ExecutorHandle(location)).map({ Target($0.connection) }) else { return nil }
    defer { target.connection.disconnect() }
    let isLLDB = SourcePath.name(name).hasPrefix("lldb-server")
    guard (try? target.becomeProgram([name, isLLDB ? "version" : "--version"])) != nil else { return nil }
    let descriptor = target.connection.descriptor.raw
    let deadline = Deadline(secondsFromNow: Self.answerLimit)
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 16, waitFor(POLLIN, on: descriptor, until: deadline) {
      let count = read(descriptor, &part, part.count)
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
