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
/// Whether one more session may begin.
bool service_has_room(void);
/// The limits in milliseconds; 0 stands for none.
uint64_t service_idle_limit(void);
uint64_t service_session_limit(void);

/// Limits memory and processor time of this process, and of all that it starts.
void service_limit_process(void);

/// Writes a line about a session that begins, by its process, for the controller at the other end of `socket`.
void service_log_start(int process, int socket);
/// The same for its end. The result tells of the end and the limit that may have brought it; null if none did.
const char *_Nullable service_log_end(int process, bool signaled, int value, uint64_t started, bool is_overdue);

#pragma clang assume_nonnull end
