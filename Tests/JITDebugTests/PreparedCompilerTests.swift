// Compilers that were started beforehand, with headers parsed or not: what comes out has to be what comes out otherwise.

import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import JITDebug

@Suite("Prepared compiler") struct PreparedCompilerTests {
  /// Where a preamble ends: at `|`, or there is none.
  @Test(arguments: [
    "int a;\n", "// only\n/* comments */\n", "#define A 1\nint a;\n", "#include <a.h>",
    "#pragma once\n#include <a.h>\n",
    "#include <a.h>\n|int a;\n", "\r\n#include <a.h>\r\n|\r\nint a;\r\n",
    "// text\n#define _GNU_SOURCE\n# include \"a.h\"\n\n  #\tinclude <b.h> // last\n|#define B 2\nint a;\n#include <c.h>\n",
    "#define A \\\n  1 /* x\n #include <no.h> */\n#include <a.h>\n|", "/* * / #include <no.h>\n **/#include <a.h>\n|;",
    "#ifdef A\n#include <a.h>\n#else\n#include <b.h>\n#endif\nint a;\n",
    "#ifdef A\n#include <a.h>\n#endif\n#include <b.h>\n|#if B\n#include <c.h>\n",
    "#include <a.h>\n|#endif\n#include <b.h>\n",
    "#include <a.h>\n|#pragma pack(1)\n#include <b.h>\n", "#include <a.h>\n|/* no end\n#include <b.h>\n",
  ])
  func preambles(text: String) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    let whole = Array(parts.joined().utf8)
    let found = whole.withUnsafeBytes { Preamble(of: $0) }
    #expect(found?.text == (parts.count == 2 ? Array(parts[0].utf8) : nil), "\(text)")
    // Whatever it is cut off at, nothing is read beyond.
    for length in whole.indices { _ = whole[..<length].withUnsafeBytes { Preamble(of: $0) } }
  }

  /// A source in a folder of its own, and how it is compiled.
  final class Project {
    let scratch: TemporaryFolder
    let source: Input
    var compiler: Compiler

    init(_ files: [String: String], source: String, arguments: [String] = []) throws {
      scratch = try TemporaryFolder()
      pipe = try makePipe()
      for (name, text) in files {
        try FileManager.default.createDirectory(
          atPath: URL(filePath: scratch.file(name)).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try text.write(toFile: scratch.file(name), atomically: false, encoding: .utf8)
      }
      var options = CompilerOptions()
      options.writesDependencies = true
      options.arguments = arguments.map { [path = scratch.path] in $0.replacing("HERE", with: path) }
      self.source = try Input(path: scratch.file(source))
      compiler = try Compiler(options: options, triple: "x86_64-unknown-linux-gnu")
    }

    var text: String { get throws { try String(contentsOfFile: source.path, encoding: .utf8) } }

    func save(_ text: String) throws { try text.write(toFile: source.path, atomically: false, encoding: .utf8) }

    /// Compiles it as if nothing had been prepared.
    func ordinary() throws -> (object: FileBytes, files: [String], messages: [UInt8]) {
      let folder = scratch.file("ordinary")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var messages: [UInt8] = []
      let objects = try compiler.compile([source], into: folder, never, timeLine: TimeLine()) {
        if case .messages(let text) = $0 { messages += text }
      }
      return (try readFile(objects[0]), try #require(Dependencies.read(forObject: objects[0])), messages)
    }

    /// A pipe that nobody writes to.
    private let pipe: (reader: Descriptor, writer: Descriptor)
    var never: Interruption { Interruption(descriptor: pipe.reader) { nil } }

    /// Prepares what can be for the source as it is, and waits for it.
    func prepare(_ preparation: CompilerPreparation) throws {
      let (object, _, messages) = try ordinary()
      preparation.prepare(source, object: messages.isEmpty ? object : nil, in: FilePath(scratch.file("prepared")))
      let deadline = Deadline(secondsFromNow: 60)
      while preparation.polled >= 0, deadline.milliseconds > 0 {
        // Not asked for anything, poll tells of the end.
        if waitFor(0, on: preparation.polled, until: deadline) { preparation.goOn() }
      }
      #expect(preparation.polled < 0)
    }
  }

  private static let c = """
    #define _GNU_SOURCE
    #include <math.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include "own.h"
    #define LOCAL(x) ((x) * 2)

    struct node { struct node *next; own_type value; enum color color; };
    static struct node first = {.color = GREEN};
    _Thread_local int mine;
    static int compare(const void *a, const void *b) { return own_compare(a, b) + LOCAL(first.value.count); }
    int main(int argc, char **argv) {
      pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
      struct sigaction action = {.sa_flags = SA_SIGINFO};
      double root = sqrt(argc);
      qsort(argv, argc, sizeof *argv, compare);
      for (int i = 0; i < argc; i++) { size_t length = strlen(argv[i]); printf("%zu %g\\n", length, root); }
      own_counter += mine + own_inline(action.sa_flags);
      return pthread_mutex_lock(&lock) + (int)VERSION;
    }

    """
  private static let own = """
    #ifndef OWN_H
    #define OWN_H
    typedef struct { int count; double weight; } own_type;
    enum color { RED, GREEN = 5 };
    enum unused { NEVER };
    struct opaque;
    extern int own_counter;
    static const int table[] = {1, 2, 3};
    static inline int own_inline(int x) { static int calls; return table[x & 1] + ++calls; }
    static inline int own_compare(const void *a, const void *b) { return a < b ? -1 : a > b; }
    #define VERSION 3
    #endif

    """

  @Test(arguments: [
    [], ["-O2"], ["-g3"], ["-gline-tables-only"], ["-gdwarf-4"], ["-ffunction-sections", "-fdata-sections"],
    ["-std=c11", "-Wall", "-Wextra"], ["-fstandalone-debug"], ["-fdebug-prefix-map=HERE=/elsewhere"],
  ])
  func headersThatWereParsedLeaveNoTrace(arguments: [String]) throws {
    let project = try Project(["main.c": Self.c, "own.h": Self.own], source: "main.c", arguments: arguments)
    let preparation = CompilerPreparation(project.compiler)
    // The source is edited time and again, with the same headers.
    let edits = [
      ("own_type value;", "own_type value; struct opaque *hidden; enum unused never;"),
      ("int main(", "FILE *file;\nint main("),
      ("#define LOCAL(x) ((x) * 2)", "#include <errno.h>\n#define LOCAL(x) ((x) * errno)"),
    ]
    for (old, new) in edits {
      try project.prepare(preparation)
      try project.save(try project.text.replacing(old, with: new))
      var usesHeaders = false
      let outcome = try #require(preparation.compile(project.source, project.never, usesHeaders: &usesHeaders))
      let (object, files, _) = try project.ordinary()
      #expect(usesHeaders && outcome.object.hasSameBytes(as: object) && outcome.messages.isEmpty)
      #expect(Set(outcome.files) == Set(files) && files.count > 50)
    }
  }

  @Test(arguments: [
    // C++ records more about headers than what the source makes use of.
    ("main.cpp", "#include <cstdio>\nint main() { std::puts(\"x\"); }\n", "", []),
    // The time is another one each time.
    ("main.c", "#include \"own.h\"\nint main(void) { return 0; }\n", "static const char *when = __TIME__;\n", []),
    // What is to be said about headers is said each time.
    ("main.c", "#include \"own.h\"\nint main(void) { return 0; }\n", "#warning old\n", []),
    ("main.c", "#include \"own.h\"\nint main(void) { int i; return 0; }\n", "", ["-Wall"]),
    ("main.c", "#define UNUSED 1\n#include \"own.h\"\nint main(void) { return 0; }\n", "", ["-Wunused-macros"]),
  ])
  func headersThatAreNotTaken(name: String, text: String, own: String, arguments: [String]) throws {
    let project = try Project([name: text, "own.h": own], source: name, arguments: arguments)
    let preparation = CompilerPreparation(project.compiler)
    for round in 0..<2 {
      try project.prepare(preparation)
      try project.save(try project.text + "int added\(round);\n")
      var usesHeaders = false
      let outcome = try #require(preparation.compile(project.source, project.never, usesHeaders: &usesHeaders))
      let (object, files, messages) = try project.ordinary()
      #expect(!usesHeaders && outcome.files == files)
      #expect(String(decoding: outcome.messages, as: UTF8.self) == String(decoding: messages, as: UTF8.self))
      if !own.contains("TIME") { #expect(outcome.object.hasSameBytes(as: object)) }
    }
  }

  /// Headers that come before others in the search path, headers that are asked for, and headers that change.
  @Test(arguments: ["first/a.h", "optional.h", "second/a.h", "b.h"])
  func headersThatAreOutOfDate(changed: String) throws {
    let source = """
      #include <a.h>
      #include "b.h"
      int main(void) { return A + B; }

      """
    let asking = "#if __has_include(<optional.h>)\n#define B 7\n#else\n#define B 2\n#endif\n"
    let project = try Project(
      ["main.c": source, "second/a.h": "#define A 1\n", "b.h": asking, "first/x.h": ""], source: "main.c",
      arguments: ["-IHERE/first", "-IHERE/second", "-IHERE"])
    let preparation = CompilerPreparation(project.compiler)
    // A header that has just been written may have been read before.
    usleep(20_000)
    try project.prepare(preparation)
    var usesHeaders = false
    try project.save(source + "\n")
    #expect(preparation.compile(project.source, project.never, usesHeaders: &usesHeaders) != nil && usesHeaders)
    try project.prepare(preparation)
    try "#define A 4\n#define B 5\n".write(toFile: project.scratch.file(changed), atomically: false, encoding: .utf8)
    #expect(preparation.compile(project.source, project.never, usesHeaders: &usesHeaders) == nil)
  }

  @Test func whatDoesNotCompileIsLeftToAnOrdinaryCompilation() throws {
    let project = try Project(["main.c": Self.c, "own.h": Self.own], source: "main.c")
    let folder = project.scratch.file("prepared")
    var preparation: CompilerPreparation? = CompilerPreparation(project.compiler)
    var usesHeaders = false
    for broken in ["}", "#include \"missing.h\"\n"] {
      try project.save(Self.c)
      try project.prepare(preparation!)
      try project.save(Self.c + broken)
      #expect(preparation!.compile(project.source, project.never, usesHeaders: &usesHeaders) == nil)
    }
    // More than a pipe takes at first.
    try project.save(Self.c)
    try project.prepare(preparation!)
    try project.save(Self.c + String(repeating: "// a long comment\n", count: 20_000))
    let outcome = try #require(preparation!.compile(project.source, project.never, usesHeaders: &usesHeaders))
    let (object, _, _) = try project.ordinary()
    #expect(usesHeaders && outcome.object.hasSameBytes(as: object))
    preparation = nil
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
