// The same conversation with the executor of every target: everything it offers is used once, by code of the target's own.
import Foundation
import Testing
import Wire

@Suite struct ConformanceTests {
  @Test(arguments: Platform.all)
  func theFileIsAsPromised(platform: Platform) throws {
    let path = try BuiltExecutor.path(platform.triple)
    let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    let kind = try TestProcess.run("file", ["--brief", path])
    print("executor: \(platform.triple): \(size) bytes: \(kind)", terminator: "")
    #expect(size <= 65536)
    #expect(kind.contains("ELF 64-bit LSB pie executable") && kind.contains("dynamically linked"))
    #expect(kind.contains(", stripped"))
    let head = try TestProcess.run("llvm-readelf-22", ["--file-header", "--program-headers", "--dynamic-table", path])
    #expect(head.contains(["x86_64": "X86-64", "aarch64": "AArch64", "riscv64": "RISC-V"][platform.architecture]!))
    if platform.architecture == "riscv64" { #expect(head.contains("RVC, double-float ABI")) }
    let interpreter =
      platform.isMusl
      ? "/lib/ld-musl-\(platform.architecture).so.1"
      : [
        "x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1",
        "riscv64": "/lib/ld-linux-riscv64-lp64d.so.1",
      ][platform.architecture]!
    #expect(head.contains("[Requesting program interpreter: \(interpreter)]"))
    // A loader may be a library that is needed by its own name.
    let needed = head.split(separator: "\n").filter { $0.contains("(NEEDED)") }.filter { !$0.contains("[ld-linux-") }
    #expect(needed.count == 1 && needed[0].contains(platform.isMusl ? "[libc.so]" : "[libc.so.6]"), "\(needed)")
    // Neither writable code, nor an executable stack, nor relocations in code.
    #expect(!head.contains("RWE") && !head.contains("TEXTREL") && head.contains("GNU_RELRO"))
    let symbols = try TestProcess.run("llvm-readelf-22", ["--dyn-syms", path])
    for name in ["__jit_debug_descriptor", "__jit_debug_register_code", "__emutls_get_address", "jitdebug_call_main"] {
      let line = symbols.split(separator: "\n").first { $0.hasSuffix(" \(name)") }
      #expect(line?.contains("GLOBAL DEFAULT") == true && line?.contains("UND") == false, "\(name)")
    }
  }

  /// A function of each kind that controllers call, and a whole program.
  private static let code = """
    typedef unsigned long size_t;
    typedef struct { union { char *pointer; char inlined[8]; } data; size_t size; } buffer;
    void *malloc(size_t);
    int printf(const char *, ...);
    int puts(const char *);
    int scanf(const char *, ...);
    int atexit(void (*)(void));
    char *getenv(const char *);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));

    int twice(int x) { return 2 * x; }
    int seven(void) { return 7; }
    int count_arguments(int argc, char **argv, char **envp) { return argc * 100 + (argv[argc] == 0) * 10 + (envp[0] != 0); }
    buffer reverse(const char *bytes, size_t size) {
      buffer result;
      result.data.pointer = 0;
      result.size = size;
      char *out = size > 8 ? (result.data.pointer = malloc(size)) : result.data.inlined;
      for (size_t i = 0; i < size; i++) out[i] = bytes[size - 1 - i];
      return result;
    }
    /* Calls the controller, and adds 1 to each byte it answers. */
    typedef buffer (*dispatcher)(void *context, const void *tag, const char *bytes, size_t size);
    buffer call_back(const char *bytes, size_t size) {
      dispatcher dispatch = *(dispatcher *)bytes;
      buffer answer = dispatch(*(void **)(bytes + 8), *(void **)(bytes + 16), bytes + 24, size - 24);
      char *out = answer.size > 8 ? answer.data.pointer : answer.data.inlined;
      for (size_t i = 0; i < answer.size; i++) out[i]++;
      return answer;
    }

    double factor = 1.5;
    static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
    void last(void) { puts("last"); }
    __attribute__((constructor)) void first(int argc) { printf("first %d\\n", argc); }
    __attribute__((destructor)) void end(void) { puts("end"); }
    int main(int argc, char **argv) {
      int values[] = {3, 1, 2}, number = 0;
      atexit(last);
      qsort(values, 3, sizeof *values, compare);
      while (scanf("%d", &number) == 1) {}
      printf("%s %s %d%d%d %.2f\\n", argv[1], getenv("JITDEBUG_TEST"), values[0], values[1], values[2], factor * number);
      return 42;
    }
    """

  @Test(arguments: Platform.all)
  func aWholeConversation(platform: Platform) throws {
    let listener = try Listener(on: platform)
    let controller = try listener.connect()
    #expect(controller.setup.triple == platform.triple)
    #expect(controller.setup.pageSize == 4096)
    let names = controller.setup.bootstrapSymbols.map(\.name)
    #expect(Set(names).count == names.count && controller.setup.bootstrapSymbols.allSatisfy { $0.address != 0 })

    let code = try controller.load(Self.code, options: platform.architecture == "riscv64" ? ["-mno-relax"] : [])
    try runFunctions(of: code, controller)
    try useMemory(controller)
    try useLibraries(controller, platform)
    try registerDebugObject(controller)
    try readFiles(controller)
    try runProgram(code, controller)
    #expect(listener.hasBecomeIdle())

    // What is no frame ends its session with a word, and only that one.
    let other = try listener.connect()
    try other.send(bytes: [UInt8](repeating: 0xee, count: 64))
    _ = try other.waitForEnd()
    var reason = SPSReader(try #require(other.hangup).payload)
    #expect(try reason.error()?.contains("malformed frame") == true)
    #expect(try listener.connect().reserve(1) != 0)
    try listener.stop()
  }

  private func runFunctions(of code: LoadedCode, _ controller: TestController) throws {
    #expect(try controller.runAsMain(try code.address("count_arguments"), ["program", "x"]) == 211)
    var twice = try controller.call(BootstrapSymbol.runAsIntFunction) {
      $0.append(address: try! code.address("twice"))
      $0.append(i32: -21)
    }
    #expect(try twice.i32() == -42)
    var seven = try controller.call(BootstrapSymbol.runAsVoidFunction) {
      $0.append(address: try! code.address("seven"))
    }
    #expect(try seven.i32() == 7)
    for size in [0, 1, 8, 9, 5000] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      let call = try controller.post(try code.address("reverse"), bytes)
      #expect(try controller.result(of: call) == bytes.reversed())
    }
    for size in [3, 300] {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
      controller.onCall = { tag, bytes in tag == 0x77 ? bytes.map { $0 &* 2 } : [] }
      var writer = SPSWriter()
      writer.append(address: try controller.address(BootstrapSymbol.dispatchFunction))
      writer.append(address: try controller.address(BootstrapSymbol.dispatchContext))
      writer.append(u64: 0x77)
      let call = try controller.post(try code.address("call_back"), writer.bytes + bytes)
      #expect(try controller.result(of: call) == bytes.map { $0 &* 2 &+ 1 })
    }
  }

  private func useMemory(_ controller: TestController) throws {
    let base = try controller.reserve(3 * 4096)
    var request = FinalizeRequest()
    request.append(access: [.read, .write], address: base, size: 4096, content: [1, 2, 3, 4, 5, 6, 7, 8, 0x61, 0x62])
    request.append(access: [.read], address: base + 8192, size: 100, content: [])
    #expect(try controller.initialize(request) == .success(base))
    var words = try controller.call(BootstrapSymbol.readUInt64s) {
      $0.append(sequence: [base, base + 8192]) { $0.append(address: $1) }
    }
    #expect(try [words.u64(), words.u64(), words.u64()] == [2, 0x0807_0605_0403_0201, 0])
    _ = try controller.call(BootstrapSymbol.writeUInt16s) {
      $0.append(sequence: [base + 2]) {
        $0.append(address: $1)
        $0.append(serialized: [0xaa, 0xbb])
      }
    }
    var buffers = try controller.call(BootstrapSymbol.readBuffers) {
      $0.append(sequence: [base..<(base + 5)]) { $0.append(addressRange: $1) }
    }
    #expect(try buffers.u64() == 1)
    #expect(try buffers.byteSequence() == [1, 2, 0xaa, 0xbb, 5])
    // Outside of what is reserved, twice the same, and what was never initialized.
    var bad = FinalizeRequest()
    bad.append(access: .read, address: base + 4 * 4096, size: 4096, content: [])
    #expect(throws: RemoteFailure.self) { try controller.initialize(bad).get() }
    #expect(throws: RemoteFailure.self) { try controller.initialize(request).get() }
    #expect(try controller.undo(BootstrapSymbol.memoryDeinitialize, base + 4096) != nil)
    #expect(try controller.undo(BootstrapSymbol.memoryDeinitialize, base) == nil)
    #expect(try controller.undo(BootstrapSymbol.memoryRelease, base) == nil)
  }

  private func useLibraries(_ controller: TestController, _ platform: Platform) throws {
    let process = try controller.openLibrary("").get()
    let found = try controller.resolve(["printf", "no_such_symbol", "atexit", "__jit_debug_descriptor"], in: process)
    #expect(found.map { ($0?.address ?? 0) != 0 } == [true, false, true, true])
    let library = try controller.openLibrary(platform.isMusl ? "libc.so" : "libm.so.6").get()
    #expect(try controller.resolve(["cos"], in: library)[0]?.address ?? 0 != 0)
    #expect(throws: RemoteFailure.self) { try controller.openLibrary("/nonexistent/libnone.so").get() }
  }

  /// A registration as our linker sends it: found at the head of the interface's list, gone once its memory is.
  private func registerDebugObject(_ controller: TestController) throws {
    let process = try controller.openLibrary("").get()
    let symbols = try controller.resolve(["__jit_debug_descriptor"], in: process)
    let descriptor = try #require(symbols[0]).address
    func firstEntry() throws -> UInt64 {
      var reader = try controller.call(BootstrapSymbol.readPointers) {
        $0.append(sequence: [descriptor + 16]) { $0.append(address: $1) }
      }
      _ = try reader.u64()
      return try reader.u64()
    }
    let base = try controller.reserve(4096)
    func arguments() -> [UInt8] {
      var writer = SPSWriter()
      writer.append(addressRange: base..<(base + 64))
      return writer.bytes
    }
    var request = FinalizeRequest()
    request.append(access: [.read, .write], address: base, size: 4096, content: Array("\u{7f}ELF".utf8))
    request.actions = [
      AllocationAction(
        finalize: WrapperCall(
          function: try controller.address(BootstrapSymbol.registerDebugObject), arguments: arguments()),
        deallocate: WrapperCall(
          function: try controller.address(ExtensionSymbol.unregisterDebugObject), arguments: arguments()))
    ]
    #expect(try firstEntry() == 0)
    #expect(try controller.initialize(request) == .success(base))
    let entry = try firstEntry()
    #expect(entry != 0)
    var fields = try controller.call(BootstrapSymbol.readUInt64s) {
      $0.append(sequence: [entry, entry + 8, entry + 16, entry + 24]) { $0.append(address: $1) }
    }
    #expect(try [fields.u64(), fields.u64(), fields.u64(), fields.u64(), fields.u64()] == [4, 0, 0, base, 64])
    #expect(try controller.undo(BootstrapSymbol.memoryRelease, base) == nil)
    #expect(try firstEntry() == 0)
  }

  private func readFiles(_ controller: TestController) throws {
    func read(_ path: String) throws -> Result<[UInt8], RemoteFailure> {
      var reader = try controller.call(ExtensionSymbol.readFile) {
        $0.append(string: path)
        $0.append(u64: 0)
        $0.append(u64: 4096)
      }
      return try reader.expected { (r: inout SPSReader) throws(WireError) in try r.byteSequence() }
    }
    #expect(try read("/proc/self/exe").get().starts(with: Array("\u{7f}ELF".utf8)))
    #expect(throws: RemoteFailure.self) { try read("/nonexistent").get() }
    #expect(
      try controller.callForError(ExtensionSymbol.becomeProgram) {
        $0.append(sequence: ["/nonexistent/server", "x"]) { $0.append(string: $1) }
      } != nil)
  }

  private func runProgram(_ code: LoadedCode, _ controller: TestController) throws {
    let refusal = try controller.forwardStreams { request in
      request.environment = [.init(name: "JITDEBUG_TEST", value: "set")]
      request.workingDirectory = "/"
    }
    #expect(refusal == nil)
    #expect(try controller.run(code, arguments: ["name", "word"]) == nil)
    #expect(try controller.write(input: "3\n") == nil)
    try controller.closeInput()
    #expect(try controller.waitForEnd() == .exited(42))
    #expect(controller.text(1) == "first 2\nword set 123 4.50\nlast\nend\n")
    #expect(controller.text(2) == "")
  }
}
