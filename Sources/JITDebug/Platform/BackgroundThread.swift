// Threads beside the one that a command runs in: for what has to go on while that waits.

import Glibc

package struct BackgroundThread: Sendable {
  private let id: pthread_t

  /// To be waited for or detached.
  package init(_ body: @escaping @Sendable () -> Void) throws(JITDebugError) {
    final class Body: Sendable {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let context = Unmanaged.passRetained(Body(body))
    var id = pthread_t()
    let status = pthread_create(
      &id, nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      throw JITDebugError(.system, "pthread_create", systemMessage(status).lowercasedFirst)
    }
    self.id = id
  }

  package func wait() { pthread_join(id, nil) }
  package func detach() { pthread_detach(id) }
}
