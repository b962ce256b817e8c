// LLVM 22's own controllers with this executor. Over TCP they never end by themselves, so they are killed once they
// have done their work.
import TestSupport
import Foundation
import Glibc
import Testing

@Suite struct InteropTests {
  static let runtime = "/usr/lib/llvm-22/lib/clang/22/lib/linux/liborc_rt-x86_64.a"

  private func compile(_ source: String, named name: String, _ options: [String], in folder: TemporaryFolder) throws
    -> String
  {
    try source.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
    let output = folder.file(name + ".out")
    try TestProcess.run("clang++-22", ["-w", "-g", folder.file(name), "-o", output] + options)
    return output
  }

  /// Runs a controller until the executor has printed `output`, then kills it, and checks what is left.
  private func run(
    _ program: String, _ arguments: [String], on listener: Listener, environment: [String: String] = [:],
    input: String = "/dev/null", until output: String
  ) throws {
    let controller = try TestProcess(program, arguments, environment: environment, input: input)
    #expect(
      eventually(within: 60) { listener.process.output.contains(output) },
      "\(listener.process.output)\(listener.process.errors)\(controller.output)\(controller.errors)")
    controller.signal(SIGKILL)
    try controller.wait()
    #expect(listener.hasBecomeIdle())
    // It may have been killed while it was sending.
    let errors = listener.process.errors.split(separator: "\n")
    #expect(errors.filter { !$0.hasSuffix(": connection lost inside a frame") } == [])
    #expect(try listener.connect().reserve(1) != 0)
  }

  @Test func llvmJitlinkRunsAnObject() throws {
    let folder = try TemporaryFolder()
    let listener = try Listener()
    let object = try compile(
      """
      #include <cstdio>
      #include <cstdlib>
      static int zero[1000]; int data = 41; const char *text = "text";
      int main(int argc, char **argv) { std::printf("%s %d %d %s\\n", text, data + 1, zero[999], argv[0]); return 3; }
      """, named: "object.cpp", ["-c"], in: folder)
    try run(
      "llvm-jitlink-22", ["-oop-executor-connect=127.0.0.1:\(listener.port)", object, "-args", "argument"],
      on: listener, until: "text 42 0 argument\n")
  }

  @Test func llvmJitlinkWithTheORCRuntimeRunsCXX() throws {
    let folder = try TemporaryFolder()
    let listener = try Listener()
    let object = try compile(
      """
      #include <cstdio>
      #include <stdexcept>
      struct Global { Global() { std::puts("constructed"); } ~Global() { std::puts("destroyed"); } } global;
      int main() {
        try { throw std::runtime_error("thrown"); } catch (const std::exception &e) { std::puts(e.what()); }
      }
      """, named: "cxx.cpp", ["-c"], in: folder)
    try run(
      "llvm-jitlink-22",
      ["-oop-executor-connect=127.0.0.1:\(listener.port)", object, "-orc-runtime=\(Self.runtime)"],
      on: listener, until: "constructed\nthrown\ndestroyed\n")
  }

  @Test func aKilledControllerTakesItsProgramAlong() throws {
    let folder = try TemporaryFolder()
    let listener = try Listener()
    let object = try compile(
      "#include <unistd.h>\nint main() { write(1, \"looping\", 7); for (;;); }", named: "loop.cpp", ["-c"], in: folder)
    try run(
      "llvm-jitlink-22", ["-oop-executor-connect=127.0.0.1:\(listener.port)", object], on: listener, until: "looping")
  }

  @Test func llvmJitlinkHearsHowAProgramDied() throws {
    let folder = try TemporaryFolder()
    let listener = try Listener()
    let object = try compile(
      "#include <cstdlib>\nint main() { std::abort(); }", named: "abort.cpp", ["-c"], in: folder)
    let controller = try TestProcess(
      "llvm-jitlink-22", ["-oop-executor-connect=127.0.0.1:\(listener.port)", object])
    #expect(eventually { listener.process.output.contains("\n") && descendants(of: listener.pid).isEmpty == false })
    #expect(listener.hasBecomeIdle())
    controller.signal(SIGKILL)
    try controller.wait()
  }

  @Test func lljitWithRemoteDebuggingRegistersItsCode() throws {
    let folder = try TemporaryFolder()
    let listener = try Listener()
    let module = try compile(
      """
      extern "C" int printf(const char *, ...);
      extern "C" int pause(void);
      extern "C" int fflush(void *);
      int leaf(int x) { printf("in leaf %d\\n", x); fflush(0); for (;;) pause(); }
      int main(int argc, char **argv) { return leaf(argc); }
      """, named: "module.cpp", ["-O0", "-S", "-emit-llvm"], in: folder)
    let controller = try TestProcess(
      try RemoteDebuggingExample.path(), ["--connect=127.0.0.1:\(listener.port)", module, "--args", "a", "b"])
    #expect(
      eventually(within: 60) { listener.process.output.contains("in leaf 3\n") },
      "\(controller.output)\(controller.errors)")
    // The innermost processes are the sessions.
    let session = try #require(descendants(of: listener.pid).first { children(of: $0).isEmpty })
    let backtrace = try TestProcess.run(
      "gdb", ["-nx", "-batch", "-iex", "set debuginfod enabled off", "-p", "\(session)", "-ex", "backtrace"])
    #expect(backtrace.contains("leaf (x=3) at "))
    #expect(backtrace.contains("module.cpp:4"))
    controller.signal(SIGKILL)
    try controller.wait()
    #expect(listener.hasBecomeIdle())
  }

  /// What clang-repl executes.
  private let replInput = """
    extern "C" int printf(const char *, ...);
    extern "C" int fflush(void *);
    int value = 40;
    struct Object { int x; Object(int x) : x(x) {} ~Object() { printf("destroyed\\n"); fflush(0); } } object(value + 2);
    printf("value %d\\n", object.x); fflush(0);

    """

  /// clang-repl with its ORC runtime. That of LLVM 22 drops the value of -oop-executor-connect, with any executor; so
  /// it is given one to start, which passes everything on over TCP.
  @Test func clangReplRunsItsInput() throws {
    let folder = try TemporaryFolder()
    let listener = try Listener()
    try (replInput + "%quit\n").write(toFile: folder.file("input"), atomically: true, encoding: .utf8)
    try """
    #!/usr/bin/env python3
    import os, socket, sys, threading
    reader, writer = map(int, sys.argv[1].removeprefix("filedescs=").split(","))
    connection = socket.create_connection(("127.0.0.1", int(os.environ["EXECUTOR_PORT"])))
    def forward():
        while data := os.read(reader, 65536):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    threading.Thread(target=forward, daemon=True).start()
    while data := connection.recv(65536):
        os.write(writer, data)
    """.write(toFile: folder.file("relay"), atomically: true, encoding: .utf8)
    chmod(folder.file("relay"), 0o700)
    try run(
      "clang-repl-22", ["-oop-executor=\(folder.file("relay"))", "-orc-runtime=\(Self.runtime)"], on: listener,
      environment: ["EXECUTOR_PORT": "\(listener.port)"], input: folder.file("input"),
      until: "value 42\ndestroyed\n")
  }

  /// Fails when a clang-repl is installed that can connect, so that the detour above goes.
  @Test func clangReplOfLLVM22CannotConnect() throws {
    let listener = try Listener()
    let repl = try TestProcess(
      "clang-repl-22", ["-oop-executor-connect=127.0.0.1:\(listener.port)", "-orc-runtime=\(Self.runtime)"])
    #expect(try repl.wait() == .exited(1))
    #expect(repl.errors.contains("No LLJITBuilder for out-of-process JIT"))
    // It did not even try.
    #expect(descendants(of: listener.pid).isEmpty)
  }
}

/// LLVM's example, built once outside the repository's sources.
private enum RemoteDebuggingExample {
  private static let built: Result<String, TestFailure> = {
    do {
      let source = "/usr/share/doc/llvm-22-examples/examples/OrcV2Examples"
      let folder = packageRoot + "/.build/interop"
      let program = folder + "/LLJITWithRemoteDebugging"
      try TestProcess.run(
        "bash",
        [
          "-euc",
          """
          mkdir -p \(folder)/example
          exec 9>\(folder)/lock; flock 9
          [[ -x \(program) ]] && exit
          cp \(source)/ExampleModules.h \(folder)/
          cp \(source)/LLJITWithRemoteDebugging/* \(folder)/example/
          gunzip -f \(folder)/example/*.gz
          clang++-22 -O0 $(llvm-config-22 --cxxflags) \(folder)/example/*.cpp \\
            -L/usr/lib/llvm-22/lib -lLLVM-22 -o \(program).new
          mv \(program).new \(program)
          """,
        ], within: 600)
      return .success(program)
    } catch { return .failure(TestFailure("\(error)")) }
  }()

  static func path() throws -> String { try built.get() }
}
