// Sets of signals as numbers: the C library's functions for them would each take more room than all of this.
#pragma once

#include <signal.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

#define SIGNAL_BIT(number) (UINT64_C(1) << ((number)-1))

/// Those that a thread causes itself. (Their numbers are the same on all architectures.)
#define SIGNALS_FATAL                                                                                                  \
  (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGTRAP) |           \
   SIGNAL_BIT(SIGABRT) | SIGNAL_BIT(SIGSYS))

/// Those that the C library uses by itself, from 32 on: glibc two, musl three. The next is a program's first, SIGRTMIN.
#ifdef __GLIBC__
#define SIGNALS_INTERNAL (UINT64_C(3) << 31)
#else
#define SIGNALS_INTERNAL (UINT64_C(7) << 31)
#endif

/// All others.
#define SIGNALS_OTHERS (~(SIGNALS_FATAL | SIGNALS_INTERNAL))

void signal_set(sigset_t *set, uint64_t bits);

#pragma clang assume_nonnull end
