// Programs of the corpus on targets of other architectures and with another C library: they must print and return what the same
// program does that was built for the target by a cross compiler.

import Foundation
import TestSupport
import Testing

@Suite("Programs on other targets")
struct CrossProgramTests {
  /// Not those that ask the machine itself: the emulator's own threads and memory, and instructions of x86. Nor, in the
  /// emulator, does a blocked signal that was sent to the process wait there until somebody asks for it.
  private static let left: Set = [
    "c/inline_asm", "c/simd", "c/mmap", "c/fork_wait", "c/big_output", "c/realtime_signal",
  ]

  /// Those of C++ that rest on the target's linking and unwinding; the others take long to compile and show no more.
  private static let cxx: Set = [
    "cpp/comdat", "cpp/exceptions", "cpp/rtti", "cpp/static_order", "cpp/thread_local_destructor",
  ]

  /// On a target with glibc: half of the programs at each level, the halves changing places with the architecture.
  @Test("C and C++ do what the cross-compiled program does", arguments: CrossTarget.gnu)
  func sameAsCrossCompiled(target: CrossTarget) throws {
    let programs =
      cPrograms.filter { !Self.left.contains($0.name) } + cxxPrograms.filter { Self.cxx.contains($0.name) }
    let executor = try CrossExecutor(target)
    let isEven = target.architecture == "aarch64" ? 0 : 1
    for (index, program) in programs.enumerated() {
      try compare(program, index % 2 == isEven ? .none : .full, on: executor)
    }
  }

  /// Thread-local storage, callbacks out of the C library, and what a C library does around main. (Not `constructors`, whose
  /// arguments musl's own start-up code does not pass, nor `weak`, which asks for what a static link leaves out.)
  private static let muslPrograms: Set = [
    "c/hello", "c/threads", "c/exit_handlers", "c/thread_local", "c/qsort_bsearch", "c/float_math", "c/setjmp_longjmp",
    "c/exit_codes", "c/signal_handler", "c/varargs", "c/long_double", "c/computed_goto",
  ]

  @Test("C on musl does what the statically linked program does", arguments: CrossTarget.musl)
  func sameOnMusl(target: CrossTarget) throws {
    let executor = try CrossExecutor(target)
    let programs = cPrograms.filter { Self.muslPrograms.contains($0.name) }
    #expect(programs.count == Self.muslPrograms.count)
    for (index, program) in programs.enumerated() {
      try compare(program, index % 2 == 0 ? .none : .full, on: executor)
    }
  }

  private func compare(
    _ program: ProgramCase, _ optimisation: ProgramCase.Optimisation, on executor: CrossExecutor
  ) throws {
    let folder = try TemporaryFolder()
    let native = folder.file("native")
    try executor.target.compile(
      program.paths, [optimisation.rawValue] + program.flags + program.standardOption, to: native)
    for each in program.runs {
      let label = "\(program.name) \(optimisation.rawValue) \(each.arguments)"
      let expected = try run(
        executor.target.command([native] + each.arguments), input: Data(each.input),
        environment: baseEnvironment.merging(each.environment) { $1 }, directory: folder.path)
      let flags = program.flags.flatMap { ["-Xcc", $0] }
      let variables = each.environment.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
      let actual = try executor.run(
        [optimisation.rawValue, "--cwd", folder.path] + program.standardOption + flags + variables + program.paths
          + ["--"] + each.arguments, input: Data(each.input), state: folder)
      #expect(actual.status == expected.status, "\(label): \(actual.errors.prefix(1000))")
      #expect(actual.output == expected.output, "\(label)")
      let isKilled = if case .signaled = expected.end { true } else { false }
      let sameErrors =
        isKilled
        ? Self.withoutEmulator(actual).hasPrefix(Self.withoutEmulator(expected)) : actual.errors == expected.errors
      #expect(sameErrors, "\(label): \(expected.errors.debugDescription), \(actual.errors.debugDescription)")
    }
  }

  /// Standard error without the emulator's own word about a signal that ends its program.
  private static func withoutEmulator(_ result: CommandResult) -> String {
    result.errors.split(separator: "\n").filter { !$0.hasPrefix("qemu: ") }.joined(separator: "\n")
  }
}
