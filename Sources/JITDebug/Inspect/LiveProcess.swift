// A running process of this machine, read by way of /proc while it goes on.

import Glibc

package final class LiveProcess: ProcessMemory {
  package let pid: Int32
  package let mappings: [MemoryMapping]
  package let omissions: [String]
  package let auxiliaryVector: [UInt8]
  private let memory: Descriptor

  package var subject: String { "process \(pid)" }

  /// Throws if there is no such process or this user may not look into it.
  package init(pid: Int32) throws(JITDebugError) {
    self.pid = pid
    guard pid > 0, ProcessFacts.isRunning(pid) else {
      throw JITDebugError(
        .input, "process \(pid)", "does not exist, or has ended", remedy: "see `jitdebug sessions`, or `ps`")
    }
    let raw = open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    guard raw >= 0 else {
      throw JITDebugError(
        .system, "process \(pid)", "its memory cannot be read: \(systemMessage(errno).lowercasedFirst)",
        remedy: TraceCheck.permissionRemedy)
    }
    memory = Descriptor(raw)
    func content(_ name: String, limit: Int) -> [UInt8] {
      let file = Descriptor(open("/proc/\(pid)/\(name)", O_RDONLY | O_CLOEXEC))
      return file.raw < 0 ? [] : readAll(file.raw, limit: limit)
    }
    (mappings, omissions) = MappingText.parse(content("maps", limit: MappingText.sizeLimit))
    auxiliaryVector = content("auxv", limit: 1 << 16)
    guard !mappings.isEmpty else {
      throw JITDebugError(
        .input, "process \(pid)", "has no memory: it has ended, or is one of the kernel's own",
        remedy: "name a process that runs")
    }
  }

  package func read(_ address: TargetAddress, _ count: Int) -> [UInt8] { readAt(memory.raw, address.rawValue, count) }

  /// In turn: where the process sees the file, which may be another root than ours; by its mapping, even if it was removed;
  /// and the program, which the kernel hands out to everybody who may look into the process.
  package func file(of mapping: MemoryMapping) -> (any ByteSource)? {
    let range = String(mapping.range.start.rawValue, radix: 16) + "-" + String(mapping.range.end.rawValue, radix: 16)
    for path in ["/proc/\(pid)/root\(mapping.path)", "/proc/\(pid)/map_files/\(range)", "/proc/\(pid)/exe"] {
      // Some file systems give their files other device numbers in maps than stat does, but not other inodes.
      if let file = LocalFile(path), file.inode == mapping.inode { return file }
    }
    return nil
  }
}
