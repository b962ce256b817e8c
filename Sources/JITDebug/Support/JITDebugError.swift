// The one error type of the library: what failed, why, and what the user can do about it.

/// A failure with everything needed to print one line for the cause and one for the remedy.
public struct JITDebugError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is; commands map it to an exit code.
  public enum Code: Sendable, Equatable {
    /// The inputs are at fault: a missing file, a compile error, an unresolved symbol.
    case input
    /// The executor or the connection to it failed.
    case connection
    /// The debugger could not be started or attached.
    case debugger
    /// The command line asks for something contradictory.
    case usage
    /// A signal ended the work, Ctrl-C for example; the process is to end by it.
    case interrupted(signal: Int32)
    /// Anything else in jitdebug or the system below it.
    case system
  }

  /// What kind of failure it is.
  public var code: Code
  /// The thing the error is about: a file, a symbol, an endpoint.
  public var subject: String
  /// Why it failed, in lower case, without a full stop.
  public var reason: String
  /// What the user can do, if that is known; printed as a `note:` line.
  public var remedy: String?

  /// An error of these parts.
  public init(_ code: Code, _ subject: String, _ reason: String, remedy: String? = nil) {
    self.code = code
    self.subject = subject
    self.reason = reason
    self.remedy = remedy
  }

  /// Both lines as they are printed.
  public var description: String {
    let first = subject.isEmpty ? "error: \(reason)" : "error: \(subject): \(reason)"
    return remedy.map { "\(first)\nnote: \($0)" } ?? first
  }
}
