// Which of the user's arguments for the compiler leave an object the product of source and headers alone.

/// What is not listed may write other files, load plug-ins or read what no dependency file names (profiles, modules, lists of
/// sanitizers): with it, nothing is kept.
enum CacheableArguments {
  static func areAll(_ arguments: [String]) -> Bool {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if withValue.contains(argument) {
        guard rest.popFirst() != nil else { return false }
      } else if !isCacheable(argument) {
        return false
      }
    }
    return true
  }

  private static func isCacheable(_ argument: String) -> Bool {
    // Another machine may have the same folders, and another processor.
    guard !argument.hasSuffix("=native") else { return false }
    return plain.contains(argument) || prefixes.contains { argument.hasPrefix($0) && argument.count > $0.count }
      || argument.hasPrefix("-W") && !["-Wa,", "-Wp,", "-Wl,"].contains { argument.hasPrefix($0) }
  }

  private static let withValue: Set<String> = ["-I", "-D", "-U", "-isystem", "-iquote", "-idirafter"]

  private static let plain: Set<String> = [
    "-w", "-pthread", "-ansi", "-pedantic", "-pedantic-errors", "-undef", "-trigraphs", "-nostdinc", "-nostdinc++",
    "-nostdlibinc", "-nobuiltininc", "-O", "-g", "-g0", "-g1", "-g2", "-g3", "-ggdb", "-glldb", "-gline-tables-only",
    "-gdwarf-4", "-gdwarf-5", "-fexceptions", "-frtti", "-fsigned-char", "-funsigned-char", "-fwrapv",
    "-fomit-frame-pointer", "-fstrict-aliasing", "-fPIC", "-fpic", "-fPIE", "-fpie", "-ffast-math",
    "-finline-functions", "-fms-extensions", "-fblocks", "-fstandalone-debug", "-flimit-debug-info", "-fcommon",
    "-ffunction-sections", "-fdata-sections", "-fstack-protector", "-fstack-protector-strong", "-fstack-protector-all",
    "-fchar8_t", "-fcoroutines", "-fcolor-diagnostics", "-ffreestanding", "-fhosted", "-fbuiltin",
    "-fno-exceptions", "-fno-rtti", "-fno-omit-frame-pointer", "-fno-strict-aliasing", "-fno-inline", "-fno-common",
    "-fno-builtin", "-fno-stack-protector", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-fno-plt",
    "-fno-math-errno", "-fno-standalone-debug", "-fno-limit-debug-info", "-fno-color-diagnostics",
    "-fno-threadsafe-statics",
  ]

  private static let prefixes = [
    "-I", "-D", "-U", "-O", "-std=", "-stdlib=", "-isystem", "-iquote", "-idirafter", "-fvisibility=", "-ffp-contract=",
    "-ftemplate-depth=", "-fconstexpr-depth=", "-fconstexpr-steps=", "-fmacro-prefix-map=", "-fdebug-prefix-map=",
    "-ffile-prefix-map=", "-fdebug-compilation-dir=", "-march=", "-mcpu=", "-mtune=", "-mabi=", "-mcmodel=", "-msse",
    "-mavx", "-mno-sse", "-mno-avx",
  ]
}
