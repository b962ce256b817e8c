// Runs one fuzzed session.
#pragma once

#include "Channel.h"

#pragma clang assume_nonnull begin

/// Returns a connection over which `stream` has arrived, and then its end.
channel *_Nullable sandbox_begin(const uint8_t *stream, size_t size);
/// Starts the session's main thread.
void sandbox_run_main(void (*run)(void *), void *context);
/// Waits for all threads, and leaves nothing of the session behind.
void sandbox_finish(void);

#pragma clang assume_nonnull end
