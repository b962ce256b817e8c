// The report as a file: the page alone, or a bundle of it and of what somebody else needs to look into the matter.

import Glibc
import SystemPackage

package enum ReportFile {
  package enum Form: Sendable { case page, bundle }

  /// - Parameters:
  ///   - output: the file; its name says which form it has. Nil for a bundle in the working directory.
  ///   - withSources: whether the bundle has the source files that were found.
  /// - Returns: where it is, and what is not in it.
  package static func write(_ request: ReportRequest, to output: String?, withSources: Bool) throws(JITDebugError) -> (
    path: String, problems: [JITDebugError]
  ) {
    let form = try form(of: output)
    if form == .page, withSources {
      throw JITDebugError(.usage, "--sources", "has a meaning for bundles only", remedy: "use -o FILE.tar.gz")
    }
    let folder = try WorkFolder()
    let material = try request.collect()
    let path = output ?? "jitdebug-report-\(material.name).tar.gz"
    let page = ReportPage(material.content).text
    var problems = material.content.problems
    try replace(path) { (file) throws(JITDebugError) in
      switch form {
      case .page:
        var page = page
        guard page.withUTF8({ writeAll(UnsafeRawBufferPointer($0), to: file) }) else { throw cannotWrite(path) }
      case .bundle:
        let name = "jitdebug-report-\(material.name)"
        let bundle = ReportBundle(folder: FilePath(folder.path).appending(name))
        // What could not be read could not be packed either.
        problems += try bundle.fill(material, page: page, withSources: withSources)
          .filter { new in !problems.contains { $0.subject == new.subject } }
        try bundle.pack(name, in: folder.path, into: file)
      }
    }
    return (path, problems)
  }

  private static func form(of output: String?) throws(JITDebugError) -> Form {
    guard let output else { return .bundle }
    if output.hasSuffix(".html") { return .page }
    if output.hasSuffix(".tar.gz") || output.hasSuffix(".tgz") { return .bundle }
    throw JITDebugError(
      .usage, output, "a report is a .tar.gz or an .html", remedy: "name one with -o FILE.tar.gz or -o FILE.html")
  }

  /// Puts a file in the place of another of that name as a whole, or leaves that as it was.
  private static func replace(_ path: String, _ body: (Int32) throws(JITDebugError) -> Void) throws(JITDebugError) {
    let temporary = "\(path).\(getpid())"
    let (file, cleanup) = try SignalCleanup.add { () throws(JITDebugError) in
      let raw = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      guard raw >= 0 else { throw cannotWrite(path) }
      return (Descriptor(raw), { unlink(temporary) })
    }
    defer { SignalCleanup.remove(cleanup) }
    do throws(JITDebugError) {
      try body(file.raw)
      guard rename(temporary, path) == 0 else { throw cannotWrite(path) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func cannotWrite(_ path: String) -> JITDebugError {
    JITDebugError(
      .system, path, "cannot be written: \(systemMessage(errno).lowercasedFirst)", remedy: "name another place with -o")
  }
}

/// A temporary folder that goes away with its owner, or with the process if that dies of a signal.
final class WorkFolder {
  let path: String
  private let cleanup: Int

  init() throws(JITDebugError) {
    (path, cleanup) = try SignalCleanup.add { () throws(JITDebugError) in
      var template = Array("\(TemporaryFile.folder)/jitdebug-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw TemporaryFile.failure("temporary folder", errno) }
      let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return (path, { Self.remove(path) })
    }
  }

  deinit {
    Self.remove(path)
    SignalCleanup.remove(cleanup)
  }

  private static func remove(_ path: String) {
    // Again where a file has come meanwhile.
    for _ in 0..<3 where access(path, F_OK) == 0 { _ = try? StoreFiles.removeTree(FilePath(path)) }
  }
}

/// The folder that is packed.
struct ReportBundle {
  let folder: FilePath
  /// What is packed of registered objects, and of files, in bytes: a hostile process can name a lot.
  private static let objectLimit: UInt64 = 1 << 28
  private static let fileLimit: UInt64 = 1 << 31
  /// For packing, in seconds.
  private static let limit = 600.0

  /// Writes everything into the folder; the result is what could not be had.
  func fill(_ material: ReportMaterial, page: String, withSources: Bool) throws(JITDebugError) -> [JITDebugError] {
    var problems: [JITDebugError] = []
    var room = Self.fileLimit
    func attempt(_ body: () throws(JITDebugError) -> Void) {
      do throws(JITDebugError) { try body() } catch { problems.append(error) }
    }
    try add("report.html", page)
    try add("versions.txt", material.content.tools.map { "\($0.name): \($0.version ?? "not found")\n" }.joined())
    if let session = material.session { try add("session.json", try Session.json(session.description)) }
    if let crash = material.content.crash { try add("crash.json", try JSONText.encode(crash)) }
    if let report = material.content.inspection { try add("inspect.json", try report.json()) }
    if let checkup = material.content.checkup { try add("doctor.json", try checkup.json()) }
    if let sources = material.content.sources { try add("sourcemap.json", try sources.text(.json).text) }
    if !material.content.mappings.isEmpty {
      try add("maps", material.content.mappings.map(Self.line).joined())
    }
    let inspection = try? material.inspection?.get()
    if let inspection, !inspection.entries.isEmpty {
      attempt { () throws(JITDebugError) in
        _ = try inspection.dump(to: folder.appending("objects").string, limit: Self.objectLimit) { problems.append($0) }
      }
    }
    let debugFiles =
      (material.session?.description.generations.compactMap(\.debugFile) ?? [])
      + (inspection?.entries.compactMap(\.debugFile) ?? [])
    for file in Set(debugFiles).sorted() {
      // .build-id/xx/yyyy.debug, as debuggers look for it.
      let name = SourcePath.components(file).suffix(3).joined(separator: "/")
      attempt { () throws(JITDebugError) in try copy(file, "debug/\(name)", &room) }
    }
    for name in Debugger.allCases.map(\.scriptName) {
      guard let file = material.session?.folder.appending(name).string, access(file, F_OK) == 0 else { continue }
      attempt { () throws(JITDebugError) in try copy(file, "scripts/\(name)", &room) }
    }
    for script in material.generatedScripts { try add("scripts/\(script.name)", script.text) }
    if withSources {
      let own = material.session.map { Set(SourceMap($0, material.lookup).entries.compactMap(\.path)) } ?? []
      let sources = ReportedSources(
        material.content.sources?.entries ?? [], own: own,
        folders: material.lookup.roots + [SourceLookup.currentDirectory])
      if let problem = sources.problem { problems.append(problem) }
      for path in sources.paths {
        // Whatever the debug info says, nothing gets out of the folder.
        let parts = SourcePath.components(SourcePath.normalized(path)).filter { $0 != ".." }
        attempt { () throws(JITDebugError) in try copy(path, "sources/\(parts.joined(separator: "/"))", &room) }
      }
    }
    return problems
  }

  /// A line as in /proc/PID/maps, as far as its parts are known.
  private static func line(_ mapping: MemoryMapping) -> String {
    func digits(_ number: UInt64) -> String { String(number, radix: 16) }
    let range = "\(digits(mapping.range.start.rawValue))-\(digits(mapping.range.end.rawValue))"
    let name = Printable.text(mapping.path) + (mapping.isDeleted ? " (deleted)" : "")
    return "\(range) \(mapping.access)p \(digits(mapping.offset)) 00:00 \(mapping.inode) \(name)\n"
  }

  private func add(_ name: String, _ text: String) throws(JITDebugError) {
    try writeFile(text, to: try place(name).string)
  }

  /// - Parameter room: how many bytes may still be packed.
  private func copy(_ file: String, _ name: String, _ room: inout UInt64) throws(JITDebugError) {
    guard let source = LocalFile(file) else { throw JITDebugError(.input, file, "cannot be read") }
    guard source.size <= room else {
      throw JITDebugError(.input, file, "is left out of the bundle, which has \(Self.fileLimit) bytes at most")
    }
    room -= source.size
    let path = try place(name).string
    let target = Descriptor(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
    var done: UInt64 = 0
    while target.raw >= 0, done < source.size {
      let part = source.read(done, 1 << 20)
      guard !part.isEmpty, part.withUnsafeBytes({ writeAll($0, to: target.raw) }) else { break }
      done += UInt64(part.count)
    }
    guard target.raw >= 0, done >= source.size else {
      throw JITDebugError(.system, path, "cannot be written: \(systemMessage(errno).lowercasedFirst)")
    }
  }

  private func place(_ name: String) throws(JITDebugError) -> FilePath {
    let path = folder.pushing(FilePath(name))
    try SignalCleanup.unlessEnding { () throws(JITDebugError) in
      try StoreFiles.createDirectories(path.removingLastComponent())
    }
    return path
  }

  /// Packs the folder `name` in `parent` into an open file. Names alone decide the order, and whose files they are is nobody's
  /// business.
  func pack(_ name: String, in parent: String, into file: Int32) throws(JITDebugError) {
    var options = ChildProcess.Options()
    options.descriptors = [(1, file)]
    options.ownProcessGroup = true
    let tar = try ChildProcess(
      "tar",
      [
        "--create", "--gzip", "--file=-", "--directory=\(parent)", "--sort=name", "--owner=root:0", "--group=root:0",
        "--mode=u=rwX,go=rX", name,
      ], options)
    let ending = tar.waitForGroup(killAfter: Self.limit)
    guard ending == .exited(0) else {
      throw JITDebugError(.system, "tar", ending.description, remedy: "see its message above; is there enough room?")
    }
  }
}
