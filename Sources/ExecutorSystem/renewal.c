// Beginning anew: exec takes away a program's memory and threads, and this the rest.
#define _GNU_SOURCE
#include "Renewal.h"

#include "Processes.h"
#include "StandardStreams.h"
#include "Threads.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "SystemCalls.h"

extern char **environ;

// What programs change and the next one is to find as it was: as descriptors, and what became of the signals by which users end
// programs.
static int folder, streams[3];
static void (*dispositions[SIGQUIT + 1])(int);
static channel *informed;
static uint64_t tag;
static int process;

void renewal_expect(void) { folder = descriptor_move_up(open(".", O_PATH | O_CLOEXEC)); }

#ifdef __GLIBC__
static void announce(int status, void *unused) {
  (void)unused;
  // A forked child's end is its own.
  if (getpid() != process) return;
  // As at any exit: another thread may hold the lock of a stream for ever, such as one that waits for input.
  fcloseall();
  const uint64_t word = (uint8_t)status;
  if (channel_notify(informed, tag, &word, 1)) return;
  // For the restart, or until nobody is there who could ask for it: the controller of a session that it left running.
  struct pollfd controller = {.fd = channel_socket(informed), .events = POLLRDHUP};
  while (poll(&controller, 1, -1) < 0) continue;
}
#endif

// A signal for which no debugger stops. Threads that are let go on while it is pending take it first.
enum { WAKE = SIGPROF };
// How long threads wait at most, in milliseconds: the reader may need what one of them has.
enum { LIMIT = 1000 };

static char **volatile command;

// Makes the main thread the next program once the reader has said so, and all threads wait as long as that may be.
static void wake(int number) {
  (void)number;
  int error = errno;
  if (thread_is_service()) return;
  if (command && syscall(SYS_gettid) == process) {
    // LLDB's server stops all threads for a signal, and gives up if one of them is gone before it has let it go on.
    if (process_tracer()) poll(0, 0, 100);
    // What comes late would end the next program.
    signal(WAKE, SIG_IGN);
    process_become_program(*command, command, -1);
  }
  for (int left = LIMIT; left && channel_is_being_read(informed); left--) poll(0, 0, 1);
  errno = error;
}

// The signal is not blocked meanwhile: a thread that waits takes the reader's.
static void watch(void) { sigaction(WAKE, &(struct sigaction){.sa_handler = wake, .sa_flags = SA_NODEFER | SA_RESTART}, 0); }

bool renewal_arrived(channel *channel, int process, uint64_t its_tag) {
  if (!channel_take_arrival(channel)) return false;
  if (!process_is_held(process, WAKE)) return true;
  process_signal_threads(process, 0, WAKE);
  channel_notify(channel, its_tag, &its_tag, 0);
  return false;
}

void renewal_begin(channel *channel, uint64_t its_tag, uint64_t restart) {
  for (int i = 0; i < 3; i++) streams[i] = fcntl(i, F_DUPFD_CLOEXEC, 64);
  for (int number = SIGHUP; number <= SIGQUIT; number++)
    signal(number, dispositions[number] = signal(number, SIG_IGN));
  tag = its_tag;
  process = getpid();
  informed = channel;
  watch();
  channel_announce(channel, restart);
#ifdef __GLIBC__
  on_exit(announce, 0);
#endif
}

void renewal_become_program(char **words) {
  if (!informed) return;
  char **first = words;
  for (int i = 0; i < 3; i++) dup2(streams[i], i);
  syscall(SYS_fchdir, folder);
  while (*words && **words) words++;
  if (*words) {
    *words = 0;
    environ = words + 1;
  }
  // What arrives now, or was kept waiting, is the old program's, and would end the new one before that could ignore it.
  for (int number = SIGHUP; number < 65; number++)
    if (number != WAKE) signal(number, number <= SIGQUIT ? dispositions[number] : SIG_IGN);
  watch();
  command = first;
  syscall(SYS_tgkill, process, process, WAKE);
  // The main thread may have ended, or keep the signal waiting. Debuggers take their time, and one is not to be lost by haste.
  poll(0, 0, process_tracer() ? 20000 : 200);
}

void renewal_clean_up(void) {
  process_signal_children(SIGKILL);
  while (waitpid(-1, 0, 0) > 0) continue;
  static const struct itimerval off;
  for (int timer = ITIMER_REAL; timer <= ITIMER_PROF; timer++) syscall(SYS_setitimer, timer, &off, 0);
  // All but those by which users end programs, which are as they were at first, and the one that is ignored until renewal_begin.
  for (int number = SIGILL; number < 65; number++)
    if (number != WAKE) signal(number, SIG_DFL);
}
