// Standard input for a program whose streams are forwarded: one chunk on its way at a time, so that a program that does not
// read holds back the sender and nothing else.

import Glibc

final class InputForwarder {
  private let source: Int32?
  private var target: Target
  private var isOpen: Bool
  private let isForwarding: Bool
  private var pending: UInt64?

  init(_ source: Int32?, target: Target, isForwarding: Bool) {
    self.source = source
    self.target = target
    isOpen = isForwarding && source != nil
    self.isForwarding = isForwarding
  }

  /// What is still to be read goes to the next program.
  func goOn(to target: Target) throws(JITDebugError) {
    self.target = target
    pending = nil
    if isForwarding && source != nil && !isOpen { pending = try target.postStandardInput([]) }
  }

  /// What to poll for more input; -1 while there is nothing to wait for.
  var polled: Int32 { isOpen && pending == nil ? source! : -1 }

  /// Whether another of the terminal's jobs is the one to read: this one would be stopped for trying.
  static func belongsToAnotherJob(_ descriptor: Int32) -> Bool {
    // Negative for what is no terminal, or not this process's.
    let foreground = tcgetpgrp(descriptor)
    return foreground >= 0 && foreground != getpgrp()
  }

  /// Sends what is readable, or closes the program's input at the end.
  func forward() throws(JITDebugError) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(source!, &chunk, chunk.count)
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return }
    isOpen = count > 0
    pending = try target.postStandardInput(Array(chunk.prefix(max(count, 0))))
  }

  /// An answer arrived; if it was the pending chunk's, the next one may go.
  func answered(_ call: UInt64) throws(JITDebugError) {
    if call == pending { pending = nil }
  }
}
