// The GDB JIT interface: the list of debug objects that debuggers read, and the function they stop in when it changes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Puts the debug object on the list and, with `notify`, tells an attached debugger. Returns 0 or an errno value.
int debug_interface_register(uint64_t address, uint64_t size, bool notify);

/// Takes the debug object off the list and tells an attached debugger. Returns 0, or ENOENT if exactly this range was
/// never registered or is not any more.
int debug_interface_unregister(uint64_t address, uint64_t size);

/// The number of debug objects on the list.
uint64_t debug_interface_count(void);
