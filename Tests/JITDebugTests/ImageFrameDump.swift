// What llvm-dwarfdump says of a frame table, in a form that is the same for `.eh_frame` and `.debug_frame`.

import Testing

@testable import JITDebug

/// One FDE with its CIE, without what the two kinds of section must differ in: offsets, formats, padding, and augmentation
/// that only concerns exceptions.
struct FrameDump: Equatable, CustomStringConvertible {
  /// Such as "1000...1010".
  var range = ""
  /// The factors, the return address column and the letters S, B, G of the augmentation.
  var common: [String] = []
  var commonInstructions: [String] = []
  var instructions: [String] = []
  /// The unwind rows that llvm-dwarfdump works out from the instructions.
  var rows: [String] = []

  var description: String { ([range] + common + commonInstructions + instructions + rows).joined(separator: "\n  ") }

  var start: UInt64 { UInt64(range.prefix { $0 != "." }, radix: 16) ?? 0 }
  var end: UInt64 { UInt64(range.drop { $0 != "." }.drop { $0 == "." }, radix: 16) ?? 0 }

  static func read(_ section: String, of path: String) throws -> [FrameDump] {
    let output = try runTool("llvm-dwarfdump-22", ["--debug-frame", path])
    let lines = output.split(separator: "\n")
    #expect(!lines.contains { $0.contains("warning:") || $0.contains("error:") || $0.contains("unable") }, "\(output)")
    var cies: [Substring: FrameDump] = [:]
    var frames: [FrameDump] = []
    var current: Substring?
    var entry = FrameDump()
    var isHere = false
    func finish() {
      if let current { cies[current] = entry } else if !entry.range.isEmpty { frames.append(entry) }
      entry = FrameDump()
      current = nil
    }
    for line in lines {
      if line.hasSuffix(" contents:") {
        finish()
        isHere = line == "\(section) contents:"
      }
      guard isHere else { continue }
      let words = line.split(separator: " ")
      if words.count == 4, words[3] == "CIE" {
        finish()
        current = words[0]
      } else if words.count == 6, words[3] == "FDE" {
        finish()
        let cie = try #require(cies[words[4].dropFirst("cie=".count)], "no CIE for \(line)")
        entry.common = cie.common
        entry.commonInstructions = cie.commonInstructions
        entry.range = String(words[5].dropFirst("pc=".count))
      } else if words.first == "Augmentation:" {
        entry.common.append(String(line.filter("SBG".contains)))
      } else if line.contains("alignment factor") || line.contains("Return address column") {
        entry.common.append(words.joined(separator: " "))
      } else if line.contains("DW_CFA_") {
        guard !line.contains("DW_CFA_nop") else { continue }
        if current == nil {
          entry.instructions.append(words.joined(separator: " "))
        } else {
          entry.commonInstructions.append(words.joined(separator: " "))
        }
      } else if line.contains("CFA="), current == nil {
        entry.rows.append(words.joined(separator: " "))
      }
    }
    finish()
    return frames
  }
}

extension FrameDump {
  /// What a program's own `.eh_frame` says of its code, as far as debuggers have a use for it.
  static func original(_ program: LinkedProgram) throws -> [FrameDump] {
    try read(".eh_frame", of: program.path).filter {
      program.image.code.contains(TargetAddress($0.start)) && $0.end > $0.start
    }
  }
}
