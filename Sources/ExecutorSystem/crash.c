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

// How long the controller may take unless it says that it holds the process, how often to look, and how long threads that may hold a
// lock are looked at, in milliseconds. The last is less than the controller waits for them.
enum { LIMIT = 30000, PERIOD = 2, LOOKING = 2500 };

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

// Whether a thread was let go on because it may hold a lock. After LOOKING it is left running.
static atomic_bool may_any_hold_lock;
// Who stays within so few bytes of code for so many looks is in a loop of its own, such as a spin lock's or that of memset, and holds
// nothing.
enum { LOOP = 256, LOOKS = 64 };
static volatile uintptr_t lowest = UINTPTR_MAX, highest, loop;

// The threads that serve the controller need the locks of the executor itself and of the C library, such as the allocator's. Where
// the code of the first lies, and that of the second.
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
// to begin again, nor does one that has just waked another: that comes after a lock's release. (See Monitor.notifyAll.)
static bool may_hold_lock(const ucontext_t *context) {
  const mcontext_t *state = &context->uc_mcontext;
  const char *next = (const char *)state->COUNTER;
  if ((uintptr_t)next - library.start >= library.size && (next < __executable_start || next >= etext)) return false;
  if ((uintptr_t)next - loop < LOOP) return false;
  if (!memcmp(next, &system_call, sizeof system_call)) return false;
  if (memcmp(next - sizeof system_call, &system_call, sizeof system_call)) return true;
  return (int)state->RESULT != -EINTR && (state->SECOND & ~FUTEX_PRIVATE_FLAG) != FUTEX_WAKE;
}

static void look_again(int thread) {
  static int looks;
  if (++looks % LOOKS == 0) {
    loop = highest - lowest < LOOP ? lowest : 0;
    lowest = UINTPTR_MAX;
    highest = 0;
  }
  process_signal_threads(process, thread, STOP);
  syscall(SYS_nanosleep, &(struct timespec){.tv_nsec = 100000}, 0);
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
    const uintptr_t counter = ((ucontext_t *)context)->uc_mcontext.COUNTER;
    if (counter < lowest) lowest = counter;
    if (counter > highest) highest = counter;
    may_any_hold_lock = true;
    return;
  }
  if (first == thread || is_service || process_tracer()) control.is_over = 1;
  if (control.is_over) goto end;
  if (!first) {
    watch(STOP, SA_SIGINFO | SA_RESTART);
    process_signal_threads(process, thread, STOP);
  }
  const uint64_t notice[] = {thread, number, (uintptr_t)information, (uintptr_t)context, (uintptr_t)&control, thread_current()};
  // A thread that was writing a frame itself has to go on, or nobody else could.
  if (channel_notify(watched, tag, notice, sizeof notice / sizeof *notice)) goto end;
  for (const uint64_t start = time_now(); !control.is_over;) {
    if (!first && control.function) {
      control.result = ((uint64_t(*)(uint64_t))(uintptr_t)control.function)(control.argument);
      control.function = 0;
    }
    const uint64_t passed = time_now() - start;
    if (first) {
      poll(0, 0, PERIOD);
    } else if (passed < LOOKING && atomic_exchange(&may_any_hold_lock, false)) {
      look_again(thread);
    } else if (poll(&polled, 1, PERIOD) > 0 || (passed > LIMIT && !control.is_held) || process_tracer()) {
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
