// Makes exceptions and backtraces pass through linked code: hands its `.eh_frame` sections to the process's unwinder.
import ExecutorSystem
import Wire

enum FrameRegistry {
  static func register(_ section: Range<UInt64>) throws(ExecutorError) {
    if !section.isEmpty && frames_register(section.lowerBound, section.upperBound) != 0 {
      throw ExecutorError(section, "is no .eh_frame section with a zero terminator")
    }
  }

  static func deregister(_ section: Range<UInt64>) throws(ExecutorError) {
    if !section.isEmpty && frames_deregister(section.lowerBound, section.upperBound) != 0 {
      throw ExecutorError(section, "is no registered .eh_frame section")
    }
  }
}
