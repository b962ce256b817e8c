// Address space for JITed code.
#pragma once

#include <stdbool.h>
#include <stddef.h>
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

/// Copies from memory of this process, which has to be readable.
void memory_read(uint64_t address, uint8_t *_Nonnull bytes, size_t size);

/// A C string with bytes of a message, and an array for so many of them with a null at the end; for ever.
char *_Nonnull text_copy(const uint8_t *_Nonnull bytes, size_t offset, size_t size);
char *_Nullable *_Nonnull argument_vector_create(size_t count);

/// The length of the C string at an address.
uint64_t memory_string_length(uint64_t address);

/// Makes written instructions visible to instruction fetches.
void memory_flush_instructions(uint64_t address, uint64_t size);
