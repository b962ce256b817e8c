// The first signal of a program's own, sent to the process while it is blocked, waits for whoever asks for it.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 31});
  struct timespec pause = {0, 20000000};
  nanosleep(&pause, NULL);
  siginfo_t info;
  struct timespec limit = {5, 0};
  if (sigtimedwait(&set, &info, &limit) < 0) return 1;
  printf("signal %d: %d\n", info.si_signo - SIGRTMIN, info.si_value.sival_int);
  return 0;
}
