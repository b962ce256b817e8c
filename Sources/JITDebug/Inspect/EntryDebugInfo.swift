// What an entry's debug info says, in its object or in the debug file that its build-id leads to, and what is wrong with it.

import FoundationEssentials
import Glibc
import SystemPackage

/// Where debug files are looked for.
package struct DebugFiles: Sendable {
  /// Folders that hold `.build-id`.
  package var folders: [String]

  /// Those of all sessions of this user, the given one's first, and the system's.
  package init(session: Session?) {
    let store = try? SessionStore()
    let names = store.flatMap { try? StoreFiles.names(in: $0.root) } ?? []
    let sessions = store.map { store in names.map { store.root.appending($0).appending("debug").string } } ?? []
    folders = (session.map { [$0.debugStore.root.string] } ?? []) + sessions.reversed() + ["/usr/lib/debug"]
  }

  package init(folders: [String]) { self.folders = folders }

  func path(_ buildID: [UInt8]) -> String? {
    guard buildID.count > 1 else { return nil }
    return folders.lazy.map { DebugStore(root: FilePath($0)).path(buildID: buildID).string }.first {
      access($0, F_OK) == 0
    }
  }
}

extension EntryObject {
  /// The debug info to read: of the object itself, or of the file it leads to.
  enum DebugInfoPlace: Equatable {
    case none
    case object
    case file(String)
  }

  /// Where the debug info is, with what is wrong about that.
  func debugInfo(_ files: DebugFiles, subject: String) -> (DebugInfoPlace, [Finding]) {
    if hasDebugInfo { return (.object, []) }
    guard let elf, let buildID else { return (.none, []) }
    let id = BuildID.hex(buildID)
    guard let path = files.path(buildID) else {
      guard kind == .stub else { return (.none, []) }
      return (
        .none,
        [
          Finding(
            .debugFileMissing, subject: subject, "no debug file for build-id \(id) in \(files.folders.count) folders")
        ]
      )
    }
    func wrong(_ reason: String) -> (DebugInfoPlace, [Finding]) {
      (.none, [Finding(.debugFileWrong, subject: subject, "\(path) \(reason)")])
    }
    guard let file = LocalFile(path), let debug = ELFObject(file) else { return wrong("is no ELF file") }
    if let damage = debug.damage.first { return wrong("is damaged: \(damage)") }
    guard debug.buildID == buildID else { return wrong("has not the build-id \(id)") }
    let places = [elf, debug].map { $0.section(named: ".text")?.sh_addr }
    guard places[0] == places[1] else {
      return wrong("has its code at \(hex(places[1] ?? 0)) instead of \(hex(places[0] ?? 0))")
    }
    return (.file(path), [])
  }

  /// Beyond this, failing to read debug info in time says nothing against it; in bytes.
  private static let demandingSize: UInt64 = 1 << 24

  /// The largest table of frames that is read, in bytes.
  private static let frameLimit: UInt64 = 1 << 23

  /// Reads the debug info in another process, and says what is wrong with it.
  func examine(
    _ place: DebugInfoPlace, _ entry: JITEntry, _ memory: any ProcessMemory, _ worker: DebugInfoWorker, subject: String
  ) -> (DebugInfoAnswer?, [Finding]) {
    var found: [Finding] = []
    func note(_ kind: FindingKind, _ evidence: String) {
      found.append(Finding(kind, subject: subject, evidence))
    }
    // Without its debug file, a stub has nothing to read.
    guard elf != nil, kind != .stub || place != .none else { return (nil, []) }
    var request = DebugInfoRequest(verifies: true)
    request.unwinding = functions.lazy.filter { $0.range.size > 0 }.prefix(1000).map(\.range.start.rawValue)
    // In memory it is relocated; in the object, it is so with some producers only.
    if let frames = elf?.section(named: ".eh_frame"), frames.isPlaced, frames.sh_addr != 0,
      frames.sh_size <= Self.frameLimit
    {
      let bytes = memory.read(frames.range.start, Int(frames.sh_size))
      request.frames = DebugInfoRequest.Frames(address: frames.sh_addr, bytes: Data(bytes))
    }
    var bytes: [UInt8] = []
    var size = entry.size
    if case .file(let path) = place {
      request.path = path
      size = LocalFile(path)?.size ?? 0
    } else {
      guard entry.size <= Self.sizeLimit else { return (nil, []) }
      bytes = memory.read(entry.object, Int(entry.size))
    }
    let answer: DebugInfoAnswer
    do {
      answer = try worker.ask(request, bytes)
    } catch {
      let reason =
        switch error {
        case DebugInfoWorker.Failure.timeout: "took more than \(Int(worker.limit)) seconds"
        case DebugInfoWorker.Failure.ended(let how): "failed: the process that did it \(how)"
        default: "failed: \(error)"
        }
      note(size > Self.demandingSize ? .entryUnexamined : .dwarfUnreadable, "reading it \(reason)")
      return (nil, found)
    }
    if let failure = answer.failure { note(.objectDamaged, "LLVM cannot read it: \(failure)") }
    if place == .none, kind == .elf { note(.debugInfoMissing, "it has no .debug_info") }
    if place != .none, answer.units == 0, answer.failure == nil {
      note(.dwarfUnreadable, "its .debug_info has no readable unit")
    }
    if answer.functions > 0, answer.functionsInside * 2 < answer.functions, !loaded.isEmpty {
      note(
        .dwarfNotRelocated,
        "\(answer.functions - answer.functionsInside) of \(answer.functions) functions in DWARF lie outside the object's code"
      )
    }
    if answer.errors > 0 {
      let first = answer.errorText.split(separator: "\n").first { $0.contains("error: ") } ?? ""
      note(.dwarfInvalid, "\(answer.errors) errors, the first of them: \(first)")
    }
    if !request.unwinding.isEmpty, answer.unwound < request.unwinding.count, answer.failure == nil {
      let missing = request.unwinding.count - answer.unwound
      note(.unwindMissing, "\(missing) of \(request.unwinding.count) functions have none")
    }
    return (answer, found)
  }
}
