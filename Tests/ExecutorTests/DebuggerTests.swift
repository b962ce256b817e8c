// Real debuggers attached to a session: they find the interface in the stripped executor, and the code that was
// registered there.
import Foundation
import Testing
import Wire

@Suite struct DebuggerTests {
  /// A program that waits in a function of its own, with its whole image registered as debug object.
  private func startRegistered() throws -> (TestController, LoadedCode) {
    let controller = try Listener().connect()
    let linked = try Linked(
      """
      #include <unistd.h>
      int global = 12345;
      static int wait_here(int argument) { write(1, "x", 1); for (;;) pause(); return argument + global; }
      int main(void) { return wait_here(77); }
      """, options: ["-O0"], in: controller)
    let object = try controller.reserve(UInt64(linked.image.count))
    var request = FinalizeRequest()
    request.append(access: .read, address: object, size: UInt64(linked.image.count), content: linked.image)
    var arguments = SPSWriter()
    arguments.append(addressRange: object..<(object + UInt64(linked.image.count)))
    arguments.append(bool: true)
    request.actions = [
      AllocationAction(
        finalize: WrapperCall(
          function: try controller.address(BootstrapSymbol.registerDebugObject), arguments: arguments.bytes),
        deallocate: WrapperCall(
          function: try controller.address(ExtensionSymbol.unregisterDebugObject), arguments: arguments.bytes))
    ]
    _ = try controller.initialize(LoadedCode.request(linked)).get()
    #expect(try controller.initialize(request) == .success(object))
    let code = LoadedCode(linked)
    #expect(try controller.forwardStreams() == nil)
    #expect(try controller.run(code) == nil)
    _ = try controller.waitForOutput(1) { $0 == "x" }
    return (controller, code)
  }

  private func gdb(_ pid: Int32, _ commands: [String]) throws -> String {
    try TestProcess.run(
      "gdb",
      ["-nx", "-batch", "-iex", "set debuginfod enabled off", "-p", "\(pid)"] + commands.flatMap { ["-ex", $0] })
  }

  @Test func gdbSeesTheDescriptorAndTheCode() throws {
    let (controller, code) = try startRegistered()
    let output = try gdb(
      controller.pid,
      [
        "x/2xw &__jit_debug_descriptor", "info symbol __jit_debug_register_code", "backtrace",
        "frame function wait_here",
        "print argument", "print global", "set variable global = 8", "info symbol \(try code.address("main"))",
      ])
    #expect(output.contains("<__jit_debug_descriptor>:\t0x00000001"))
    #expect(output.contains("__jit_debug_register_code in section .text"))
    #expect(output.contains("wait_here (argument=77)"))
    #expect(output.contains("in main () at "))
    #expect(output.contains("$1 = 77\n$2 = 12345\n"))
    #expect(output.contains("main in section "))
    var value = try controller.call(BootstrapSymbol.readUInt32s) {
      $0.append(sequence: [try! code.address("global")]) { $0.append(address: $1) }
    }
    _ = try value.u64()
    #expect(try value.u32() == 8)
  }

  @Test func lldbSeesTheDescriptorAndTheCode() throws {
    let (controller, _) = try startRegistered()
    let commands = [
      "settings set -g plugin.jit-loader.gdb.enable on", "settings set symbols.enable-external-lookup false",
      "process attach -p \(controller.pid)", "image lookup -s __jit_debug_descriptor",
      "image lookup -s __jit_debug_register_code", "thread backtrace", "detach",
    ]
    let output = try TestProcess.run("lldb-22", ["-x", "-b"] + commands.flatMap { ["-o", $0] })
    #expect(output.contains("1 symbols match '__jit_debug_descriptor'"))
    #expect(output.contains("1 symbols match '__jit_debug_register_code'"))
    #expect(output.contains("`wait_here(argument=77) at code.c:3"))
    #expect(output.contains("`main at code.c:4"))
  }

  @Test func attachingEndsTheWaitForADebugger() throws {
    let controller = try Listener().connect()
    let code = try controller.load("int main(void) { return 23; }")
    var request = RunProgramRequest(entry: try code.address("main"))
    request.waitsForDebugger = true
    let run = try controller.post(ExtensionSymbol.runProgram, request.encoded)
    let output = try gdb(controller.pid, ["break *\(try code.address("main"))", "continue", "continue"])
    #expect(output.contains("Breakpoint 1, "))
    #expect(output.contains("exited with code 027"))
    #expect(try controller.result(of: run) == [0])
    #expect(try controller.waitForEnd() == .exited(23))
  }
}
