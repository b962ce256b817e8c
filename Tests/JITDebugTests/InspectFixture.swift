// A live process with registered code for tests of inspecting: what it registers is made here, and can be overwritten.

import Foundation
import Testing
import TestSupport

@testable import JITDebug

/// Fixtures/jit_entries.c with some programs at fixed addresses; ended in `deinit`.
final class EntryHost {
  let process: BackgroundProcess
  /// Where each entry, its object, and the object's size are, in the order of registration: the last is first in the list.
  let entries: [(entry: UInt64, object: UInt64, size: UInt64)]
  let descriptor: UInt64
  var pid: Int32 { process.pid }

  init(_ host: String, _ programs: [String], environment: [String: String] = baseEnvironment) throws {
    process = try BackgroundProcess([host] + programs, environment: environment)
    try process.expect("ready")
    let words = process.output.split(separator: "\n").map { $0.split(separator: " ") }
    entries = words.filter { $0[0] == "entry" }.map {
      (UInt64($0[1].dropFirst(2), radix: 16)!, UInt64($0[3].dropFirst(2), radix: 16)!, UInt64($0[5])!)
    }
    descriptor = UInt64(words.first { $0[0] == "descriptor" }![1].dropFirst(2), radix: 16)!
  }

  /// Overwrites the process's memory.
  func write(_ bytes: [UInt8], at address: UInt64) throws {
    let descriptor = Descriptor(open("/proc/\(pid)/mem", O_RDWR | O_CLOEXEC))
    let count = bytes.withUnsafeBytes { pwrite(descriptor.raw, $0.baseAddress, $0.count, off_t(address)) }
    #expect(count == bytes.count, "\(String(cString: strerror(errno)))")
  }

  func write(_ number: UInt64, at address: UInt64) throws {
    try write(withUnsafeBytes(of: number.littleEndian) { Array($0) }, at: address)
  }

  func write(_ number: UInt32, at address: UInt64) throws {
    try write(withUnsafeBytes(of: number.littleEndian) { Array($0) }, at: address)
  }

  func live() throws -> LiveProcess { try LiveProcess(pid: pid) }
}

/// What tests of inspecting compile, once for all of them.
enum InspectFixture {
  static let folder = try! TemporaryFolder()
  private static let fixtures = Workspace.root + "/Tests/Fixtures"

  static let host = Result { try compile([fixtures + "/jit_entries.c"], to: "jit_entries") }
  static let strippedHost = Result { try compile([fixtures + "/jit_entries.c", "-s", "-rdynamic"], to: "stripped") }

  /// Programs with debug info at addresses of their own.
  static let programs = Result { try (0..<3).map { try program("unit\($0)", at: 0x1000_0000 + 0x10_0000 * $0) } }

  /// - Parameters:
  ///   - text: the source; the name stands for NAME in it.
  ///   - linking: besides what gives it its address.
  static func program(
    _ name: String, at address: Int, _ flags: [String] = ["-g"], linking: [String] = [],
    text: String =
      "int NAME_data = 4;\nint NAME_inner(int x) {\n  return x * 3 + NAME_data;\n}\nint NAME(int x) {\n  return NAME_inner(x) + 1;\n}\n"
  ) throws -> String {
    let source = folder.file("\(name).c")
    try text.replacing("NAME", with: name).write(toFile: source, atomically: true, encoding: .utf8)
    return try compile(
      [source] + flags + [
        "-nostdlib", "-static", "-fuse-ld=lld", "-fasynchronous-unwind-tables", "-Wl,--entry=\(name)",
        "-Wl,--image-base=0x\(String(address, radix: 16))",
      ] + linking, to: name)
  }

  static func compile(_ arguments: [String], to name: String) throws -> String {
    let path = folder.file(name)
    let result = try run(["clang-22", "-O0"] + arguments + ["-o", path])
    guard result.status == 0 else { throw CommandFailure(description: result.errors) }
    return path
  }

  /// Runs jitdebug; `memory` is the most that it, or its own worker, ever had in memory at a time, in bytes. Where it takes too
  /// long, its status is 124; where a signal ended it, above that. (A child of this process would be taken for as large as this
  /// process was when it was started, so another one measures.)
  static func measured(_ arguments: [String], seconds: Int = 90) throws -> (status: Int32, output: String, memory: Int)
  {
    let usage = folder.file("usage-\(UUID().uuidString)")
    let result = try run(
      ["time", "-q", "-f", "%M", "-o", usage, "timeout", "\(seconds)", Workspace.jitdebug] + arguments)
    let lines = try String(contentsOfFile: usage, encoding: .utf8).split(separator: "\n")
    let kilobytes = try #require(lines.last.flatMap { Int($0) }, "\(lines)")
    return (result.status, result.output + result.errors, kilobytes * 1024)
  }
}
