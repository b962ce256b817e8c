// Keeps the list of the GDB JIT interface (GDB manual, "JIT Compilation Interface").
#include "DebugInterface.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { JIT_NOACTION = 0, JIT_REGISTER_FN, JIT_UNREGISTER_FN };

struct jit_code_entry {
  struct jit_code_entry *next_entry;
  struct jit_code_entry *prev_entry;
  const char *symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  struct jit_code_entry *relevant_entry;
  struct jit_code_entry *first_entry;
};

// Debuggers look both up by these names, in a stripped executable too, so they have to stay in .dynsym.
__attribute__((used, visibility("default"))) struct jit_descriptor __jit_debug_descriptor = {1, JIT_NOACTION, 0, 0};

__attribute__((noinline, used, visibility("default"))) void __jit_debug_register_code(void) {
  __asm__ volatile("" ::: "memory");
}

// Debuggers read `relevant_entry` while they are stopped in the function above. A second registration in between would
// overwrite it, so the lock covers the call as well as the list.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int debug_interface_register(uint64_t address, uint64_t size, bool notify) {
  if (!address || !size) return EINVAL;
  struct jit_code_entry *entry = malloc(sizeof *entry);
  if (!entry) return ENOMEM;
  entry->symfile_addr = (const char *)(uintptr_t)address;
  entry->symfile_size = size;
  entry->prev_entry = 0;
  pthread_mutex_lock(&lock);
  entry->next_entry = __jit_debug_descriptor.first_entry;
  if (entry->next_entry) entry->next_entry->prev_entry = entry;
  __jit_debug_descriptor.first_entry = entry;
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_descriptor.action_flag = JIT_REGISTER_FN;
  if (notify) __jit_debug_register_code();
  pthread_mutex_unlock(&lock);
  return 0;
}

int debug_interface_unregister(uint64_t address, uint64_t size) {
  pthread_mutex_lock(&lock);
  struct jit_code_entry *entry = __jit_debug_descriptor.first_entry;
  while (entry && ((uintptr_t)entry->symfile_addr != address || entry->symfile_size != size)) entry = entry->next_entry;
  if (!entry) {
    pthread_mutex_unlock(&lock);
    return ENOENT;
  }
  if (entry->prev_entry) entry->prev_entry->next_entry = entry->next_entry;
  else __jit_debug_descriptor.first_entry = entry->next_entry;
  if (entry->next_entry) entry->next_entry->prev_entry = entry->prev_entry;
  // The entry itself stays readable until the debugger has seen that it goes.
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_descriptor.action_flag = JIT_UNREGISTER_FN;
  __jit_debug_register_code();
  __jit_debug_descriptor.relevant_entry = 0;
  __jit_debug_descriptor.action_flag = JIT_NOACTION;
  pthread_mutex_unlock(&lock);
  free(entry);
  return 0;
}

uint64_t debug_interface_count(void) {
  uint64_t count = 0;
  pthread_mutex_lock(&lock);
  for (struct jit_code_entry *entry = __jit_debug_descriptor.first_entry; entry; entry = entry->next_entry) count++;
  pthread_mutex_unlock(&lock);
  return count;
}
