// Tells the controller when the program is about to die of a signal, and holds it until the controller has seen enough.
//
// All of it runs in signal handlers, so nothing is called here that may not be.
#define _GNU_SOURCE
#include "Crash.h"

#include "Processes.h"
#include "Signals.h"
#include "Threads.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Stops the other threads: ignored by default.
enum { STOP = SIGURG };

// How long the controller may take unless it says that it holds the process, and how often to look, in milliseconds.
enum { LIMIT = 30000, PERIOD = 2 };

// What the controller and the handler share: it is told the address, and writes all but the last two.
static volatile struct {
  // The process goes on to its end; nothing ends the wait but that and the controller's leaving.
  uint64_t is_over, is_held;
  // To be called on the thread that crashed; 0 again once there is a result.
  uint64_t function, argument;
  uint64_t result;
  atomic_int thread;
} control;

static channel *watched;
static uint64_t tag;
static int process;

void crash_expect(channel *channel, uint64_t its_tag) {
  watched = channel;
  tag = its_tag;
}

static void watch(int number, int flags);

static void handle(int number, siginfo_t *information, void *context) {
  struct pollfd polled = {channel_socket(watched), POLLRDHUP, 0};
  int thread = syscall(SYS_gettid), first = 0;
  // A forked child has no controller, and shares its parent's memory perhaps.
  if (getpid() != process) goto end;
  atomic_compare_exchange_strong(&control.thread, &first, thread);
  // Who answers the controller is not to be stopped, though emulators may not know that it does not take the signal. Its own crash,
  // or one of what was called here, leaves no more to be seen.
  bool is_service = thread_is_service();
  if (is_service && number == STOP) return;
  if (first == thread || is_service || process_tracer()) control.is_over = 1;
  if (control.is_over) goto end;
  if (!first) {
    watch(STOP, SA_SIGINFO | SA_RESTART);
    process_signal_threads(process, thread, STOP);
  }
  const uint64_t notice[] = {thread, number, (uintptr_t)information, (uintptr_t)context, (uintptr_t)&control};
  // A thread that was writing a frame itself has to go on, or nobody else could.
  if (channel_notify(watched, tag, notice, sizeof notice / sizeof *notice)) goto end;
  for (int left = LIMIT / PERIOD; !control.is_over; left -= !control.is_held) {
    if (!first && control.function) {
      control.result = ((uint64_t(*)(uint64_t))(uintptr_t)control.function)(control.argument);
      control.function = 0;
    }
    if (!first && (poll(&polled, 1, PERIOD) > 0 || !left || process_tracer())) control.is_over = 1;
    else if (first) poll(0, 0, PERIOD);
  }
end:
  if (number == STOP) return;
  signal(number, SIG_DFL);
  // What the processor found happens again; what was sent, or lies behind the instruction, does not.
  if (information->si_code <= 0 || number == SIGTRAP || number == SIGSYS) syscall(SYS_tgkill, getpid(), thread, number);
}

static void watch(int number, int flags) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = flags};
  signal_set(&action.sa_mask, SIGNALS_OTHERS);
  sigaction(number, &action, 0);
}

void crash_watch(void) {
  static char stack[1 << 16];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  if (!watched) return;
  process = getpid();
  sigaltstack(&alternate, 0);
  for (int number = 1; number < 32; number++)
    if (SIGNALS_FATAL & SIGNAL_BIT(number)) watch(number, SA_SIGINFO | SA_ONSTACK);
}
