// The JITs of the world that can register their code with debuggers, and how each is told to.

/// A JIT: how it is recognised, and what turns registration on.
package struct KnownProducer: Sendable {
  package var name: String
  /// Base names of programs, without version numbers behind them, and beginnings of names of libraries in the process.
  var programs: [String] = []
  var libraries: [String] = []
  /// What turns registration on, or what to do where it is always on.
  package var registration: String
  /// What turns debug info on, where that is another switch.
  package var debugInfo: String?
  /// What debuggers make of it.
  package var quirk: String?

  /// The one that a process runs; the program tells more than its libraries.
  static func find(program: String, libraries: [String]) -> KnownProducer? {
    let base = withoutVersion(SourcePath.name(program))
    return all.first { $0.programs.contains(base) }
      ?? all.first { producer in
        producer.libraries.contains { prefix in libraries.contains { $0.hasPrefix(prefix) } }
      }
  }

  /// `lli-22`, `php8.2` and `python3.11` are `lli`, `php` and `python`.
  private static func withoutVersion(_ name: String) -> String {
    let end = name.lastIndex { !$0.isNumber && $0 != "." && $0 != "-" }
    return end.map { String(name[...$0]) } ?? name
  }

  package static let all: [KnownProducer] = [
    KnownProducer(
      name: "LLVM's lli", programs: ["lli"],
      registration: "run lli with --jit-kind=orc or --jit-kind=mcjit, and not with --force-interpreter",
      debugInfo: "compile the IR with `clang -g -S -emit-llvm`"),
    KnownProducer(
      name: "llvm-jitlink", programs: ["llvm-jitlink", "llvm-jitlink-executor"],
      registration: "run llvm-jitlink with --debugger-support=true", debugInfo: "compile the objects with -g"),
    KnownProducer(
      name: "clang-repl", programs: ["clang-repl"],
      registration: "clang-repl-22 always registers; use it instead of older ones",
      debugInfo: "run `clang-repl -Xcc -g`"),
    KnownProducer(
      name: "cling", programs: ["cling", "root.exe", "root"], libraries: ["libCling.so"],
      registration: "set CLING_DEBUG=1 in the environment before it starts"),
    KnownProducer(
      name: "Julia", programs: ["julia"], libraries: ["libjulia.so", "libjulia-internal.so"],
      registration: "set ENABLE_GDBLISTENER=1 in the environment before it starts", debugInfo: "run `julia -g2`"),
    KnownProducer(
      name: "PostgreSQL", programs: ["postgres", "postmaster"],
      registration:
        "psql -c 'ALTER SYSTEM SET jit_debugging_support = on', restart the server, and connect anew; code is "
        + "made only for queries above jit_above_cost: `SET jit_above_cost = 0`",
      quirk: "its code has names (evalexpr_0_0, deform_0_1), but no lines"),
    KnownProducer(
      name: "PHP", programs: ["php", "php-fpm", "php-cgi"], libraries: ["opcache.so", "libphp"],
      registration: "run `php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=64M -d opcache.jit=tracing "
        + "-d opcache.jit_debug=0x100`"),
    KnownProducer(
      name: "V8 and Node", programs: ["node", "nodejs", "d8", "chrome", "chromium", "electron"],
      libraries: ["libnode.so", "libv8.so"],
      registration:
        "run `node --gdbjit --gdbjit-full` of a Node that was built with `./configure --gdb`; others cannot: "
        + "use `node --inspect`, or `--perf-basic-prof` for profilers",
      quirk: "V8's code has its own calling conventions: debuggers show names and lines, but few variables"),
    KnownProducer(
      name: "wasmtime", programs: ["wasmtime"], libraries: ["_libwasmtime", "libwasmtime"],
      registration: "run `wasmtime -D debug-info`, or set Config.debug_info before the module is compiled",
      debugInfo: "compile the module with -g"),
    KnownProducer(
      name: "LuaJIT", programs: ["luajit"], libraries: ["libluajit"],
      registration: "build LuaJIT with `make XCFLAGS=-DLUAJIT_USE_GDBJIT`; others cannot",
      quirk: "each trace is registered by itself"),
    KnownProducer(
      name: "Mono", programs: ["mono", "mono-sgen", "mono-boehm"], libraries: ["libmonosgen", "libmono-2"],
      registration: "set MONO_XDEBUG=gdb in the environment, of a Mono that was built with it; others cannot"),
    KnownProducer(
      name: ".NET", programs: ["dotnet", "corerun"], libraries: ["libcoreclr.so"],
      registration: "set CORECLR_GDBJIT=ASSEMBLY.dll in the environment, of a runtime built with FEATURE_GDBJIT; for "
        + "others use lldb's SOS plug-in (`dotnet tool install --global dotnet-sos`)"),
    KnownProducer(
      name: "llvmlite", libraries: ["libllvmlite.so"],
      registration: "call enable_jit_events() of the engine that create_mcjit_compiler returns; with numba, set "
        + "NUMBA_ENABLE_PROFILING=1. llvmlite's LLJIT (create_lljit_compiler) cannot",
      debugInfo: "with numba, set NUMBA_DEBUGINFO=1"),
    KnownProducer(
      name: "Erlang", programs: ["beam.smp", "beam.debug.smp"],
      registration: "it always registers; run `erl +JPperf true` for profilers",
      quirk: "its objects are in a format of its own: GDB reads them by Erlang's jit-reader (`cerl -rgdb`), LLDB never"),
    KnownProducer(
      name: "QEMU user",
      programs: [
        "aarch64", "arm", "i386", "mips", "ppc64le", "riscv64", "s390x", "x86_64",
      ].flatMap { ["qemu-\($0)", "qemu-\($0)-static"] },
      registration:
        "use a QEMU that is not stripped (apt-get source qemu, and build it), or debug the emulated program "
        + "itself: `qemu-… -g PORT`",
      quirk: "it registers one object for all its code, which serves for unwinding alone"),
  ]
}
