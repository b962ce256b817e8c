// The core file of a crash with all that debuggers need to read it, and LLDB's reading of it.

import Glibc
import SystemPackage

enum CrashFiles {
  /// Every thread's first frames.
  ///
  /// - Parameter folder: where the core file is to stay, with scripts for debuggers; nil if it is only for now.
  static func read(
    _ snapshot: CrashSnapshot, _ session: Session, _ folder: String?, limit: UInt32
  ) throws(JITDebugError) -> [CrashReport.Thread] {
    let place = folder ?? session.folder.appending("crash").string
    try StoreFiles.createDirectories(FilePath(place))
    defer { if folder == nil { _ = try? StoreFiles.removeTree(FilePath(place)) } }
    try CoreWriter.write(snapshot, to: "\(place)/core")
    var target = DebugTarget(
      sessionID: session.id, pid: Int32(truncatingIfNeeded: snapshot.pid), executorPath: snapshot.executable,
      sessionFolder: place, debugFolder: session.debugStore.root.string, stop: .anywhere)
    target.approach = .core("\(place)/core")
    target.sysroot = snapshot.sysroot
    _ = target.findSources(of: session)
    if folder != nil {
      try keep(&target, session, snapshot)
      _ = try LaunchFiles.write(for: target)
    }
    // Without LLDB's Python, which takes long to load.
    target.commandsFolder = nil
    let script = "\(place)/report.lldb"
    try writeFile(try LaunchScript.lldb(target, path: script), to: script)
    defer { unlink(script) }
    return try frames(script, limit)
  }

  /// Copies what belongs to the core file beside it, for the session's folder goes some day.
  private static func keep(_ target: inout DebugTarget, _ session: Session, _ snapshot: CrashSnapshot)
    throws(JITDebugError)
  {
    let folder = target.sessionFolder
    for generation in session.description.generations {
      guard let file = generation.debugFile, let buildID = generation.buildID else { continue }
      let copy = FilePath("\(folder)/debug/.build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug")
      try StoreFiles.createDirectories(copy.removingLastComponent())
      try copyFile(file, to: copy)
    }
    target.debugFolder = "\(folder)/debug"
    if let sysroot = snapshot.sysroot {
      let copy = "\(folder)/target"
      let from = FilePath(snapshot.executable)
      for path in [from.string] + snapshot.mappings.filter(\.isFile).map({ sysroot + SourcePath.normalized($0.name) })
      where access(path, R_OK) == 0 && path.hasPrefix(sysroot) {
        let place = FilePath(copy + path.dropFirst(sysroot.count))
        if access(place.string, F_OK) == 0 { continue }
        try StoreFiles.createDirectories(place.removingLastComponent())
        try copyFile(path, to: place)
      }
      target.sysroot = copy
      target.executorPath = copy + from.string.dropFirst(sysroot.count)
    }
  }

  private static func copyFile(_ path: String, to copy: FilePath) throws(JITDebugError) {
    let bytes = try readFile(path)
    let result = withExtendedLifetime(bytes) {
      Result { () throws(JITDebugError) in try StoreFiles.write(UnsafeRawBufferPointer(bytes.buffer), to: copy) }
    }
    try result.get()
  }

  // MARK: LLDB

  // `lldb_core_read`, as in Sources/LLDBBridge/include/CoreReader.h.
  private typealias Each =
    @convention(c) (
      UnsafeMutableRawPointer, UInt64, UInt32, UInt64, Bool, UnsafePointer<UnsafePointer<CChar>?>, UInt32, UInt32
    ) -> Void
  private typealias ReadCore =
    @convention(c) (
      UnsafePointer<CChar>, UInt32, Each, UnsafeMutableRawPointer, UnsafeMutablePointer<CChar>, Int
    ) -> Bool

  private final class Threads {
    var list: [CrashReport.Thread] = []
  }

  private static func frames(_ script: String, _ limit: UInt32) throws(JITDebugError) -> [CrashReport.Thread] {
    let read = unsafeBitCast(try LLDBLibrary.function("lldb_core_read"), to: ReadCore.self)
    var text = [CChar](repeating: 0, count: 1024)
    let threads = Threads()
    let isRead = read(
      script, limit,
      { context, thread, number, pc, isInlined, texts, line, column in
        let threads = Unmanaged<Threads>.fromOpaque(context).takeUnretainedValue()
        func text(_ index: Int) -> String? { texts[index].map { String(cString: $0) } }
        if number == 0 { threads.list.append(.init(id: thread, frames: [], isCut: false)) }
        threads.list[threads.list.count - 1].frames.append(
          CrashReport.Frame(
            number: Int(number), pc: TargetAddress(pc), isInlined: isInlined, module: text(0),
            function: text(1).map(CrashReport.Frame.shortName),
            file: text(2), line: line > 0 ? Int(line) : nil, column: column > 0 ? Int(column) : nil, arguments: text(3))
        )
      }, Unmanaged.passUnretained(threads).toOpaque(), &text, text.count)
    guard isRead else {
      let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw JITDebugError(.debugger, "LLDB", reason.split(separator: "\n").first.map(String.init) ?? "fails")
    }
    return threads.list.map { thread in
      var thread = thread
      thread.isCut = thread.frames.count == Int(limit)
      // The executor's part of the stack tells nothing.
      while thread.frames.count > 1, thread.frames.last?.isExecutors == true { thread.frames.removeLast() }
      return thread
    }
  }
}
