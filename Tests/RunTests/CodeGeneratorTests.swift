// jitdebug-codegen makes the very objects that clang makes of LLVM IR, and leaves to clang what it would not.

import Foundation
import TestSupport
import Testing

@Suite("Code generator")
struct CodeGeneratorTests {
  let folder: RunFolder
  init() throws { folder = try RunFolder() }

  private static let generator =
    URL(filePath: Workspace.jitdebug).deletingLastPathComponent().path + "/jitdebug-codegen"

  private static let sources = ["c", "cpp"].flatMap { name in
    let folder = "\(Workspace.programs)/\(name)"
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".\(name)") }.sorted().map { "\(folder)/\($0)" }
  }

  /// What jitdebug compiles IR with, apart from colours.
  private static let clang = [
    "clang-22", "-c", "--target=x86_64-unknown-linux-gnu", "-g", "-O0", "-fPIE", "-femulated-tls",
    "-Wno-override-module",
  ]

  /// With `false` in clang's place: status 0 if it compiles by itself.
  private func generate(_ source: String, _ object: String, sections: Bool = false) throws -> CommandResult {
    let words = ["x86_64-unknown-linux-gnu", sections ? "sections" : "nosections", source, object, "false"]
    return try TestSupport.run([Self.generator] + words, environment: folder.environment, directory: folder.path)
  }

  @Test("objects of many programs, as text or bitcode, plain or optimised before")
  func sameObjects() throws {
    try #require(Self.sources.count > 50)
    for (number, source) in Self.sources.enumerated() {
      let isText = number % 2 == 0
      let isOptimized = number % 4 < 2
      let ir = isText ? "\(number).ll" : "\(number).bc"
      try folder.tool(
        Workspace.clang(for: source), "-w", "-g", source.hasSuffix(".c") ? "-std=gnu17" : "-std=c++20",
        isOptimized ? "-O2" : "-O0", isText ? "-S" : "-c", "-emit-llvm", source, "-o", ir)
      let isSeparate = number % 3 == 0
      let sections = isSeparate ? ["-ffunction-sections", "-fdata-sections"] : []
      let compiled = try TestSupport.run(
        Self.clang + sections + ["-x", "ir", ir, "-o", "clang.o"], environment: folder.environment,
        directory: folder.path)
      try #require(compiled.status == 0, "\(compiled.errors)")
      let generated = try generate(ir, "generated.o", sections: isSeparate)
      if source.hasSuffix("/coroutines.cpp"), !isOptimized {
        #expect(generated.status == 1)
        continue
      }
      #expect(generated.status == 0 && generated.errors == "", "\(source): \(generated.errors)")
      #expect(try folder.read("generated.o") == folder.read("clang.o"), "\(source)")
    }
  }

  struct Declined: CustomStringConvertible, Sendable {
    var description: String
    var text: String
    /// Nil if clang does not compile it either.
    var status: Int32?
    /// What clang says.
    var messages = ""
  }

  private static let declined = [
    Declined(
      description: "functions to be inlined whatever comes",
      text: """
        define internal i32 @five() alwaysinline {
          ret i32 5
        }
        define i32 @main() {
          %five = call i32 @five()
          ret i32 %five
        }
        """, status: 5),
    Declined(
      description: "calls to be inlined whatever comes",
      text: """
        define internal i32 @five() {
          ret i32 5
        }
        define i32 @main() {
          %five = call i32 @five() alwaysinline
          ret i32 %five
        }
        """, status: 5),
    Declined(
      description: "what is of use to coroutines",
      text: """
        declare ptr @llvm.coro.frame()
        define i32 @main() {
          ret i32 5
        }
        """, status: 5),
    Declined(
      description: "a collector of garbage whose table is made by a plug-in",
      text: "define i32 @main() gc \"ocaml\" {\n  ret i32 5\n}\n", status: 5),
    Declined(
      description: "a layout of data that is not the target's",
      text: "target datalayout = \"e-p:64:64\"\ndefine i32 @main() {\n  ret i32 6\n}\n", status: 6),
    Declined(
      description: "debug info of an unknown version",
      text: """
        define i32 @main() !dbg !3 {
          ret i32 7
        }
        !llvm.dbg.cu = !{!1}
        !llvm.module.flags = !{!4}
        !1 = distinct !DICompileUnit(language: DW_LANG_C, file: !2)
        !2 = !DIFile(filename: "a.c", directory: "/")
        !3 = distinct !DISubprogram(name: "main", file: !2, unit: !1)
        !4 = !{i32 2, !"Debug Info Version", i32 99}
        """, status: 7, messages: "ignoring debug info with an invalid version (99)"),
    Declined(
      description: "text that is no IR", text: "define i32 @main( {\n", messages: "expected"),
    Declined(
      description: "functions that are not well formed",
      text: "define i32 @main() {\n  ret i64 0\n}\n", messages: "value doesn't match function result type 'i32'"),
    Declined(
      description: "an instruction that no processor has",
      text: "define i32 @main() {\n  call void asm \"bogus\", \"\"()\n  ret i32 0\n}\n",
      messages: "invalid instruction mnemonic 'bogus'"),
  ]

  @Test(arguments: declined)
  func declines(_ row: Declined) throws {
    try folder.write("main.ll", row.text)
    let generated = try generate("main.ll", "generated.o")
    #expect(generated.status != 0)
    let result = try folder.run("main.ll")
    if let status = row.status {
      #expect(result.status == status, "\(result.errors)")
    } else {
      #expect(result.status == 125)
      #expect(result.errors.contains("main.ll: does not compile"), "\(result.errors)")
    }
    #expect(row.messages.isEmpty ? result.errors == "" : result.errors.contains(row.messages), "\(result.errors)")
  }

  @Test("clang compiles what is to be optimised, or for another processor")
  func clangCompiles() throws {
    try folder.write("main.ll", "define i32 @main() {\n  ret i32 3\n}\n")
    // Found before the real one, and tells that it was.
    let tools = folder.folder.file("tools")
    _ = try folder.folder.script(
      "tools/clang-22", "echo used > '\(folder.folder.file("log"))'\nexec /usr/bin/clang-22 \"$@\"")
    let path = tools + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let rows: [(options: [String], usesClang: Bool)] = [
      ([], false), (["-O0", "-DX=1", "-Iinclude", "-std=c17"], false), (["-O1"], true), (["-Xcc", "-mavx2"], true),
    ]
    for row in rows {
      try? FileManager.default.removeItem(atPath: folder.folder.file("log"))
      let result = try folder.run(["--no-cache"] + row.options + ["main.ll"], environment: ["PATH": path])
      #expect(result.status == 3 && result.errors == "", "\(result.errors)")
      #expect(FileManager.default.fileExists(atPath: folder.folder.file("log")) == row.usesClang, "\(row.options)")
    }
  }
}
