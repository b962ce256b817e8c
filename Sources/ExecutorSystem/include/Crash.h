// What becomes of a program that dies of a signal: the controller is told first, and looks at it.
#pragma once

#include "Channel.h"

#pragma clang assume_nonnull begin

/// The controller wants to be told, by a CallWrapper frame with this tag, whose payload is six 64-bit words: the thread, the
/// signal (SIGURG: another thread that was stopped for it), the addresses of the siginfo_t, of the ucontext_t, and of
/// five words that it may write: 1 to let the process go on to its end; 1 to hold it without limit; a function to be called
/// on the thread that crashed, 0 again once that has returned; its argument; its result. The sixth is pthread_self.
void crash_expect(channel *channel, uint64_t tag);

/// Call on the program's main thread, before the program. Does nothing if the controller did not ask for it.
void crash_watch(void);

#pragma clang assume_nonnull end
