// Address space for JITed code.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// In bytes.
uint64_t memory_page_size(void);

/// Reserves inaccessible address space, below 2 GiB if there is room and the platform's code models ask for it. `size`
/// is a multiple of the page size. Returns the start, or 0 and an errno value in `error`.
uint64_t memory_reserve(uint64_t size, int *_Nonnull error);

/// Makes part of a reservation accessible as given. Returns 0 or an errno value.
int memory_protect(uint64_t address, uint64_t size, bool readable, bool writable, bool executable);

/// Drops the contents of part of a reservation and makes it inaccessible; the addresses stay reserved.
int memory_discard(uint64_t address, uint64_t size);

/// Gives a reservation back to the system.
int memory_release(uint64_t address, uint64_t size);

/// Copies to memory of this process, which has to be writable; an address that is not is a fault.
void memory_write(uint64_t address, const uint8_t *_Nonnull bytes, uint64_t offset, uint64_t size);

/// The length of the C string at an address.
uint64_t memory_string_length(uint64_t address);

/// Makes written instructions visible to instruction fetches.
void memory_flush_instructions(uint64_t address, uint64_t size);
