// Limits by way of setrlimit, another user's identity, and the lines about sessions in the log.
#define _GNU_SOURCE
#include "Service.h"
#include "Network.h"
#include "Processes.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "SystemCalls.h"

static struct executor_options options;

void service_begin(const struct executor_options *given) {
  options = *given;
  // Whoever starts an executor for one session has its standard error.
  if (options.stdio || options.fd >= 0) options.quiet = true;
}

const char *service_become_user(void) {
  const char *name = options.user, *path = options.listen ? network_path(options.listen) : 0;
  if (!name) return 0;
  int64_t number = argument_number(name, UINT32_MAX - 1);
  uid_t user = number;
  gid_t group = number;
  if (number < 0) {
    struct passwd *entry = getpwnam(name);
    if (!entry) return "no such user";
    user = entry->pw_uid;
    group = entry->pw_gid;
  }
  // Its controllers connect to a socket of that user's.
  if (path && lchown(path, user, group)) return strerror(errno);
  // A number by itself is in no other group.
  if (initgroups(number < 0 ? name : "", group) || setgid(group) || setuid(user)) return strerror(errno);
  if (user && !setuid(0)) return "root's rights remain";
  // Else the files below /proc would stay root's, and debuggers would be kept out.
  prctl(PR_SET_DUMPABLE, 1);
  return 0;
}

static int64_t sessions;
void service_count(int change) { sessions += change; }

bool service_has_room(int socket) {
  if (!options.max_sessions || sessions < options.max_sessions) return true;
  // A Hangup frame: its size, its kind, two words of no meaning, and an SPSError. (All targets are little-endian.)
#define REFUSAL "too many sessions (--max-sessions)"
  static const struct {
    uint64_t head[4];
    uint8_t is_error, length, zeros[7];
    char text[sizeof REFUSAL];
  } frame = {{sizeof REFUSAL + 40, 1}, 1, sizeof REFUSAL - 1, {0}, REFUSAL};
  send(socket, &frame, sizeof REFUSAL + 40, MSG_DONTWAIT | MSG_NOSIGNAL);
  output_report("jitdebug-executor: too many sessions: one was refused\n");
  close(socket);
  return false;
}

uint64_t service_idle_limit(void) { return options.idle_timeout * 1000; }

void service_limit_process(void) {
  struct rlimit memory = {options.limit_memory, options.limit_memory};
  if (options.limit_memory) setrlimit(RLIMIT_AS, &memory);
  // A program that goes on after SIGXCPU has one more second.
  struct rlimit time = {options.limit_cpu, options.limit_cpu + 1};
  if (options.limit_cpu) setrlimit(RLIMIT_CPU, &time);
}

static int session;
static uint64_t started;
static bool is_overdue;

void service_alarm(void) {
  is_overdue = true;
  alarm(3);
}
bool service_is_overdue(void) { return is_overdue; }

static void log_line(const char *what, const char *rest) {
  char line[256];
  if (options.quiet) return;
  snprintf(
      line, sizeof line, "jitdebug-executor: session %d, %u ms: %s%s", session, (unsigned)(time_now() - started), what, rest);
  output_report(line);
}

void service_start(int process, int socket) {
  char peer[128];
  session = process;
  started = time_now();
  if (options.session_timeout) alarm(options.session_timeout > INT_MAX ? INT_MAX : (unsigned)options.session_timeout);
  network_address_text(socket, true, peer, sizeof peer);
  log_line("starts for ", peer);
}

// Its process has been collected, and is the only one so far.
static bool has_used_up_time(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec >= options.limit_cpu;
}

const char *service_end(bool signaled, int value) {
  static char text[128];
  const char *limit = "";
  if (!signaled) {
  } else if (is_overdue) {
    limit = ": --session-timeout is over";
  } else if (options.limit_cpu && (value == SIGXCPU || (value == SIGKILL && has_used_up_time()))) {
    limit = ": --limit-cpu is used up";
  } else if (options.limit_memory && (value == SIGSEGV || value == SIGABRT || value == SIGBUS)) {
    limit = ": its memory has a limit, --limit-memory";
  }
  snprintf(text, sizeof text, signaled ? "the program was killed by signal %d%s" : "the program exited with status %d", value, limit);
  log_line(text, "\n");
  return signaled || value ? text : 0;
}
