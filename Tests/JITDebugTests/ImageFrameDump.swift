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
      // There are many lines, and Swift is slow at looking into them: first those that are most frequent.
      if line.hasPrefix("  DW_CFA_nop") {
        continue
      } else if line.hasPrefix("  DW_CFA_") {
        if current == nil {
          entry.instructions.append(String(line))
        } else {
          entry.commonInstructions.append(String(line))
        }
      } else if line.hasPrefix("  0x") {
        entry.rows.append(String(line))
      } else if line.hasPrefix("  Format:") || line.hasPrefix("  CFA=") {
        continue
      } else if line.hasPrefix("  Augmentation:") {
        entry.common.append(String(line.filter("SBG".contains)))
      } else if line.hasPrefix("  Code") || line.hasPrefix("  Data alignment") || line.hasPrefix("  Return") {
        entry.common.append(String(line))
      } else if line.hasPrefix("  ") {
        // What else there is concerns exceptions, or the address size.
        #expect(current != nil || line.hasPrefix("  LSDA Address:"), "\(line)")
      } else {
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
        } else {
          // Anything but these is a complaint. (LLVM reads versions 3 and 4 in `.eh_frame` all the same.)
          let isExpected =
            line.hasSuffix(" contents:") || line.hasSuffix(" ZERO terminator")
            || line == "WARNING: unsupported CIE version" && section == ".eh_frame"
          #expect(isExpected, "\(line)")
        }
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
