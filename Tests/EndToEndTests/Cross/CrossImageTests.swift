// What debuggers get of programs linked for other architectures: DWARF that the verifier accepts, frame tables that say what the
// objects' own do, and ELF headers of the target's.

import Foundation
import TestSupport
import Testing

@Suite("Images for other targets")
struct CrossImageTests {
  @Test(
    "Mongoose's debug file passes llvm-dwarfdump --verify", arguments: CrossTarget.gnu,
    ProgramCase.Optimisation.allCases)
  func mongoose(target: CrossTarget, optimisation: ProgramCase.Optimisation) throws {
    try verify(try VerifyTests.mongoose(optimisation.rawValue), on: target)
  }

  /// Objects as cross compilers make them, with RISC-V's labels for a linker that may shorten code, and without.
  @Test("objects of both compilers link, run and pass", arguments: CrossTarget.gnu)
  func objects(target: CrossTarget) throws {
    let folder = try TemporaryFolder()
    let isRISCV = target.architecture == "riscv64"
    let relaxation = isRISCV ? [["-mrelax"], ["-mno-relax"]] : [[]]
    for compiler in ["clang-22", "\(target.architecture)-linux-gnu-gcc"] {
      for (number, option) in relaxation.enumerated() {
        var objects: [String] = []
        for (index, name) in ["main", "other"].enumerated() {
          let object = folder.file("\(name)\(number).o")
          var command = [compiler] + (compiler == "clang-22" ? ["--target=\(target.triple)"] : [])
          command += [index == 0 ? "-O0" : "-O2", "-g", "-fPIE", "-c"] + option
          command += ["\(Workspace.programs)/c/static_names/\(name).c", "-o", object]
          let compiled = try run(command)
          try #require(compiled.status == 0, "\(command): \(compiled.errors)")
          objects.append(object)
        }
        // LLVM's verifier objects to what GCC writes, whoever links it.
        try verify(objects, on: target, status: 52, isVerified: compiler == "clang-22")
      }
    }
  }

  private func verify(
    _ inputs: [String], on target: CrossTarget, status: Int32 = 0, isVerified: Bool = true
  ) throws {
    let folder = try TemporaryFolder()
    let executor = try CrossExecutor(target)
    let result = try executor.run(inputs, state: folder, timeout: 120)
    #expect(result.status == status, "\(result.errors)")
    let files = try SessionStore.debugFiles(in: SessionStore.session(in: folder.file("state")))
    try #require(files.count == 1)
    if isVerified {
      let verified = try run(["timeout", "-s", "KILL", "60", "llvm-dwarfdump-22", "--verify", files[0]], timeout: 90)
      #expect(verified.status == 0, "\(verified.output.suffix(4000))\(verified.errors)")
      #expect(verified.output.contains("No errors."))
    }
    let header = try run(["llvm-readelf-22", "-h", files[0]])
    let machine = target.architecture == "riscv64" ? "RISC-V" : "AArch64"
    #expect(header.output.contains(machine), "\(header.output)")
    if target.architecture == "riscv64" { #expect(header.output.contains("0x5, RVC, double-float ABI")) }
    // Each function has its frame description, with no complaint about any.
    let frames = try run(["llvm-dwarfdump-22", "--debug-frame", files[0]])
    #expect(frames.errors == "" && frames.output.contains(" FDE "), "\(frames.errors)")
  }
}
