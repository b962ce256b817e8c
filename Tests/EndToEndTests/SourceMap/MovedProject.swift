// A project that was compiled in many ways in a folder that is gone, and whose sources lie elsewhere now.

import Foundation
import TestSupport

/// How one object of the project was compiled.
struct CompileVariant: Sendable {
  enum Naming: String, CaseIterable {
    case absolute = "absolute names"
    case relative = "relative names"
    case parent = "relative names with .."
    case toPath = "-fdebug-prefix-map=DIR=/build/app-1.0"
    case toDot = "-fdebug-prefix-map=DIR=."
    case toNothing = "-fdebug-prefix-map=DIR="
    case toName = "-fdebug-prefix-map=DIR=app"
    case sysroot = "header in a sysroot"
  }
  var naming: Naming
  var compiler: String
  var dwarf: Int

  /// Part of file and function names, so that relative names do not coincide.
  var name: String { "\(naming)_\(compiler.prefix(while: \.isLetter))_\(dwarf)" }

  static let all = Naming.allCases.flatMap { naming in
    ["clang-22", "gcc"].flatMap { compiler in
      [4, 5].map { CompileVariant(naming: naming, compiler: compiler, dwarf: $0) }
    }
  }
}

/// Compiled in `init`; the folder it was compiled in is removed then.
struct MovedProject {
  let folder: TemporaryFolder
  /// Where the sources are now.
  var root: String { folder.file("here") }
  private(set) var objects: [String] = []

  /// Lines of each source that stop, with their texts.
  static let sourceLine = 3
  static let otherSourceLine = 4
  static let headerLine = 3

  func source(_ variant: CompileVariant) -> String { "\(root)/app/src/\(variant.name).c" }
  func header(_ variant: CompileVariant) -> String {
    root + (variant.naming == .sysroot ? "/sysroot/usr/include" : "/app/inc") + "/\(variant.name).h"
  }

  init(_ variants: [CompileVariant] = CompileVariant.all) throws {
    folder = try TemporaryFolder()
    let gone = folder.file("gone")
    let place = MovedProject.text
    for name in ["app/src", "app/inc", "app/obj", "sysroot/usr/include"] {
      try FileManager.default.createDirectory(atPath: "\(gone)/\(name)", withIntermediateDirectories: true)
    }
    for variant in variants {
      let (source, header) = place(variant)
      try source.write(toFile: "\(gone)/app/src/\(variant.name).c", atomically: true, encoding: .utf8)
      let folder = variant.naming == .sysroot ? "sysroot/usr/include" : "app/inc"
      try header.write(toFile: "\(gone)/\(folder)/\(variant.name).h", atomically: true, encoding: .utf8)
    }
    for variant in variants {
      let object = folder.file("\(variant.name).o")
      let project = "\(gone)/app"
      var words = [variant.compiler, "-c", "-g", "-gdwarf-\(variant.dwarf)", "-O0", "-o", object]
      var directory = project
      switch variant.naming {
      case .absolute: words += ["-I\(project)/inc", "\(project)/src/\(variant.name).c"]
      case .parent:
        directory += "/obj"
        words += ["-I../inc", "../src/\(variant.name).c"]
      case .sysroot: words += ["--sysroot=\(gone)/sysroot", "src/\(variant.name).c"]
      case .toPath: words += ["-fdebug-prefix-map=\(project)=/build/app-1.0"]
      case .toDot: words += ["-fdebug-prefix-map=\(project)=."]
      case .toNothing: words += ["-fdebug-prefix-map=\(project)="]
      case .toName: words += ["-fdebug-prefix-map=\(project)=app"]
      case .relative: break
      }
      if ![.absolute, .parent, .sysroot].contains(variant.naming) { words += ["-Iinc", "src/\(variant.name).c"] }
      let result = try run(words, directory: directory)
      guard result.status == 0 else { throw CommandFailure(description: "\(words): \(result.errors)") }
      objects.append(object)
    }
    // The objects' folder is not part of the sources.
    try FileManager.default.removeItem(atPath: "\(gone)/app/obj")
    try FileManager.default.moveItem(atPath: gone, toPath: root)

    let calls = variants.map { "  sum += f_\($0.name)(1);" }.joined(separator: "\n")
    let declarations = variants.map { "int f_\($0.name)(int);" }.joined(separator: "\n")
    let main =
      "\(declarations)\nint main(void) {\n  int sum = 0;\n\(calls)\n  return sum != \(3 * variants.count);\n}\n"
    try main.write(toFile: folder.file("main.c"), atomically: true, encoding: .utf8)
    objects.append(folder.file("main.c"))
  }

  private static func text(_ variant: CompileVariant) -> (source: String, header: String) {
    let name = variant.name
    let include = variant.naming == .sysroot ? "<\(name).h>" : "\"\(name).h\""
    return (
      """
      #include \(include)
      int f_\(name)(int x) {
        int y = x + 1; // source of \(name)
        int z = h_\(name)(y); // call in \(name)
        return z;
      }

      """,
      """
      #pragma once
      static inline int h_\(name)(int x) {
        int y = x + 1; // header of \(name)
        return y;
      }

      """
    )
  }
}
