// Maps memory with Linux's mmap.
#define _GNU_SOURCE
#include "Memory.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "SystemCalls.h"

uint64_t memory_page_size(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

#define RESERVED_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

uint64_t memory_reserve(uint64_t size, int *error) {
  if (size > PTRDIFF_MAX) {
    *error = ENOMEM;
    return 0;
  }
  void *start = MAP_FAILED;
#ifdef MAP_32BIT
  // Code that was not compiled for position independence refers to data with 32-bit addresses.
  start = mmap(0, size, PROT_NONE, RESERVED_FLAGS | MAP_32BIT, -1, 0);
#elif defined(__riscv)
  // The same with the signed addresses of its usual code model. A place that is taken is one that the kernel may change.
  start = mmap((void *)0x10000000, size, PROT_NONE, RESERVED_FLAGS, -1, 0);
#endif
  if (start == MAP_FAILED) start = mmap(0, size, PROT_NONE, RESERVED_FLAGS, -1, 0);
  if (start == MAP_FAILED) {
    *error = errno;
    return 0;
  }
  return (uint64_t)(uintptr_t)start;
}

int memory_protect(uint64_t address, uint64_t size, bool readable, bool writable, bool executable) {
  int protection = (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0) | (executable ? PROT_EXEC : 0);
  return mprotect((void *)(uintptr_t)address, size, protection) ? errno : 0;
}

int memory_discard(uint64_t address, uint64_t size) {
  void *start = mmap((void *)(uintptr_t)address, size, PROT_NONE, RESERVED_FLAGS | MAP_FIXED, -1, 0);
  return start == MAP_FAILED ? errno : 0;
}

int memory_release(uint64_t address, uint64_t size) {
  return munmap((void *)(uintptr_t)address, size) ? errno : 0;
}

void memory_write(uint64_t address, const uint8_t *bytes, uint64_t offset, uint64_t size) {
  if (size == sizeof(uint64_t) && address % sizeof(uint64_t) == 0) {
    // A word at once: other threads may be jumping through it.
    uint64_t word;
    memcpy(&word, bytes + offset, sizeof word);
    __atomic_store_n((uint64_t *)(uintptr_t)address, word, __ATOMIC_RELEASE);
  } else if (size) {
    memcpy((void *)(uintptr_t)address, bytes + offset, size);
  }
}

void memory_read(uint64_t address, uint8_t *bytes, size_t size) {
  memcpy(bytes, (const void *)(uintptr_t)address, size);
}

char *text_copy(const uint8_t *bytes, size_t offset, size_t size) {
  char *text = malloc(size + 1);
  if (!text) abort();
  memcpy(text, bytes + offset, size);
  text[size] = 0;
  return text;
}

char **argument_vector_create(size_t count) {
  char **vector = calloc(count + 1, sizeof *vector);
  if (!vector) abort();
  return vector;
}

uint64_t memory_string_length(uint64_t address) { return strlen((const char *)(uintptr_t)address); }

void memory_flush_instructions(uint64_t address, uint64_t size) {
  char *start = (char *)(uintptr_t)address;
  __builtin___clear_cache(start, start + size);
}
