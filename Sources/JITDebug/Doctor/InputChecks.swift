// Whether the inputs of a run fit: LLVM IR and objects, by the machine they are for and the LLVM that wrote them.

import Glibc
import OrcBridge

enum InputChecks {
  /// - Parameters:
  ///   - paths: whatever files there are; those that are neither IR nor objects are passed over.
  ///   - triple: of the machine that is to run them; nil for this one.
  static func check(_ paths: [String], for triple: String?) -> Check? {
    let target = Triple(triple ?? hostTriple)
    var seen: [String] = []
    var found: [Finding] = []
    for path in paths {
      // A pipe or a terminal would keep us waiting.
      guard isRegularFile(path), let bytes = try? readFile(path) else { continue }
      let start = withExtendedLifetime(bytes) { Array(bytes.buffer.prefix(16)) }
      let name = SourcePath.name(path)
      if Bitcode.isMagic(start) || path.hasSuffix(".ll") {
        let version = Bitcode.isMagic(start) ? version(bytes) : nil
        seen.append(version.map { "\(name) of LLVM \($0)" } ?? name)
        if let version, let major = Int(version.prefix { $0.isNumber }), major > ownMajor {
          found.append(
            Finding(
              .inputVersion, subject: path, "\(path) is bitcode of LLVM \(version), and this is LLVM \(ownMajor)",
              remedy: "write it with clang-\(ownMajor): clang-\(ownMajor) -g -c -emit-llvm …"))
          continue
        }
      } else if start.starts(with: ELF.ELFMAG) {
        guard let file = LocalFile(path), let object = ELFObject(file), object.e_type == ELF.ET_REL else { continue }
        seen.append(name)
        if object.format.architecture != "\(target.architecture)" {
          found.append(mismatch(path, object.format.architecture, target))
        }
        continue
      } else {
        continue
      }
      do throws(JITDebugError) {
        try Input(path: path).checkTriple(target)
      } catch {
        found.append(Finding(.inputTriple, subject: path, "\(path) \(error.reason)", remedy: error.remedy))
      }
    }
    guard !seen.isEmpty else { return nil }
    return Check(.inputs, "\(seen.joined(separator: ", ")) for \(target)", found)
  }

  private static func mismatch(_ path: String, _ machine: String, _ target: Triple) -> Finding {
    Finding(
      .inputTriple, subject: path, "\(path) is an object for \(machine), and is to run on \(target)",
      remedy: "compile it with --target=\(target)")
  }

  private static func version(_ bytes: FileBytes) -> String? {
    let text = withExtendedLifetime(bytes) {
      bridgeText(orc_bitcode_producer(bytes.buffer.baseAddress!, bytes.buffer.count))
    }
    return text.flatMap { $0.hasPrefix("LLVM") ? String($0.dropFirst(4)) : nil }
  }

  private static var ownMajor: Int { Int(String(cString: orc_llvm_version()).prefix { $0.isNumber }) ?? 0 }

  private static var hostTriple: String {
    var machine = utsname()
    uname(&machine)
    let name = withUnsafeBytes(of: &machine.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return "\(name)-unknown-linux-gnu"
  }
}
