// What is asked of the process that reads debug info for `inspect`, and what it answers.

import FoundationEssentials

/// One object and the questions about it.
package struct DebugInfoRequest: Codable, Sendable {
  /// The file to read; nil if the object's bytes follow.
  var path: String?
  /// The size of what follows, in bytes.
  var size = 0
  /// Whether to run the verifier.
  var verifies = false
  /// Addresses of code to find unwind information for.
  var unwinding: [UInt64] = []
  /// The object's `.eh_frame` as it is in memory.
  var frames: Frames?
  /// Addresses whose functions and lines are wanted.
  var lookups: [UInt64] = []
  /// Code to show.
  var code: Code?
  /// Names of symbols that are wanted as their source has them.
  var symbols: [String] = []
  /// Whether the file is bitcode of which only the origin is wanted.
  var isBitcode = false

  struct Frames: Codable, Sendable {
    var address: UInt64
    var bytes: Data
  }

  struct Code: Codable, Sendable {
    var triple: String
    var address: UInt64
    var bytes: Data
    /// Names of addresses, in the order of these.
    var names: [String]
    var addresses: [UInt64]
  }
}

/// What the object's debug info says.
package struct DebugInfoAnswer: Codable, Sendable {
  /// Why it cannot be read at all; absent if it can.
  var failure: String?
  /// Who wrote the compile units, each once.
  var producers: [String] = []
  var units = 0
  /// Functions with code, and how many of these begin in the object's code.
  var functions = 0
  var functionsInside = 0
  /// How many of the addresses have unwind information.
  var unwound = 0
  /// What the verifier finds wrong, and the first of it.
  var errors = 0
  var errorText = ""
  var files: [RecordedFile] = []
  /// For each address looked up, the innermost inlined function first.
  var frames: [[CodeFrame]] = []
  var instructions: [Instruction]?
  /// In the order of the symbols.
  var names: [String] = []
  /// Of bitcode, as LLVM wrote it; absent if it does not say.
  var producer: String?
  var triple: String?
}

/// A function at an address, and the place in its source.
package struct CodeFrame: Codable, Sendable {
  /// As the source has it; empty if not known.
  package var function: String
  /// Empty if not known.
  package var file: String
  /// 0 if not known, as is the column.
  package var line: Int
  package var column: Int
}

/// One machine instruction.
package struct Instruction: Codable, Sendable {
  package var address: TargetAddress
  /// In hexadecimal.
  package var bytes: String
  package var text: String
}
