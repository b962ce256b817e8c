// Something that must happen once, whoever comes first.

import Synchronization

final class Reaped: Sendable {
  private let done = Mutex(false)
  func once(_ body: () -> Void) {
    done.withLock { done in
      if !done { body() }
      done = true
    }
  }
}
