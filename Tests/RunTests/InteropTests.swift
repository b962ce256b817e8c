// Our controller with LLVM's own executor, spawned and over TCP.

import Foundation
import TestSupport
import Testing

private let stock = "/usr/lib/llvm-22/bin/llvm-jitlink-executor"

@Suite("LLVM's executor")
struct InteropTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  /// LLVM's executor, listening for one controller. It takes no port 0, so a free one is found first.
  private func listen(_ extra: [String: String] = [:]) throws -> (process: BackgroundProcess, address: String) {
    for _ in 0..<20 {
      let address = try FakeServer(listens: false).address
      let process = try BackgroundProcess(
        [stock, "listen=\(address)"], environment: folder.environment.merging(extra) { $1 })
      let port = String(Int(address.split(separator: ":")[1])!, radix: 16, uppercase: true)
      // It listens on all addresses, whichever it is told.
      let entry = ":\(String(repeating: "0", count: 4 - port.count))\(port) 00000000:0000 0A"
      let deadline = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < deadline, kill(process.pid, 0) == 0 {
        // Connecting to find out would use up its one session.
        if try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).contains(entry) { return (process, address) }
        poll(nil, 0, 5)
      }
    }
    throw CommandFailure(description: "LLVM's executor does not listen")
  }

  @Test("C and C++ with static initialisers, exceptions and exit codes, spawned", arguments: ["-O0", "-O2"])
  func spawned(optimisation: String) throws {
    for (name, text, output, status) in Self.programs {
      try folder.write(name, text)
      // It takes nothing compressed, so it gets nothing compressed.
      let result = try folder.run("--executor", stock, "--compress", "always", optimisation, name, "--", "a", "b")
      #expect(result.status == status, "\(name): \(result.errors)")
      #expect(result.output == output)
    }
  }

  @Test("the same over TCP, where its output is its own")
  func remote() throws {
    for (name, text, output, status) in Self.programs {
      try folder.write(name, text)
      let (process, address) = try listen()
      let result = try TestSupport.run(
        folder.command(["--connect", address, name, "--", "a", "b"]), environment: folder.environment,
        directory: folder.path)
      #expect(result.status == status, "\(name): \(result.errors)")
      #expect(result.output == "")
      #expect(try process.finish().output == output)
    }
    try folder.expectNothingLeft()
  }

  @Test("--dlopen by name over TCP, where all that can be asked is whether a file can be loaded")
  func libraries() throws {
    try folder.write("lib.c", "int answer(void) { return 23; }\n")
    try folder.tool("clang-22", "-shared", "-fPIC", "lib.c", "-o", "libdemo.so.5")
    try folder.write("main.c", "int answer(void); int main(void) { return answer(); }\n")
    func run(_ library: String) throws -> CommandResult {
      let (process, address) = try listen(["LD_LIBRARY_PATH": folder.path])
      let result = try TestSupport.run(
        folder.command(["--connect", address, "--dlopen", library, "main.c"]), environment: folder.environment,
        directory: folder.path)
      _ = try process.finish()
      return result
    }
    #expect(try run("demo").status == 23)
    try run("demo@6").expectError(
      "--dlopen demo: this executor cannot list the target's libraries", "libdemo.so.6", note: "jitdebug-executor")
    let list = try listen()
    let result = try TestSupport.run(
      [Workspace.jitdebug, "libraries", "--connect", list.address], environment: folder.environment)
    result.expectError("this executor cannot list the target's libraries", note: "jitdebug-executor")
    _ = try list.process.finish()
    try folder.expectNothingLeft()
  }

  @Test("an error ends its process as well")
  func errors() throws {
    try folder.write("bad.c", "int gone(void); int main(void) { return gone(); }\n")
    try folder.run("--executor", stock, "bad.c").expectError("bad.c: ", "undefined symbol 'gone'")
    try folder.write("good.c", "int main(void) { return 0; }\n")
    try folder.run("--executor", stock, "--cwd", "/tmp", "good.c").expectError("can not change", status: 64)
  }

  @Test("LLDB stops in it at a line, by the session's debug store")
  func breakpoint() throws {
    try folder.write(
      "tick.c",
      """
      #include <stdio.h>
      #include <unistd.h>
      int ticks;
      int tick(int step) {
        ticks += step;
        return ticks;
      }
      int main(void) { puts("running"); fflush(stdout); for (;;) { tick(3); usleep(1000); } }
      """)
    let process = try BackgroundProcess(
      folder.command(["--executor", stock, "tick.c"]), environment: folder.environment, directory: folder.path)
    try process.expect("running")
    let session = try #require(try folder.sessions().last)
    let pid = try #require(session["pid"] as? Int)
    let id = try #require(session["id"] as? String)
    let store = folder.folder.file("state/jitdebug/sessions/\(id)/debug")
    let debugger = try TestSupport.run(
      [
        "lldb-22", "-x", "-b", "-o", "settings set symbols.enable-external-lookup false",
        "-o", "settings set -g target.debug-file-search-paths \(store)",
        "-o", "settings set plugin.jit-loader.gdb.enable on", "-o", "target create \(stock)",
        "-o", "process attach -p \(pid)", "-o", "breakpoint set -f tick.c -l 5", "-o", "continue",
        "-o", "frame variable step", "-o", "kill",
      ])
    #expect(debugger.output.contains("tick(step=3) at tick.c:5"), "\(debugger.output)\n\(debugger.errors)")
    #expect(debugger.output.contains("(int) step = 3"))
    _ = try process.finish(closingInput: false)
    try folder.expectNothingLeft()
  }

  private static let programs: [(name: String, text: String, output: String, status: Int32)] = [
    (
      "plain.c",
      """
      #include <stdio.h>
      #include <stdlib.h>
      static void at_end(void) { puts("end"); }
      __attribute__((constructor)) static void at_start(void) { puts("start"); }
      int main(int argc, char **argv) { atexit(at_end); printf("%s %.2f\\n", argv[argc - 1], 1.5); return 40 + argc; }
      """, "start\nb 1.50\nend\n", 43
    ),
    (
      "objects.cpp",
      """
      #include <cstdio>
      #include <stdexcept>
      #include <string>
      struct Noisy { Noisy() { std::puts("made"); } ~Noisy() { std::puts("gone"); } } noisy;
      static int work(int n) { if (n > 2) throw std::runtime_error("too many"); return n; }
      int main(int argc, char **) {
        try { work(argc); } catch (const std::exception &e) { std::puts(e.what()); }
        return std::string(static_cast<std::size_t>(argc), 'x').size();
      }
      """, "made\ntoo many\ngone\n", 3
    ),
  ]
}
