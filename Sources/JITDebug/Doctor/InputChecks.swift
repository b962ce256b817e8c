// Whether the inputs of a run fit: LLVM IR and objects, by the machine they are for and the LLVM that wrote them.

import Glibc
import OrcBridge

enum InputChecks {
  /// How many files are looked at, and for how long, in seconds: another process's arguments may name anything.
  private static let limit = (count: 500, time: 10.0)
  /// Of textual IR, which names its target at the beginning, in bytes.
  private static let headSize = 1 << 16

  /// - Parameters:
  ///   - paths: whatever files there are; those that are neither IR nor objects are passed over.
  ///   - triple: of the machine that is to run them; nil for this one.
  static func check(_ paths: [String], for triple: String?) -> Check? {
    let target = Triple(triple ?? hostTriple)
    var seen: [String] = []
    var found: [Finding] = []
    let worker = DebugInfoWorker(limit: 5)
    let deadline = Deadline(secondsFromNow: limit.time)
    for path in paths.prefix(limit.count) where deadline.milliseconds > 0 {
      // A pipe or a terminal would keep us waiting.
      guard let file = LocalFile(path) else { continue }
      let start = file.read(0, 16)
      let name = SourcePath.name(path)
      var triple: String?
      if Bitcode.isMagic(start) || path.hasSuffix(".ll") {
        var version: String?
        if Bitcode.isMagic(start) {
          // LLVM may trip over damaged bitcode.
          let answer = try? worker.ask(DebugInfoRequest(path: path, isBitcode: true))
          version = answer?.producer.flatMap { $0.hasPrefix("LLVM") ? String($0.dropFirst(4)) : nil }
          triple = answer?.triple?.oneLine
        } else {
          triple = Input.triple(inText: String(decoding: file.read(0, headSize), as: UTF8.self))
        }
        seen.append(version.map { "\(name) of LLVM \($0)" } ?? name)
        if let version, let major = Int(version.prefix { $0.isNumber }), major > ownMajor {
          found.append(
            Finding(
              .inputVersion, subject: path, "\(path) is bitcode of LLVM \(version), and this is LLVM \(ownMajor)",
              remedy: "write it with clang-\(ownMajor): clang-\(ownMajor) -g -c -emit-llvm …"))
          continue
        }
      } else if start.starts(with: ELF.ELFMAG) {
        guard let object = ELFObject(file), object.e_type == ELF.ET_REL else { continue }
        seen.append(name)
        if object.format.architecture != "\(target.architecture)" {
          found.append(mismatch(path, object.format.architecture, target))
        }
        continue
      } else {
        continue
      }
      guard let triple, !triple.isEmpty else { continue }
      do throws(JITDebugError) {
        try Input.check(triple, of: path, for: target)
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

  private static var ownMajor: Int { Int(String(cString: orc_llvm_version()).prefix { $0.isNumber }) ?? 0 }

  private static var hostTriple: String {
    var machine = utsname()
    uname(&machine)
    let name = withUnsafeBytes(of: &machine.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return "\(name)-unknown-linux-gnu"
  }
}
