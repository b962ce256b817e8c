// Functions replaced in a running program: its data stay, pointers to functions follow, and what cannot be done is said.

import Foundation
import TestSupport
import Testing

@Suite("Replacement")
struct ReplacementTests {
  /// Each row is a way to run the program.
  @Test(
    "Variables keep their values, stored pointers lead to the new code, old code stays mapped",
    arguments: [["-O0"], ["-O2"], ["-DTHREADS", "-O0"], ["--debug-info", "inline"]])
  func keepsData(options: [String]) throws {
    let program = try ReplacedProgram(
      ["main.c": CountingProgram.main, "work.c": CountingProgram.work(1)], options)
    try program.process.expect(CountingProgram.output(1, turn: 1))
    for version in 2...6 {
      let used = try program.usedKilobytes()
      try program.save("work.c", CountingProgram.work(version))
      try program.process.expect(CountingProgram.output(version, turn: version))
      try program.waitForReplacements(version - 1)
      // What was there before is what stays; the new generation is all that came.
      let kept = try program.announcedKilobytes()
      #expect(options.contains("inline") ? kept > used / 2 : kept == used)
    }
    let announced = try #require(program.announcement)
    #expect(announced.contains("work.c changed: compiled in "), "\(announced)")
    #expect(announced.contains("4 functions replaced (changed: "), "\(announced)")
    #expect(try program.description()["generations"].map { ($0 as? [Any])?.count } == 6)
  }

  @Test("C++: virtual functions, exceptions, templates and thread-local variables", arguments: ["-O0", "-O2"])
  func cxx(optimisation: String) throws {
    func shape(_ version: Int) -> String {
      """
      #include "shape.h"
      int Shape::count;
      static Size size(3);
      thread_local int calls;
      namespace {
      struct Square : Shape {
        Square() { count++; }
        int area() const override { return twice(size.value) + \(version); }
      };
      }
      Shape *make() { return new Square; }
      int version() { return \(version); }
      void check() { throw Failure{++calls, \(version)}; }

      """
    }
    let header = """
      struct Size {
        int value;
        Size(int value) : value(value) {}
      };
      struct Failure { int calls, version; };
      struct Shape {
        static int count;
        virtual ~Shape() = default;
        virtual int area() const = 0;
      };
      Shape *make();
      int version();
      void check();
      template <class T> T twice(T x) { return x + x; }

      """
    let main = """
      #include "shape.h"
      #include <stdio.h>
      #include <unistd.h>
      __attribute__((noinline)) int reload_point(int turn, double rest) { usleep(1000); return rest < 0 ? 0 : turn + 1; }
      static Shape *shape = make();
      int main() {
        double rest = 1.5;
        for (int seen = 0, turn = 0;; turn = reload_point(turn, rest += 1)) {
          if (version() == seen) continue;
          seen = version();
          try {
            check();
          } catch (const Failure &failure) {
            printf("calls %d at %d, area %d, made %d, in turn %s\\n", failure.calls, failure.version, shape->area(),
                   Shape::count, turn == 0 ? "0" : "n");
            fflush(stdout);
          }
        }
      }

      """
    let program = try ReplacedProgram(
      ["shape.h": header, "main.cpp": main, "shape.cpp": shape(1)], [optimisation])
    try program.process.expect("calls 1 at 1, area 7, made 1, in turn 0\n")
    for version in 2...3 {
      try program.save("shape.cpp", shape(version))
      try program.process.expect("calls \(version) at \(version), area \(6 + version), made 1, in turn n\n")
    }
    // A header's users change together.
    try program.save("shape.h", header.replacingOccurrences(of: "x + x", with: "x + x + 1000"))
    try program.save("shape.cpp", shape(4))
    try program.process.expect("calls 4 at 4, area 1010, made 1, in turn n\n")
  }

  @Test("New and changed variables, new functions, and what the user is told of them")
  func variables() throws {
    func work(_ version: Int, _ declarations: String, _ value: String) -> String {
      "#include <stdio.h>\n\(declarations)\n__attribute__((weak)) int hook(void) { return -1; }\nint version(void) { return \(version); }\nint busy(int x) { return x; }\n"
        + "void work(void) { printf(\"version \(version): %ld\\n\", (long)(hook() + \(value))); }\n"
    }
    // The definition that counts, whichever object is linked again.
    let main = CountingProgram.main + "int hook(void) { return 100; }\n"
    let program = try ReplacedProgram(
      ["main.c": main, "work.c": work(1, "int count = 7;", "++count")])
    try program.process.expect("version 1: 108\n")
    try program.save("work.c", work(2, "int count = 70;", "++count"))
    try program.process.expect("version 2: 109\n")
    try program.process.expect("work.c: 'count' has another initial value, and keeps the one it has")
    try program.save(
      "work.c", work(3, "int count = 70; static int fresh = 5; int add(int a) { return a + fresh; }", "add(++count)"))
    try program.process.expect("version 3: 115\n")
    try program.process.expect("new: add; new variables: fresh")
    try program.save("work.c", work(4, "long count = 30;", "++count"))
    try program.process.expect("version 4: 131\n")
    try program.process.expect("work.c: 'count' has another size, so there is a new one")
    // What main itself does goes on as it was.
    try program.save("main.c", main.replacingOccurrences(of: "int seen = 0", with: "int seen = -1"))
    try program.process.expect("main.c: 'main' has changed, and goes on as it was: it is running")
    try program.save("work.c", work(5, "long count = 30;", "++count"))
    try program.process.expect("version 5: 132\n")
  }

  @Test("What does not compile or link leaves the program as it was, until it does")
  func refusals() throws {
    let program = try ReplacedProgram(["main.c": CountingProgram.main, "work.c": CountingProgram.work(1)])
    try program.process.expect(CountingProgram.output(1, turn: 1))
    try program.save("work.c", CountingProgram.work(2) + "int missing(void);\nint use(void) { return missing(); }\n")
    try program.process.expect("work.c: undefined symbol 'missing'")
    try program.process.expect("cannot become part of the program, which goes on as it was")
    try program.save("main.c", CountingProgram.main + "int missing(void) { return 1; }\n")
    try program.process.expect(CountingProgram.output(2, turn: 2))
    try program.save("work.c", CountingProgram.work(3) + "int broken(\n")
    try program.process.expect("work.c does not compile; the program goes on as it was")
    try program.save("work.c", CountingProgram.work(4))
    try program.process.expect(CountingProgram.output(4, turn: 3))
  }

  @Test("What is saved while the program is on its way to the reload point is told of by itself")
  func overtaken() throws {
    func source(_ version: Int) -> String {
      "#include <stdio.h>\n__attribute__((noinline)) void reload_point(void) {}\nint version(void) { return \(version); }\n"
        + "int main(void) {\n  do { reload_point(); printf(\"version %d\\n\", version()); fflush(stdout); } while (getchar() > 0);\n}\n"
    }
    let program = try ReplacedProgram(["main.c": source(1)])
    try program.process.expect("version 1\n")
    try program.save("main.c", source(2))
    try program.process.expect("note: waiting for the program to call reload_point\n")
    // Compiled while the other one waits; its turn comes after that.
    try program.save("main.c", source(3))
    let answer = try askForReload(try program.description())
    #expect(
      answer.hasPrefix("main.c changed: compiled in ")
        && answer.hasSuffix("; the program takes it over when it goes on\n"))
    program.process.send("\n")
    try program.waitForReplacements(1)
    // At whichever call is the first after it has been linked.
    for _ in 0..<500 where !program.process.errors.contains("; 2 old generations") {
      program.process.send("\n")
      usleep(20_000)
    }
    try program.waitForReplacements(2)
    #expect(!program.process.errors.contains("held by a debugger"), "\(program.process.errors)")
  }

  @Test(
    "Reload points that never come",
    arguments: [
      ("int main(void) { return 0; }", "no input defines the function 'reload_point'"),
      ("void reload_point(void) {}\nint main(void) { return 0; }", "nothing calls 'reload_point'"),
    ])
  func reloadPoints(source: String, message: String) throws {
    let program = try ReplacedProgram(["main.c": source + "\n"])
    let result = try program.process.finish()
    #expect(result.status == 64)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test("--reload-at needs --watch")
  func needsWatch() throws {
    let result = try run([Workspace.jitdebug, "run", "--reload-at", "tick", "missing.c"])
    #expect(result.status == 64)
    #expect(result.errors.hasPrefix("error: --reload-at: "), "\(result.errors)")
  }
}

@Suite("Replacement on other targets")
struct CrossReplacementTests {
  @Test(
    "Functions are replaced, data stay",
    arguments: CrossTarget.gnu + CrossTarget.musl.filter { $0.architecture == "riscv64" })
  func keepsData(target: CrossTarget) throws {
    let executor = try CrossExecutor(target)
    let program = try ReplacedProgram(
      ["main.c": CountingProgram.main, "work.c": CountingProgram.work(1)],
      ["--connect", executor.address] + target.options)
    try program.process.expect(CountingProgram.output(1, turn: 1))
    for version in 2...5 {
      try program.save("work.c", CountingProgram.work(version))
      try program.process.expect(CountingProgram.output(version, turn: version))
    }
  }
}
