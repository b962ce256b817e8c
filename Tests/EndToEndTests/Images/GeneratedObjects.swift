// 501 small C objects with debug info, generated and compiled once, as the input that shows what a registration costs.

import Foundation
import TestSupport
import TestSupport

enum GeneratedObjects {
  /// Counting the one with main, which calls the others in order.
  static let count = 501
  /// The function in the last object; the line after its opening one is marked as its first statement.
  static let lastFunction = "unit_\(count - 2)"
  static let lastFile = "\(lastFunction).c"

  /// The objects' paths, main's first. They stay in the build folder, so that a second run finds them.
  static let objects: Result<[String], CommandFailure> = {
    do {
      return .success(try make())
    } catch {
      return .failure(CommandFailure(description: "\(error)"))
    }
  }()

  /// What the program returns when it is linked natively.
  static let nativeStatus: Result<Int32, CommandFailure> = {
    do {
      let folder = try TemporaryFolder()
      let linked = try run(["clang-22"] + (try objects.get()) + ["-o", folder.file("native")])
      guard linked.status == 0 else { throw CommandFailure(description: linked.errors) }
      return .success(try run([folder.file("native")]).status)
    } catch {
      return .failure(CommandFailure(description: "\(error)"))
    }
  }()

  private static func source(_ index: Int) -> String {
    """
    // Generated: unit \(index) of \(count - 1).
    struct state_\(index) { int calls; long total; const char *name; };
    static struct state_\(index) state = {0, \(index), "unit \(index)"};
    int shared_\(index)[4] = {\(index), 1, 2};

    static int mix(int value, int by) {
      int mixed = value * 31 + by;
      return mixed ^ (mixed >> 7);
    }

    int unit_\(index)(int value) {
      int result = mix(value, \(index)) + shared_\(index)[1];
      state.calls++;
      state.total += result;
      return state.name ? result : 0;
    }

    """
  }

  private static var mainSource: String {
    let names = (0..<count - 1).map { "unit_\($0)" }
    return names.map { "int \($0)(int);\n" }.joined() + "\nint main(void) {\n  int value = 1;\n"
      + names.map { "  value = \($0)(value);\n" }.joined() + "  return value & 0x7f;\n}\n"
  }

  private static func make() throws -> [String] {
    let sources = [("main.c", mainSource)] + (0..<count - 1).map { ("unit_\($0).c", source($0)) }
    // Named after what is in it: another version of the generator makes another folder.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in sources.map(\.1).joined().utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let folder = "\(Workspace.root)/.build/generated-objects/\(String(hash, radix: 16))"
    let objects = sources.map { "\(folder)/\($0.0.dropLast(2)).o" }
    if FileManager.default.fileExists(atPath: folder) { return objects }

    // Compiled where they stay, for their debug info names the folder; the last, renaming step says that all is there.
    let work = "\(folder).\(getpid())"
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: work) }
    for (name, text) in sources { try text.write(toFile: "\(work)/\(name)", atomically: false, encoding: .utf8) }
    // One driver run compiles many files; -fdebug-compilation-dir gives the final folder.
    for start in stride(from: 0, to: sources.count, by: 100) {
      let batch = sources[start..<min(start + 100, sources.count)].map(\.0)
      let compiled = try run(
        ["clang-22", "-c", "-g", "-O0", "-fdebug-compilation-dir=\(folder)"] + batch, directory: work, timeout: 120)
      guard compiled.status == 0 else { throw CommandFailure(description: compiled.errors) }
    }
    // Another test process may have been faster; its folder is as good.
    guard rename(work, folder) == 0 || FileManager.default.fileExists(atPath: folder) else {
      throw CommandFailure(description: "rename to \(folder): \(String(cString: strerror(errno)))")
    }
    return objects
  }
}
