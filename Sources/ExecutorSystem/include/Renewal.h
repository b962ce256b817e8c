// A session's process that begins anew, program after program, as `jitdebug run --watch` asks for.
#pragma once

#include <stdint.h>

#include "Channel.h"

#pragma clang assume_nonnull begin

/// Remembers the directory, which a program may change and the next one is to find as it was. Call it before it is changed for
/// the program.
void renewal_expect(void);
/// The same for the standard streams, once they are what the program is to have. When the program exits, the controller is told
/// under `tag`, with the status in 8 bytes, and the process waits for what the controller wants of it. (Where the C library
/// does not tell the status, the process ends.) A call of `restart` that arrives while a debugger holds the process is taken before
/// the program goes on, which is left no time to reach another breakpoint.
void renewal_begin(channel *channel, uint64_t tag, uint64_t restart);
/// The supervisor's part in that, once `channel_arrivals` is readable. The controller is told under `tag`. Returns whether to call it
/// again soon: the restart has not been taken yet, and a debugger may come to hold the process before it is.
bool renewal_arrived(channel *channel, int process, uint64_t tag);
/// If a program has run here, puts back what was remembered and makes this process the program that the first of the words names,
/// with the words as its arguments up to an empty one, and those behind it as its environment. Does it on the main thread: LLDB's
/// server loses processes in which another one does. Returns if that cannot be.
void renewal_become_program(char *_Nullable *_Nonnull words);

/// Frees a process that has run a program from what outlives that: children, timers, ignored signals.
void renewal_clean_up(void);

#pragma clang assume_nonnull end
