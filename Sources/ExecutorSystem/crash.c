// Tells the controller when the program is about to die of a signal, and holds it until the controller has seen enough.
//
// All of it runs in signal handlers, so nothing is called here that may not be.
#define _GNU_SOURCE
#include "Crash.h"

#include "Processes.h"
#include "Signals.h"
#include "Threads.h"

#include <errno.h>
#include <link.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include "SystemCalls.h"

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

// How often the other threads are looked at as long as one of them may hold a lock, which then goes on; it does so for ever rather
// than being stopped with it.
static int looks_left = 5000;
static atomic_bool is_any_at_work;

// The executor's own code and the C library's: the threads that serve the controller need their locks, such as the allocator's.
extern const char __executable_start[], etext[];
static struct {
  uintptr_t start, size;
} library;

static int find_library(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const uintptr_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
    if ((uintptr_t)malloc - start >= object->dlpi_phdr[i].p_memsz) continue;
    library.start = start;
    library.size = object->dlpi_phdr[i].p_memsz;
  }
  return 0;
}

#if defined(__x86_64__)
#define COUNTER gregs[REG_RIP]
#define RESULT gregs[REG_RAX]
#define SECOND gregs[REG_RSI]
static const uint16_t system_call = 0x050f;
#elif defined(__aarch64__)
#define COUNTER pc
#define RESULT regs[0]
#define SECOND regs[1]
static const uint32_t system_call = 0xd4000001;
#elif defined(__riscv)
#define COUNTER __gregs[REG_PC]
#define RESULT __gregs[REG_A0]
#define SECOND __gregs[REG_A0 + 1]
static const uint32_t system_call = 0x73;
#else
#error "crash.c is not written for this architecture"
#endif

// Whether the interrupted thread may hold such a lock. One that waits in the system does not, whose call was interrupted or is about
// to begin again, nor does one that has just waked another: that comes after a lock's release.
static bool may_hold_lock(const ucontext_t *context) {
  const mcontext_t *state = &context->uc_mcontext;
  const char *next = (const char *)state->COUNTER;
  if ((uintptr_t)next - library.start >= library.size && (next < __executable_start || next >= etext)) return false;
  if (!memcmp(next, &system_call, sizeof system_call)) return false;
  if (memcmp(next - sizeof system_call, &system_call, sizeof system_call)) return true;
  return (int)state->RESULT != -EINTR && (state->SECOND & ~FUTEX_PRIVATE_FLAG) != FUTEX_WAKE;
}

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
  if (number == STOP && may_hold_lock(context)) {
    is_any_at_work = true;
    return;
  }
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
    if (first) {
      poll(0, 0, PERIOD);
    } else if (looks_left && atomic_exchange(&is_any_at_work, false)) {
      looks_left--;
      process_signal_threads(process, thread, STOP);
      syscall(SYS_nanosleep, &(struct timespec){.tv_nsec = 100000}, 0);
    } else if (poll(&polled, 1, PERIOD) > 0 || !left || process_tracer()) {
      control.is_over = 1;
    }
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
  dl_iterate_phdr(find_library, 0);
  sigaltstack(&alternate, 0);
  for (int number = 1; number < 32; number++)
    if (SIGNALS_FATAL & SIGNAL_BIT(number)) watch(number, SA_SIGINFO | SA_ONSTACK);
}
