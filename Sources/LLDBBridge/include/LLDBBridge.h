// What jitdebug asks of liblldb: run one debugger, as its usual prompt or over given commands, until it quits.
//
// This library is opened with dlopen by the commands that need LLDB, so the header holds plain C and one function.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How a run of the debugger came to its end.
enum lldb_session_end {
  /// `quit`, end of input, or in batch mode: all commands were carried out.
  LLDB_SESSION_END_QUIT = 0,
  /// Batch mode: a command failed, and those after it were left out.
  LLDB_SESSION_END_COMMAND_ERROR = 1,
  /// Batch mode: the program was stopped by a crash; a backtrace was printed and the commands after that left out.
  LLDB_SESSION_END_CRASH = 2,
  /// The command files left no live process behind, and REQUIRE_PROCESS was given.
  LLDB_SESSION_END_NO_PROCESS = 3,
  /// LLDB itself could not be started; the error text says why.
  LLDB_SESSION_END_FAILED = 4,
};

enum lldb_session_flag {
  /// Never read from the input: quit after the commands.
  LLDB_SESSION_FLAG_BATCH = 1,
  /// Go on only if the command files left a live process behind.
  LLDB_SESSION_FLAG_REQUIRE_PROCESS = 2,
  /// Kill the program instead of detaching from it, unless it stopped for a fatal signal; do not ask before quitting.
  LLDB_SESSION_FLAG_KILL_AT_END = 4,
};

/// Does what `lldb_session_run` begins with, which takes a tenth of a second: while another thread has something to do.
///
/// For the thread of `lldb_session_run`: in another's memory LLDB would order names otherwise, such as a breakpoint's locations.
void lldb_session_prepare(void);

/// Runs the debugger until it quits; the result is a `lldb_session_end`.
///
/// `sources` are command files, run first, of which only errors are shown; `commands` are run after them, echoed and with
/// their results. `greeting` is one line for standard error between the two. `input` is the descriptor that the prompt
/// reads from; it stays the caller's.
///
/// `quit_status` is the status given to `quit`, else 0. `crash_signal` is the signal that stopped the program if the run
/// ended with LLDB_SESSION_END_CRASH, else 0. `error` gets a text of at most `error_capacity` bytes with its NUL.
///
/// Takes over SIGINT, SIGWINCH, SIGTSTP and SIGPIPE until it returns. To be called once in a process: LLDB cannot be
/// started again after it ended.
int32_t lldb_session_run(
    const char *_Nonnull const *_Nullable sources, size_t source_count,
    const char *_Nonnull const *_Nullable commands, size_t command_count, const char *_Nullable greeting,
    int32_t input, uint32_t flags, int32_t *_Nonnull quit_status, int32_t *_Nonnull crash_signal,
    char *_Nonnull error, size_t error_capacity);

#ifdef __cplusplus
}
#endif
