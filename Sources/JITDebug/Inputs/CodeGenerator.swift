// jitdebug-codegen, which makes of plain LLVM IR what clang would make of it, and is done before clang has started.

import Glibc

/// One run of it. What it would not compile as clang does, it has clang compile: it becomes clang then.
struct CodeGenerator {
  private let program: String
  private let target: String
  private let sections: String
  private let source: String

  /// Nil where clang has to compile: what is no IR, is for another architecture, is to be optimised, or has options that may matter.
  init?(for source: Input, _ compiler: Compiler) {
    let options = compiler.options
    guard source.kind == .bitcode || source.path.hasSuffix(".ll"), compiler.target.architecture == "x86_64",
      options.compiler == CompilerOptions().compiler, getenv("CCC_OVERRIDE_OPTIONS") == nil,
      options.arguments.allSatisfy(Self.isMeaningless)
    else { return nil }
    program = "\(ExecutorBinary.ownFolder())/jitdebug-codegen"
    target = "\(compiler.target)"
    sections = options.separatesSymbols ? "sections" : "nosections"
    self.source = source.path
    guard access(program, X_OK) == 0 else { return nil }
  }

  /// - Parameter clang: the command that would be carried out otherwise.
  func command(output: String, orElse clang: [String]) -> [String] {
    [program, target, sections, source, output] + clang
  }

  /// Whether an argument is about sources alone, or as it is anyway.
  private static func isMeaningless(_ argument: String) -> Bool {
    argument == "-O0" || ["-I", "-D", "-U", "-std="].contains { argument.hasPrefix($0) && argument.count > $0.count }
  }
}
