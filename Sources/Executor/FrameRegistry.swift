// Makes exceptions and backtraces pass through linked code: hands its `.eh_frame` sections to the process's unwinder.
import ExecutorSystem
import Wire

/// The sections that were registered. A process without an unwinder may get one later, with the first library that
/// needs it.
final class FrameRegistry {
  private let monitor = Monitor()
  private var registered: [Range<UInt64>] = []
  private var waiting: [Range<UInt64>] = []

  func register(_ section: Range<UInt64>) throws(ExecutorError) {
    if section.isEmpty { return }
    // libgcc takes only the start, and reads on until it finds the terminator.
    guard Self.isTerminated(section) else {
      throw ExecutorError(section, "is no .eh_frame section with a zero terminator")
    }
    monitor.lock()
    defer { monitor.unlock() }
    if unwinder_register(section.lowerBound, true) { registered.append(section) } else { waiting.append(section) }
  }

  func deregister(_ section: Range<UInt64>) throws(ExecutorError) {
    if section.isEmpty { return }
    monitor.lock()
    defer { monitor.unlock() }
    if let index = registered.firstIndex(of: section) {
      registered.remove(at: index)
      // libgcc aborts when it does not know the section, so only registered ones get here.
      _ = unwinder_deregister(section.lowerBound)
    } else if let index = waiting.firstIndex(of: section) {
      waiting.remove(at: index)
    } else {
      throw ExecutorError(section, "is no registered .eh_frame section")
    }
  }

  /// Call when a library has been opened: it may have brought an unwinder.
  func libraryWasOpened() {
    monitor.lock()
    defer { monitor.unlock() }
    while let section = waiting.last, unwinder_register(section.lowerBound, false) {
      waiting.removeLast()
      registered.append(section)
    }
  }

  /// Whether the records of a section, each with its length in front, end in one of length 0.
  static func isTerminated(_ section: Range<UInt64>) -> Bool {
    var position = section.lowerBound
    while section.upperBound - position >= 4 {
      var size = UInt64(load(UInt32.self, at: position))
      if size == 0 { return true }
      var header: UInt64 = 4
      if size == 0xffff_ffff {
        guard section.upperBound - position >= 12 else { return false }
        size = load(UInt64.self, at: position + 4)
        header = 12
      }
      guard size <= section.upperBound - position - header else { return false }
      position += header + size
    }
    return false
  }
}

/// Reads a value of this process's memory; the address has to be readable and need not be aligned.
func load<Value: FixedWidthInteger>(_ type: Value.Type, at address: UInt64) -> Value {
  UnsafeRawPointer(bitPattern: UInt(address))!.loadUnaligned(as: type)
}
