// Processes, by way of Linux's prctl, signalfd and /proc.
#define _GNU_SOURCE
#include "Processes.h"
#include "Service.h"
#include "Signals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "SystemCalls.h"

// The build of the executor knows what it builds for (musl does not say what it is); in tests it is this machine.
#ifndef JITDEBUG_EXECUTOR_TRIPLE
#if defined(__x86_64__)
#define JITDEBUG_EXECUTOR_TRIPLE "x86_64-unknown-linux-gnu"
#elif defined(__aarch64__)
#define JITDEBUG_EXECUTOR_TRIPLE "aarch64-unknown-linux-gnu"
#elif defined(__riscv)
#define JITDEBUG_EXECUTOR_TRIPLE "riscv64-unknown-linux-gnu"
#else
#error "jitdebug-executor has not been ported to this platform"
#endif
#endif

const char *process_triple(void) { return JITDEBUG_EXECUTOR_TRIPLE; }

int process_id(void) { return getpid(); }
int process_parent_id(void) { return getppid(); }

int process_fork(void) {
  int process = fork();
  return process < 0 ? -errno : process;
}

void process_exit(int status) { exit(status); }
void process_end(int status) { _exit(status); }
void process_at_exit(void (*handler)(void)) { atexit(handler); }
void process_flush_output(void) { fflush(stdout); }
void process_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

void process_become_supervisor(bool dies_with_parent) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (dies_with_parent) prctl(PR_SET_PDEATHSIG, SIGTERM);
}

void process_become_session(int supervisor, bool detached) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before the line above.
  if (getppid() != supervisor) _exit(0);
  if (detached) setsid();
  // A process that began anew has the name of the link that it was found by.
  prctl(PR_SET_NAME, "jitdebug-executor");
#ifdef PR_SET_PTRACER
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
#endif
  signal(SIGPIPE, SIG_DFL);
  process_unblock_signals();
}

const char *program_find(const char *name) {
  static char path[4096];
  // Without folder the name is looked for along PATH, as execvp does.
  const char *folders = strrchr(name, '/') ? "" : getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";
  for (;;) {
    size_t length = strcspn(folders, ":");
    snprintf(path, sizeof path, "%.*s%s%s", (int)length, folders, length ? "/" : "", name);
    if (!access(path, X_OK)) return path;
    if (!folders[length]) return 0;
    folders += length + 1;
  }
}

int process_become_program(const char *path, char **arguments, int stream) {
  process_unblock_signals();
  if (stream >= 0) {
    dup2(stream, 0);
    dup2(stream, 1);
  }
  execv(path, arguments);
  return errno;
}

int process_send_signal(int process, int number) { return kill(process, number) ? errno : 0; }

// A process's status file of /proc; an empty text if there is none.
static void read_status(const char *process, char *text, size_t size) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%.10s/status", process);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count = file < 0 ? -1 : read(file, text, size - 1);
  close(file);
  text[count < 0 ? 0 : count] = 0;
}

// The name has a line break before it: a process's own name, in the first line, can have none.
static uint64_t status_field(const char *text, const char *name, int base) {
  const char *field = strstr(text, name);
  return field ? strtoull(field + strlen(name), 0, base) : 0;
}

static int parent_of(const char *process) {
  char text[2048];
  read_status(process, text, sizeof text);
  return status_field(text, "\nPPid:", 10);
}

void process_signal_children(int number) {
  DIR *processes = opendir("/proc");
  if (!processes) return;
  for (struct dirent *entry; (entry = readdir(processes));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || parent_of(entry->d_name) != getpid()) continue;
    kill(atoi(entry->d_name), number);
  }
  closedir(processes);
}

void process_signal_threads(int process, int except, int number) {
  char entries[1024] __attribute__((aligned(8)));
  snprintf(entries, sizeof entries, "/proc/%d/task", process);
  int folder = open(entries, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  long size;
  while ((size = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0)
    for (long position = 0; position < size;) {
      // struct linux_dirent64: number and offset, 8 bytes each, then the entry's size, a byte for its kind, the name.
      const char *entry = entries + position;
      position += *(const uint16_t *)(entry + 16);
      if (entry[19] != '.' && atoi(entry + 19) != except) syscall(SYS_tgkill, process, atoi(entry + 19), number);
    }
  close(folder);
}

bool process_is_held(int process, int number) {
  char name[16], text[2048];
  snprintf(name, sizeof name, "%d", process);
  read_status(name, text, sizeof text);
  return strstr(text, "\nState:\tt") && status_field(text, "\nSigCgt:", 16) & SIGNAL_BIT(number);
}

int process_collect(struct process_result *end) {
  int status;
  int process = waitpid(-1, &status, WNOHANG);
  if (process <= 0) return process;
  end->process = process;
  end->signaled = WIFSIGNALED(status);
  end->value = end->signaled ? WTERMSIG(status) : WEXITSTATUS(status);
  return 1;
}

int process_tracer(void) {
  char text[2048];
  read_status("self", text, sizeof text);
  return status_field(text, "\nTracerPid:", 10);
}

int process_open_signals(void) {
  sigset_t signals;
  signal_set(
      &signals,
      SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGALRM) | SIGNAL_BIT(SIGHUP));
  pthread_sigmask(SIG_BLOCK, &signals, 0);
  int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

void process_unblock_signals(void) {
  sigset_t none;
  signal_set(&none, 0);
  pthread_sigmask(SIG_SETMASK, &none, 0);
}

enum process_signal process_next_signal(int descriptor) {
  struct signalfd_siginfo information;
  if (read(descriptor, &information, sizeof information) != sizeof information) return PROCESS_SIGNAL_NONE;
  switch (information.ssi_signo) {
    case SIGCHLD: return PROCESS_SIGNAL_CHILD;
    case SIGINT: return PROCESS_SIGNAL_INTERRUPT;
    case SIGALRM: service_alarm(); // falls through
    default: return PROCESS_SIGNAL_TERMINATE;
  }
}

void waiter_watch(struct waiter *self, int slot, int descriptor, bool wants_input) {
  self->slots[slot].descriptor = descriptor;
  self->slots[slot].is_used = true;
  self->slots[slot].wants_input = wants_input;
}

void waiter_forget(struct waiter *self, int slot) { self->slots[slot].is_used = false; }

void waiter_wait(struct waiter *self, int64_t milliseconds) {
  enum { COUNT = sizeof self->slots / sizeof *self->slots };
  struct pollfd polled[COUNT];
  for (int i = 0; i < COUNT; i++) {
    polled[i].fd = self->slots[i].is_used ? self->slots[i].descriptor : -1;
    polled[i].events = POLLRDHUP | (self->slots[i].wants_input ? POLLIN : 0);
  }
  int limit = milliseconds < 0 ? -1 : milliseconds > 60000 ? 60000 : (int)milliseconds;
  int ready = poll(polled, COUNT, limit);
  for (int i = 0; i < COUNT; i++) {
    short found = ready > 0 ? polled[i].revents : 0;
    self->slots[i].has_input = found & POLLIN;
    self->slots[i].has_hung_up = found & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL);
  }
}

bool waiter_has_input(const struct waiter *self, int slot) { return self->slots[slot].has_input; }
bool waiter_has_hung_up(const struct waiter *self, int slot) { return self->slots[slot].has_hung_up; }

uint64_t time_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int notifier_create(void) { return descriptor_move_up(eventfd(0, EFD_CLOEXEC)); }

void notifier_notify(int notifier) {
  uint64_t one = 1;
  while (write(notifier, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void descriptor_close(int descriptor) {
  if (descriptor >= 0) close(descriptor);
}

const char *error_text(int error) { return strerror(error); }
