// What nearly every run needs, begun while its arguments are read, which takes as long.

import Glibc
import Synchronization

/// The executor of a local run, started on the guess that it will be wanted.
package enum HeadStart {
  private static let pending = Mutex<PendingExecutor?>(nil)

  /// - Parameter arguments: those of `run`, not read yet.
  package static func begin(_ arguments: [String]) {
    let others = ["--connect", "--executor", "--help", "--version", "-h"]
    guard !arguments.contains(where: { argument in others.contains { argument.hasPrefix($0) } }),
      let path = try? ExecutorBinary.find()
    else { return }
    pending.withLock { $0 = PendingExecutor(.spawn(path: path)) }
    // The first use of a part of the Swift runtime or of LLVM takes longest; by then it is over.
    try? BackgroundThread {
      _ = try? JSONText.encode(
        SessionDescription(inputs: [], arguments: [], endpoint: nil, executorPath: nil, workingDirectory: ""))
      if let object = arguments.first(where: { $0.hasSuffix(".o") }), let bytes = try? readFile(object) {
        _ = try? ObjectFile(name: object, bytes: bytes)
      }
    }.detach()
  }

  /// The executor that was started, if it is the one that is wanted.
  static func take(for location: ExecutorLocation) -> PendingExecutor? {
    let executor = pending.withLock { $0.take() }
    if executor?.location == location { return executor }
    executor?.abandon()
    return nil
  }

  /// To be called when there will be no run.
  package static func abandon() {
    pending.withLock { $0.take() }?.abandon()
  }
}
