// The list of `.eh_frame` sections. A process without an unwinder may get one later, with the first library that needs it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Tells the process's unwinder about a section. Returns 0, EINVAL if it has no zero terminator, or ENOMEM.
int frames_register(uint64_t start, uint64_t end);
/// Takes a section back. Returns 0, or ENOENT if exactly this range was never registered or is not any more.
int frames_deregister(uint64_t start, uint64_t end);
/// Call when a library has been opened: it may have brought an unwinder.
void frames_library_was_opened(void);

/// Whether the records of a section, each with its length in front, end in one of length 0.
bool frames_are_terminated(uint64_t start, uint64_t end);
