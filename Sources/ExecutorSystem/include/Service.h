// What makes the executor fit to be left running: limits for its sessions, rights given up, and a log of sessions.
#pragma once

#include "Arguments.h"

#pragma clang assume_nonnull begin

/// Keeps what the command line asks for, for this process and those it forks.
void service_begin(const struct executor_options *options);

/// Takes on the user that was asked for, if one was. Returns null, or why that cannot be.
const char *_Nullable service_become_user(void);

/// Keeps count of the sessions' processes.
void service_count(int change);
/// Whether one more session may begin; otherwise the controller at the other end of `socket` is told, and it is closed.
bool service_has_room(int socket);

/// In milliseconds; 0 stands for none.
uint64_t service_idle_limit(void);
/// Limits memory and processor time of this process, and of all that it starts.
void service_limit_process(void);

/// In a session's supervisor: logs the session, by its process and the controller at the other end of `socket`, and has
/// SIGALRM sent when its time is up.
void service_start(int process, int socket);
/// When SIGALRM has arrived; it comes again soon.
void service_alarm(void);
bool service_is_overdue(void);
/// Logs the session's end. The result tells of it, and of the limit that may have brought it; null if all went well.
const char *_Nullable service_end(bool signaled, int value);

#pragma clang assume_nonnull end
