// Shared libraries of the process, and the unwinder among them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Opens a library for all code of the process, or with null the process itself. Returns a handle, or 0 and the
/// system's reason in `error`.
uint64_t library_open(const char *_Nullable path, const char *_Nullable *_Nonnull error);
/// The address of a symbol seen from a handle; 0 if there is none.
uint64_t library_symbol(uint64_t handle, const char *name);

/// Tells the process's unwinder about a zero-terminated `.eh_frame` section, or takes it back. Returns false if the
/// process has no unwinder; with `may_load` one is loaded first if the system has one.
bool unwinder_register(uint64_t section, bool may_load);
bool unwinder_deregister(uint64_t section);

#pragma clang assume_nonnull end
