// Signals as something to poll: while a program runs remotely, Ctrl-C is meant for it.

import Glibc

/// The writing end of the pipe that the handler reports to; a handler can reach nothing but globals.
nonisolated(unsafe) private var signalPipe: Int32 = -1

private let watchedSignals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

/// Turns the terminating signals of this process into readable records as long as it lives. One at a time.
/// (Nothing of it changes once it is made.)
package final class SignalWatch: @unchecked Sendable {
  package let descriptor: Descriptor
  private let writer: Descriptor
  private var previous: [sigaction] = []

  /// - Parameter keepsIgnored: whether what was ignored when this process was started (nohup, background jobs) stays so.
  package init(keepsIgnored: Bool = false) {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    descriptor = Descriptor(ends[0])
    writer = Descriptor(ends[1])
    signalPipe = ends[1]
    for signal in watchedSignals {
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = { number, info, _ in
        let saved = errno
        // SI_KERNEL: the terminal sent it to its whole foreground group.
        var record = (UInt8(truncatingIfNeeded: number), UInt8(info?.pointee.si_code == 0x80 ? 1 : 0))
        _ = write(signalPipe, &record, 2)
        errno = saved
      }
      action.sa_flags = Int32(SA_SIGINFO) | Int32(SA_RESTART)
      var old = sigaction()
      sigaction(signal, &action, &old)
      previous.append(old)
      if keepsIgnored, unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1 {
        sigaction(signal, &old, nil)
      }
    }
  }

  package struct Delivery {
    package var number: Int32
    /// The terminal sent it to its whole foreground group, not somebody to this process alone.
    package var isFromTerminal: Bool
  }

  /// The next signal that has arrived, if any.
  package func next() -> Delivery? {
    var record: (UInt8, UInt8) = (0, 0)
    guard read(descriptor.raw, &record, 2) == 2 else { return nil }
    return Delivery(number: Int32(record.0), isFromTerminal: record.1 == 1)
  }

  /// The next signal as a reason to stop.
  package var interruption: Interruption {
    Interruption(descriptor: descriptor) { self.next()?.number }
  }

  deinit {
    for (signal, action) in zip(watchedSignals, previous) {
      var action = action
      sigaction(signal, &action, nil)
    }
    signalPipe = -1
  }
}
