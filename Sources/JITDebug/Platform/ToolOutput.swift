// What another program prints when it is asked something, without being kept waiting by it or by what it leaves behind.

import Glibc

enum ToolOutput {
  /// More than this, in bytes, is nobody's answer.
  private static let sizeLimit = 1 << 20

  /// What the program prints; nil if it is not there, does not end within `limit` seconds, prints too much, or dies of
  /// a signal.
  ///
  /// It is a process group of its own, which is ended with it.
  ///
  /// - Parameters:
  ///   - program: a path, or a name to look up in PATH.
  ///   - withErrors: whether what it prints on standard error counts as well.
  static func of(_ program: String, _ arguments: [String], withErrors: Bool = false, limit: Double) -> (
    text: String, status: Int32
  )? {
    // A pipe could be kept open by something that the program leaves behind.
    guard let file = try? TemporaryFile() else { return nil }
    let nothing = Descriptor(open("/dev/null", O_RDWR | O_CLOEXEC))
    var options = ChildProcess.Options()
    let errors = withErrors ? file.descriptor : nothing
    options.descriptors = [(0, nothing.raw), (1, file.descriptor.raw), (2, errors.raw)]
    options.ownProcessGroup = true
    guard let child = try? ChildProcess(program, arguments, options),
      case .exited(let status) = child.waitForGroup(killAfter: limit, orWhen: { file.size > sizeLimit })
    else { return nil }
    return (file.text, status)
  }
}

/// A file without a name, gone with its owner.
struct TemporaryFile {
  let descriptor: Descriptor

  init() throws(JITDebugError) {
    var path = Array("\(Self.folder)/jitdebug-XXXXXX".utf8CString)
    let raw = mkstemp(&path)
    guard raw >= 0 else { throw Self.failure("temporary file", errno) }
    _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
    unlink(path)
    descriptor = Descriptor(raw)
  }

  /// For programs that are handed paths; its descriptor must be theirs as well.
  var path: String { "/proc/self/fd/\(descriptor.raw)" }

  /// In bytes.
  var size: Int {
    var information = stat()
    return fstat(descriptor.raw, &information) == 0 ? Int(information.st_size) : 0
  }

  func write(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor.raw) }
  }

  /// All that was written to it.
  var text: String { String(decoding: readAt(descriptor.raw, 0, size), as: UTF8.self) }

  /// Where temporary files go: TMPDIR, if that is an absolute path.
  static var folder: String {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return base.hasPrefix("/") ? base : "/tmp"
  }

  static func failure(_ subject: String, _ number: Int32) -> JITDebugError {
    JITDebugError(
      .system, subject, "cannot be created: \(systemMessage(number).lowercasedFirst)",
      remedy: "set TMPDIR to a directory of your own")
  }
}
