// Processes: the sessions' children, the signals that concern them, and waiting for events.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The LLVM triple of the code that this process runs.
const char *process_triple(void);
int process_id(void);
int process_parent_id(void);

/// Returns 0 in the child, its id in the parent, or a negated errno value.
int process_fork(void);
/// Ends the process after its atexit handlers have run.
_Noreturn void process_exit(int status);
/// Ends the process at once.
_Noreturn void process_end(int status);
/// Registers a function to run from `exit`.
void process_at_exit(void (*handler)(void));
/// Writes out what printf has buffered.
void process_flush_output(void);

/// Keeps writes to closed pipes from ending this process.
void process_ignore_broken_pipes(void);

/// Makes this process the parent of all its descendants' orphans; with `dies_with_parent` it is told to end when its
/// parent does.
void process_become_supervisor(bool dies_with_parent);
/// Makes this process one that runs a program: signals as a program expects them, open to any debugger, and killed when
/// its parent `supervisor` dies. With `detached` it leads a session of its own.
void process_become_session(int supervisor, bool detached);

/// The file of a program, looked for along PATH if the name has no folder; null if there is none. Valid until the next call.
const char *_Nullable program_find(const char *name);
/// Makes this process that program, with `stream`, unless it is negative, as its standard input and output. Returns an
/// errno value if it cannot be.
int process_become_program(const char *path, char *_Nullable *_Nonnull arguments, int stream);

int process_send_signal(int process, int number);
/// Sends a signal to every child of this process.
void process_signal_children(int number);

/// Sends a signal to every thread of a process but one. May be called in signal handlers.
void process_signal_threads(int process, int except, int number);
/// Whether a debugger holds a process that has a handler for a signal.
bool process_is_held(int process, int number);

struct process_result {
  int process;
  bool signaled;
  /// The exit status or the signal.
  uint8_t value;
};
/// Collects a child that has ended. Returns 1; 0 if none has ended; -1 if there are no children.
int process_collect(struct process_result *end);

/// The process that traces this one; 0 if none does.
int process_tracer(void);
/// Sleeps for 10 ms. Returns early, and true, when the process has been stopped and let go on meanwhile, or has taken a signal.
bool process_wait_for_stop(void);

/// Blocks the signals that end or concern a supervising process (SIGCHLD, SIGTERM, SIGINT, SIGHUP), and returns a
/// descriptor that becomes readable when one arrives, or a negated errno value. Call `process_unblock_signals` in
/// children.
int process_open_signals(void);
void process_unblock_signals(void);

enum process_signal { PROCESS_SIGNAL_NONE, PROCESS_SIGNAL_CHILD, PROCESS_SIGNAL_TERMINATE, PROCESS_SIGNAL_INTERRUPT };
/// The next signal that has arrived.
enum process_signal process_next_signal(int descriptor);

/// Descriptors to wait for; the names of the slots are the caller's. Begin with all zero.
struct waiter {
  struct {
    int descriptor;
    bool is_used;
    bool wants_input;
    bool has_input;
    bool has_hung_up;
  } slots[4];
};
/// Waits for a descriptor's input as well, or only for the other side to go.
void waiter_watch(struct waiter *self, int slot, int descriptor, bool wants_input);
void waiter_forget(struct waiter *self, int slot);
/// Waits until something happens to one of the descriptors, at most so many milliseconds (negative: no limit).
void waiter_wait(struct waiter *self, int64_t milliseconds);
/// What the last wait has found.
bool waiter_has_input(const struct waiter *self, int slot);
bool waiter_has_hung_up(const struct waiter *self, int slot);
/// Milliseconds on a clock that never goes back.
uint64_t time_now(void);

/// A descriptor that becomes readable with the first `notifier_notify`, and stays so.
int notifier_create(void);
void notifier_notify(int notifier);

void descriptor_close(int descriptor);
/// Gives a descriptor a high number where it can: programs that close or reuse low ones by number should not hit ours.
int descriptor_move_up(int descriptor);

/// The system's text for an errno value.
const char *error_text(int error);

#pragma clang assume_nonnull end
