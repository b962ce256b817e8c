// Signals of an interactive debugger, carried from their handlers to a thread that may call anything.

#pragma once

#include <functional>
#include <iterator>
#include <signal.h>
#include <thread>

/// While it lives, SIGINT, SIGWINCH, SIGTSTP, SIGHUP and SIGTERM are passed to `handle` on a thread of its own, and SIGPIPE is ignored.
/// One at a time in a process: the handlers need a global. The previous dispositions come back in the destructor.
class SignalLoop {
public:
  explicit SignalLoop(std::function<void(int)> handle);
  ~SignalLoop();
  SignalLoop(const SignalLoop &) = delete;
  SignalLoop &operator=(const SignalLoop &) = delete;

private:
  void run();

  static constexpr int kSignals[] = {SIGINT, SIGWINCH, SIGTSTP, SIGHUP, SIGTERM, SIGPIPE};
  std::function<void(int)> handle_;
  struct sigaction previous_[std::size(kSignals)];
  int readEnd_ = -1;
  std::thread thread_;
};
