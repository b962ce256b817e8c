// Objects that were compiled before, found again by everything that they were made of.

import Glibc
import SystemPackage

/// Like ccache's direct mode: the compiler, its arguments, the working directory and the source name an entry, which holds as long
/// as all headers that were read have the contents they had. Whatever is wrong with it, the outcome is a compilation.
package struct CompileCache: Sendable {
  private let folder: CacheFolder

  /// - Parameter limit: in bytes of disk.
  package init(folder: FilePath, limit: Int = 256 << 20) {
    self.folder = CacheFolder(path: folder, limit: limit)
  }

  /// The user's own, $XDG_CACHE_HOME/jitdebug/objects; nil if there is no place for it, or JITDEBUG_NO_CACHE is set.
  package init?() {
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    guard variable("JITDEBUG_NO_CACHE") ?? "" == "",
      let path = CacheFolder.path(cacheHome: variable("XDG_CACHE_HOME"), home: variable("HOME"))
    else { return nil }
    self.init(folder: path)
  }

  enum Answer {
    /// The object has been written; this is what the compiler said.
    case found(messages: [UInt8])
    case missing(Ticket)
    /// Not to be kept either.
    case uncacheable
  }

  /// For storing what is being compiled.
  struct Ticket {
    fileprivate let request: CompileRequest
    fileprivate let name: String
    fileprivate let sourceHash: [UInt8]
    /// What is not older than this may not be what the compiler read.
    fileprivate let began: timespec
  }

  /// Looks for an object, and writes it to `output` with its list of dependencies.
  func find(_ request: CompileRequest, output: String) -> Answer {
    var began = timespec()
    // The clock that file systems use.
    clock_gettime(CLOCK_REALTIME_COARSE, &began)
    guard let (name, hash) = request.entry() else { return .uncacheable }
    let ticket = Ticket(request: request, name: name, sourceHash: hash, began: began)
    guard let entry = folder.read(name).flatMap(CachedObject.init), entry.isCurrent,
      Self.write(entry.object, to: output),
      entry.dependencies.isEmpty || Self.write(entry.dependencies, to: Dependencies.path(forObject: output))
    else { return .missing(ticket) }
    folder.touch(name)
    return .found(messages: entry.messages)
  }

  private static func write(_ bytes: [UInt8], to path: String) -> Bool {
    (try? bytes.withUnsafeBytes { try StoreFiles.write($0, to: FilePath(path)) }) != nil
  }

  /// Keeps an object that was compiled without failure, unless what it depends on has changed meanwhile or is not all known.
  func store(_ ticket: Ticket, output: String, messages: [UInt8]) {
    let request = ticket.request
    var entry = CachedObject()
    entry.messages = messages
    var names: Set<String> = []
    var paths = [request.source]
    if request.searchArguments != nil {
      guard let read = Dependencies.read(forObject: output),
        read.first == HeaderSearch.recorded(request.source),
        let rule = try? readFile(Dependencies.path(forObject: output))
      else { return }
      paths = read
      entry.dependencies = Array(rule.buffer)
    }
    for path in paths {
      guard Self.isOlder(path, than: ticket.began), let file = try? readFile(path),
        !TextScan.isUncacheable(file.buffer)
      else { return }
      if request.searchArguments != nil {
        guard let asked = TextScan.askedNames(file.buffer) else { return }
        names.formUnion(asked)
      }
      entry.files.append((path, BuildID.hash(file.buffer)))
    }
    guard entry.files[0].hash == ticket.sourceHash, let object = try? readFile(output) else { return }
    if request.searchArguments != nil {
      guard let search = headerSearch(request) else { return }
      (entry.absent, entry.present) = search.conditions(files: paths, asked: names)
    }
    entry.object = Array(object.buffer)
    folder.write(entry.bytes, to: ticket.name)
  }

  /// Whether a file was neither written nor put there since that moment.
  private static func isOlder(_ path: String, than moment: timespec) -> Bool {
    var info = stat()
    guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return false }
    return [info.st_mtim, info.st_ctim].allSatisfy { ($0.tv_sec, $0.tv_nsec) < (moment.tv_sec, moment.tv_nsec) }
  }

  /// Where the compiler looks for headers. It is asked once for all compilations with the same folders among their arguments.
  private func headerSearch(_ request: CompileRequest) -> HeaderSearch? {
    guard let name = request.searchEntry(), let arguments = request.searchArguments else { return nil }
    if let known = folder.read(name).flatMap({ HeaderSearch($0) }),
      known.missing.allSatisfy({ access($0, F_OK) != 0 })
    {
      folder.touch(name)
      return known
    }
    guard let search = HeaderSearch.ask(request.compiler, arguments) else { return nil }
    folder.write(search.bytes, to: name)
    return search
  }
}
