// swift-tools-version: 6.2
import PackageDescription

// Where Debian's llvm-22-dev and liblldb-22-dev put their headers and libraries (installed by Scripts/setup).
let llvm = "/usr/lib/llvm-22"
let llvmHeaders: [CXXSetting] = [
  .unsafeFlags(["-isystem", "\(llvm)/include", "-fno-exceptions", "-fno-rtti"])
]

// LLVM is linked in: loading and relocating all of libLLVM takes longer than compiling and running a small program does. These are
// the parts that are used, each before those that it uses. None of their symbols is exported: liblldb, which LLDBBridge loads into
// the same process, brings an LLVM of its own, and neither may find the other's.
let llvmParts = """
  RISCVDisassembler RISCVDesc RISCVInfo AArch64Disassembler AArch64Desc AArch64Utils AArch64Info X86Disassembler \
  X86Desc X86Info MCDisassembler JITLink Option DebugInfoDWARF OrcShared Object TextAPI MCParser IRReader \
  AsmParser BitReader MC DebugInfoDWARFLowLevel Core Remarks BitstreamReader BinaryFormat TargetParser Support \
  Demangle
  """.split(separator: " ")
// The same for making code of LLVM IR, which only inputs of that kind need: a program of its own.
let codeGenerationParts = """
  X86AsmParser X86CodeGen X86Desc X86Info MCDisassembler Instrumentation IRPrinter GlobalISel SelectionDAG CFGuard \
  AsmPrinter CodeGen Target ScalarOpts InstCombine AggressiveInstCombine ObjCARCOpts TransformUtils CodeGenTypes \
  CGData BitWriter Analysis ProfileData Symbolize DebugInfoBTF DebugInfoPDB DebugInfoMSF DebugInfoCodeView \
  DebugInfoGSYM DebugInfoDWARF Object TextAPI MCParser IRReader AsmParser MC DebugInfoDWARFLowLevel BitReader \
  FrontendHLSL Core Remarks BitstreamReader BinaryFormat TargetParser Support Demangle
  """.split(separator: " ")

func linking(_ parts: [Substring], _ flags: [String] = []) -> [LinkerSetting] {
  [.unsafeFlags(["-L\(llvm)/lib"] + flags)] + parts.map { .linkedLibrary("LLVM\($0)") }
    + ["z", "zstd", "m"].map { .linkedLibrary($0) }
}

let package = Package(
  name: "jitdebug",
  products: [
    .executable(name: "jitdebug", targets: ["jitdebug"]),
    .executable(name: "jitdebug-codegen", targets: ["jitdebug-codegen"]),
    // A library of its own, opened only by the commands that need LLDB: loading liblldb costs 20 ms.
    .library(name: "LLDBBridge", type: .dynamic, targets: ["LLDBBridge"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
  ],
  targets: [
    .executableTarget(
      name: "jitdebug",
      dependencies: ["JITDebug", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .target(
      name: "JITDebug",
      dependencies: [
        "LZ4", "OrcBridge", "Wire", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      // As an archive: one library less to load at the start.
      linkerSettings: [.linkedLibrary(":liblz4.a")]),
    .systemLibrary(name: "LZ4"),
    .target(
      name: "OrcBridge",
      cxxSettings: llvmHeaders,
      linkerSettings: linking(llvmParts, ["-Xlinker", "--no-export-dynamic"])),
    .target(
      name: "LLDBBridge",
      cxxSettings: llvmHeaders,
      linkerSettings: [.unsafeFlags(["-L\(llvm)/lib"]), .linkedLibrary("lldb-22")]),
    .executableTarget(
      name: "jitdebug-codegen",
      cxxSettings: llvmHeaders,
      linkerSettings: linking(codeGenerationParts)),
    // Shared by the controller and the executor; compiled a second time, as Embedded Swift, by Scripts/build-executor.
    .target(name: "Wire"),
    .target(name: "Executor", dependencies: ["Wire", "ExecutorSystem"]),
    .target(name: "ExecutorSystem"),
    .testTarget(name: "WireTests", dependencies: ["Wire", "TestSupport"]),
    .testTarget(
      name: "ExecutorTests",
      dependencies: ["Executor", "ExecutorSystem", "TestSupport", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(name: "JITDebugTests", dependencies: ["JITDebug", "TestSupport"]),
    // Drives the built command, executor and debuggers as processes; depends on `jitdebug` only to have it built.
    .testTarget(name: "EndToEndTests", dependencies: ["jitdebug", "TestSupport"], exclude: ["SourceMap/Golden"]),
    // The same for `run` alone: its errors, options, streams and signals.
    .testTarget(name: "RunTests", dependencies: ["jitdebug", "TestSupport"], exclude: ["Golden"]),
    // Processes, pseudo-terminals and temporary folders for tests.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
