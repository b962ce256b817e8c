// Copies of the target's executor and libraries in a session's folder, laid out like the target's file system, for debuggers
// to read: what this machine has under the same path may be something else.

import Glibc
import SystemPackage

package struct TargetFiles {
  /// The program that the process runs, on this machine.
  package let executable: String

  /// Copies what is not here yet. A file that is the same here, by build-id, is linked to instead.
  ///
  /// - Parameters:
  ///   - root: the folder here that stands for the target's `/`.
  ///   - pid: as the target numbers it.
  ///   - code: an address in the session's code, by which its process is known.
  ///   - warn: told of libraries that could not be had; debuggers work without their symbols.
  package init(
    of pid: Int32, holding code: TargetAddress?, at location: ExecutorLocation, into root: String,
    warn: (JITDebugError) -> Void
  ) throws(JITDebugError) {
    let target = Target(try ExecutorHandle(location).connection)
    defer { target.connection.disconnect() }
    if let code {
      let byte = try? target.readFile("/proc/\(pid)/mem", offset: code.rawValue, size: 1)
      guard byte?.count == 1 else {
        throw JITDebugError(
          .debugger, "process \(pid) at \(location.description)", "is not this session's, or has ended",
          remedy: "name the session with --session, and its own executor with --connect; see `jitdebug sessions`")
      }
    }
    try self.init(of: target, process: "\(pid)", into: root, warn: warn)
  }

  /// Copies what is not here yet.
  ///
  /// - Parameter process: as /proc of the target calls it.
  init(
    of target: Target, process: String, into root: String, warn: (JITDebugError) -> Void
  ) throws(JITDebugError) {
    let program = "/proc/\(process)/exe"
    let head = try target.readFile(program, offset: 0, size: Self.headSize)
    executable = try Self.take(
      program, head, to: "\(root)/jitdebug-executor", same: (try? ExecutorBinary.find()).map { [$0] } ?? [], target)
    var names: [String] = []
    do throws(JITDebugError) {
      names = try LoadedLibraries(target: target, process: process).names(executable: head)
    } catch {
      warn(error)
    }
    let architecture = target.connection.setup.triple.prefix { $0 != "-" }
    for name in names {
      do throws(JITDebugError) {
        let head = try target.readFile(name, offset: 0, size: Self.headSize)
        // Debian's packages for cross-compiling have the libraries of other architectures, and what GDB knows of them.
        let same = [name, "/usr/\(architecture)-linux-gnu\(name)"]
        _ = try Self.take(name, head, to: root + SourcePath.normalized(name), same: same, target)
      } catch {
        warn(error)
      }
    }
  }

  /// Holds an ELF file's headers and, with every linker known, its build-id.
  private static let headSize: UInt64 = 1 << 16

  /// Makes the target's file `path`, of which the beginning is known, available under `copy`; `same` are files here of which one
  /// may be the same.
  private static func take(_ path: String, _ head: [UInt8], to copy: String, same: [String], _ target: Target)
    throws(JITDebugError) -> String
  {
    guard let headers = ProgramHeaders(head) else {
      throw JITDebugError(.connection, path, "is no ELF file on the target")
    }
    if let buildID = headers.buildID {
      if localBuildID(copy) == buildID { return copy }
      if let same = same.first(where: { localBuildID($0) == buildID }) {
        try StoreFiles.createDirectories(FilePath(copy).removingLastComponent())
        unlink(copy)
        guard symlink(same, copy) == 0 else { throw StoreFiles.failure(FilePath(copy), "cannot be made", errno) }
        return copy
      }
    }
    let content = try target.readFile(path)
    try StoreFiles.createDirectories(FilePath(copy).removingLastComponent())
    unlink(copy)
    let result = content.withUnsafeBytes { bytes in
      Result { () throws(JITDebugError) in try StoreFiles.write(bytes, to: FilePath(copy)) }
    }
    try result.get()
    return copy
  }

  private static func localBuildID(_ path: String) -> [UInt8]? {
    // The target has named it: it may be anything here.
    let descriptor = Descriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    var info = stat()
    guard fstat(descriptor.raw, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
    let head = [UInt8](unsafeUninitializedCapacity: Int(headSize)) { buffer, count in
      count = max(0, read(descriptor.raw, buffer.baseAddress!, buffer.count))
    }
    return ProgramHeaders(head)?.buildID
  }
}
