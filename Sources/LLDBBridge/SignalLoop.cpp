// The pipe and the thread behind SignalLoop.

#include "SignalLoop.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace {
std::atomic<int> gWriteEnd{-1};

/// Tells the thread to end; no signal has this number.
constexpr unsigned char kEnd = 0;

void post(int signal) {
  int saved = errno;
  unsigned char byte = static_cast<unsigned char>(signal);
  // A full pipe means that many signals are waiting already: dropping one loses nothing.
  [[maybe_unused]] ssize_t written = write(gWriteEnd.load(), &byte, 1);
  errno = saved;
}
} // namespace

SignalLoop::SignalLoop(std::function<void(int)> handle) : handle_(std::move(handle)) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return;
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  readEnd_ = ends[0];
  gWriteEnd = ends[1];

  // The thread itself takes no signals, so that the ones aimed at the process interrupt nothing it does.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &old, nullptr);

  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction action = {};
    action.sa_handler = kSignals[i] == SIGPIPE ? SIG_IGN : post;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(kSignals[i], &action, &previous_[i]);
  }
}

SignalLoop::~SignalLoop() {
  if (readEnd_ < 0)
    return;
  for (size_t i = 0; i < std::size(kSignals); ++i)
    sigaction(kSignals[i], &previous_[i], nullptr);
  post(kEnd);
  thread_.join();
  close(gWriteEnd.exchange(-1));
  close(readEnd_);
}

void SignalLoop::run() {
  unsigned char signal;
  for (;;) {
    ssize_t count = read(readEnd_, &signal, 1);
    if (count < 0 && errno == EINTR)
      continue;
    if (count != 1 || signal == kEnd)
      return;
    handle_(signal);
  }
}
