// Sessions with the real executor: memory, libraries, calls in both directions, in the layouts that LLVM's controllers
// use.
import Foundation
import Glibc
import Testing
import Wire

@Suite struct SessionTests {
  @Test func setupOffersWhatControllersLookFor() throws {
    let listener = try Listener()
    let controller = try listener.connect()
    #expect(controller.setup.triple == "x86_64-unknown-linux-gnu")
    #expect(controller.setup.pageSize == UInt64(sysconf(Int32(_SC_PAGESIZE))))
    #expect(controller.setup.executorVersion == "0.1.0")
    #expect(descendants(of: listener.pid).contains(controller.pid))
    let names = Set(controller.setup.bootstrapSymbols.map(\.name))
    for name in [
      BootstrapSymbol.dispatchContext, BootstrapSymbol.dispatchFunction, BootstrapSymbol.memoryManager,
      BootstrapSymbol.memoryReserve, BootstrapSymbol.dylibManager, BootstrapSymbol.runAsMain,
      BootstrapSymbol.registerEHFrame, "llvm_orc_registerEHFrameSectionAllocAction",
      BootstrapSymbol.registerDebugObject,
      ExtensionSymbol.unregisterDebugObject, ExtensionSymbol.runProgram, ExtensionSymbol.signal,
    ] { #expect(names.contains(name)) }
    // Controllers put the symbols into a map that refuses a name twice.
    #expect(names.count == controller.setup.bootstrapSymbols.count)
    #expect(controller.setup.bootstrapSymbols.allSatisfy { $0.address != 0 })
  }

  @Test func mainGetsItsArguments() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      int main(int argc, char **argv, char **envp) {
        return argc * 100 + (argv[argc] == 0) * 10 + (argv[1][0] == 'x') + (envp[0] != 0);
      }
      """)
    #expect(try controller.runAsMain(try code.address("main"), ["program", "x"]) == 212)
  }

  @Test func resultsOfMainKeepTheirSign() throws {
    let controller = try Listener().connect()
    let code = try controller.load("int main(void) { return -7; }")
    #expect(try controller.runAsMain(try code.address("main")) == -7)
  }

  @Test func codeOfTheControllersWrapperKindIsCalled() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <stdlib.h>
      #include <string.h>
      typedef struct { union { char *pointer; char inlined[8]; } data; size_t size; } buffer;
      buffer reverse(const char *bytes, size_t size) {
        buffer result = {.size = size};
        char *out = size > 8 ? (result.data.pointer = malloc(size)) : result.data.inlined;
        for (size_t i = 0; i < size; i++) out[i] = bytes[size - 1 - i];
        return result;
      }
      buffer fail(const char *bytes, size_t size) {
        buffer result = {.size = 0};
        result.data.pointer = strdup("no luck");
        return result;
      }
      """)
    for size in [0, 1, 8, 9, 100_000] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      let call = try controller.post(try code.address("reverse"), bytes)
      #expect(try controller.result(of: call) == bytes.reversed())
    }
    // LLVM 22's protocol has no place for the text of an out-of-band error.
    #expect(try controller.result(of: try controller.post(try code.address("fail"), [])) == [])
  }

  @Test func codeCallsBackToTheController() throws {
    let controller = try Listener().connect()
    let code = try controller.load(callback)
    controller.onCall = { tag, bytes in tag == 0x77 ? bytes.map { $0 + 1 } : [] }
    let call = try controller.post(
      try code.address("call_back"), dispatchArguments(controller, tag: 0x77, payload: [1, 2, 3]))
    #expect(try controller.result(of: call) == [2, 3, 4])
  }

  @Test func controllersMayCallWhileTheyAreCalled() throws {
    let controller = try Listener().connect()
    let code = try controller.load(callback)
    var reserved: UInt64 = 0
    controller.onCall = { [unowned controller] _, _ in
      // On the sequencer itself: the call below comes from an allocation action.
      reserved = try controller.reserve(4096)
      return [0]
    }
    var request = FinalizeRequest()
    let base = try controller.reserve(4096)
    request.append(access: .read, address: base, size: 4096, content: [])
    request.actions = [
      AllocationAction(
        finalize: WrapperCall(
          function: try code.address("call_back"),
          arguments: try dispatchArguments(controller, tag: 0x78, payload: [0])))
    ]
    #expect(try controller.initialize(request) == .success(base))
    #expect(reserved != 0)
  }

  @Test func memoryIsReadAndWrittenAtAllWidths() throws {
    let controller = try Listener().connect()
    let base = try controller.reserve(4096)
    var request = FinalizeRequest()
    request.append(access: [.read, .write], address: base, size: 4096, content: [1, 2, 3, 4, 5, 6, 7, 8, 0x61, 0x62])
    #expect(try controller.initialize(request) == .success(base))

    var u8 = try controller.call(BootstrapSymbol.readUInt8s) {
      $0.append(sequence: [base, base + 1]) { $0.append(address: $1) }
    }
    #expect(try u8.byteSequence() == [1, 2])
    var u64 = try controller.call(BootstrapSymbol.readUInt64s) {
      $0.append(sequence: [base]) { $0.append(address: $1) }
    }
    #expect(try u64.u64() == 1)
    #expect(try u64.u64() == 0x0807_0605_0403_0201)
    var strings = try controller.call(BootstrapSymbol.readStrings) {
      $0.append(sequence: [base + 8]) { $0.append(address: $1) }
    }
    #expect(try strings.u64() == 1)
    #expect(try strings.string() == "ab")

    for (symbol, offset, size) in [
      (BootstrapSymbol.writeUInt8s, 16, 1), (BootstrapSymbol.writeUInt16s, 24, 2),
      (BootstrapSymbol.writeUInt32s, 32, 4),
      (BootstrapSymbol.writeUInt64s, 40, 8), (BootstrapSymbol.writePointers, 48, 8),
    ] as [(String, UInt64, Int)] {
      let result = try controller.call(symbol) {
        $0.append(sequence: [base + offset]) {
          $0.append(address: $1)
          $0.append(serialized: Array([0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8].prefix(size)))
        }
      }
      #expect(result.left == 0)
    }
    _ = try controller.call(BootstrapSymbol.writeBuffers) {
      $0.append(sequence: [base + 56, base + 60]) {
        $0.append(address: $1)
        $0.append(bytes: [9, 8])
      }
    }
    var buffers = try controller.call(BootstrapSymbol.readBuffers) {
      $0.append(sequence: [(base + 16)..<(base + 64), base..<base]) { $0.append(addressRange: $1) }
    }
    #expect(try buffers.u64() == 2)
    #expect(
      try buffers.byteSequence() == [
        0xf1, 0, 0, 0, 0, 0, 0, 0, 0xf1, 0xf2, 0, 0, 0, 0, 0, 0, 0xf1, 0xf2, 0xf3, 0xf4, 0, 0, 0, 0,
        0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
        9, 8, 0, 0, 9, 8, 0, 0,
      ])
    #expect(try buffers.byteSequence() == [])
  }

  @Test func librariesOpenAndResolve() throws {
    let controller = try Listener().connect()
    let process = try controller.openLibrary("").get()
    let found = try controller.resolve(["printf", "no_such_symbol", "atexit", "__jit_debug_descriptor"], in: process)
    #expect(found[0]?.address ?? 0 != 0)
    #expect(found[1] == nil)
    // What glibc keeps out of libc.so comes from the executor.
    #expect(found[2]?.address ?? 0 != 0)
    #expect(found[3]?.address ?? 0 != 0)
    let weak = try controller.resolve(["no_such_symbol", ""], required: false, in: process)
    let weakAddresses = weak.map { $0?.address ?? 0 }
    #expect(weakAddresses == [0, 0])

    guard case .failure(let failure) = try controller.openLibrary("/nonexistent/libnone.so") else {
      Issue.record("opened a library that does not exist")
      return
    }
    #expect(failure.message.contains("/nonexistent/libnone.so"))
    let math = try controller.openLibrary("libm.so.6").get()
    #expect(try controller.resolve(["cos"], in: math)[0]?.address ?? 0 != 0)
  }

  @Test func allocationActionsRunInOrderAndAreUndoneInReverse() throws {
    let controller = try Listener().connect()
    let code = try controller.load(
      """
      #include <stddef.h>
      typedef struct { union { char *pointer; char inlined[8]; } data; size_t size; } buffer;
      char notes[64]; int used;
      buffer note(const char *bytes, size_t size) { notes[used++] = bytes[0]; buffer r = {.size = 1}; return r; }
      buffer fail(const char *bytes, size_t size) { buffer r = {.size = 1}; r.data.inlined[0] = 9; return r; }
      """)
    func note(_ character: String) throws -> WrapperCall {
      WrapperCall(function: try code.address("note"), arguments: Array(character.utf8))
    }
    func log() throws -> String {
      let log = try code.address("notes")
      var strings = try controller.call(BootstrapSymbol.readStrings) {
        $0.append(sequence: [log]) { $0.append(address: $1) }
      }
      _ = try strings.u64()
      return try strings.string()
    }
    let base = try controller.reserve(8192)
    var request = FinalizeRequest()
    request.append(access: [.read, .write], address: base, size: 4096, content: [1])
    request.actions = [
      AllocationAction(finalize: try note("a"), deallocate: try note("A")),
      AllocationAction(finalize: .none, deallocate: try note("B")),
      AllocationAction(finalize: try note("c")),
    ]
    #expect(try controller.initialize(request) == .success(base))
    #expect(try log() == "ac")
    #expect(try controller.undo(BootstrapSymbol.memoryDeinitialize, base) == nil)
    #expect(try log() == "acBA")

    // A failing action is not undone itself, but those before it are.
    request.actions.append(
      AllocationAction(
        finalize: WrapperCall(function: try code.address("fail"), arguments: []), deallocate: try note("X")))
    guard case .failure(let failure) = try controller.initialize(request) else {
      Issue.record("a failing action was ignored")
      return
    }
    #expect(failure.message.contains("malformed result of the allocation action"))
    #expect(try log() == "acBAacBA")
    #expect(try controller.undo(BootstrapSymbol.memoryRelease, base) == nil)
    #expect(try controller.undo(BootstrapSymbol.memoryRelease, base) != nil)
  }

  @Test func malformedArgumentsAreAnsweredOutOfBand() throws {
    let listener = try Listener()
    let controller = try listener.connect()
    #expect(try controller.result(of: try controller.post(BootstrapSymbol.memoryReserve, [1, 2, 3])) == [])
    #expect(try controller.reserve(1) != 0)
    controller.close()
    #expect(listener.hasBecomeIdle())
    #expect(listener.process.errors.contains("call of \(BootstrapSymbol.memoryReserve): malformed arguments"))
  }

  /// Passes its argument on to the controller: dispatch function, context, tag, then the payload.
  private let callback = """
    #include <stddef.h>
    typedef struct { union { char *pointer; char inlined[8]; } data; size_t size; } buffer;
    typedef buffer (*dispatch)(void *, void *, const char *, size_t);
    buffer call_back(const char *bytes, size_t size) {
      void *const *words = (void *const *)bytes;
      return ((dispatch)words[0])(words[1], words[2], bytes + 24, size - 24);
    }
    """

  private func dispatchArguments(_ controller: TestController, tag: UInt64, payload: [UInt8]) throws -> [UInt8] {
    var writer = SPSWriter()
    writer.append(address: try controller.address(BootstrapSymbol.dispatchFunction))
    writer.append(address: try controller.address(BootstrapSymbol.dispatchContext))
    writer.append(address: tag)
    writer.append(serialized: payload)
    return writer.bytes
  }
}
