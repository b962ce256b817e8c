// Limits by way of setrlimit, another user's identity, and the lines about sessions in the log.
#define _GNU_SOURCE
#include "Service.h"
#include "Network.h"
#include "Processes.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static struct executor_options options;

void service_begin(const struct executor_options *given) { options = *given; }

const char *service_become_user(void) {
  const char *name = options.user;
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
  // A number by itself is in no other group.
  if (initgroups(number < 0 ? name : "", group) || setgid(group) || setuid(user)) return strerror(errno);
  if (user && !setuid(0)) return "the rights of root are not given up";
  // Else the files below /proc would stay root's, and debuggers would be kept out.
  prctl(PR_SET_DUMPABLE, 1);
  return 0;
}

static int64_t sessions;
void service_count(int change) { sessions += change; }
bool service_has_room(void) { return !options.max_sessions || sessions < options.max_sessions; }
uint64_t service_idle_limit(void) { return options.idle_timeout * 1000; }
uint64_t service_session_limit(void) { return options.session_timeout * 1000; }

void service_limit_process(void) {
  struct rlimit memory = {options.limit_memory, options.limit_memory};
  if (options.limit_memory) setrlimit(RLIMIT_AS, &memory);
  // A program that goes on after SIGXCPU has one more second.
  struct rlimit time = {options.limit_cpu, options.limit_cpu + 1};
  if (options.limit_cpu) setrlimit(RLIMIT_CPU, &time);
}

static void log_line(int process, const char *what, const char *rest) {
  char line[256];
  if (options.quiet) return;
  snprintf(line, sizeof line, "jitdebug-executor: session %d: %s%s", process, what, rest);
  output_report(line);
}

void service_log_start(int process, int socket) {
  char peer[128];
  network_address_text(socket, true, peer, sizeof peer);
  log_line(process, "started for ", peer);
}

const char *service_log_end(int process, bool signaled, int value, uint64_t started, bool is_overdue) {
  static char text[128];
  const char *limit = "";
  if (!signaled) {
  } else if (is_overdue) {
    limit = ": longer than --session-timeout allows";
  } else if (options.limit_cpu && (value == SIGXCPU || value == SIGKILL)) {
    limit = ": more processor time than --limit-cpu allows";
  } else if (options.limit_memory && (value == SIGSEGV || value == SIGABRT || value == SIGBUS)) {
    limit = ": its memory is limited by --limit-memory";
  }
  snprintf(
      text, sizeof text, "%s %d after %u ms%s", signaled ? "signal" : "exit status", value,
      (unsigned)(time_now() - started), limit);
  log_line(process, text, "\n");
  return *limit ? text : 0;
}
