// A process that registers an entry of no content every millisecond, through the GDB JIT interface.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct entry {
  struct entry *next, *previous;
  const char *object;
  uint64_t size;
};

struct {
  uint32_t version, action;
  struct entry *relevant, *first;
} __jit_debug_descriptor = {1, 0, 0, 0};

__attribute__((noinline)) void __jit_debug_register_code(void) { __asm__ volatile("" ::: "memory"); }

int main(void) {
  setbuf(stdout, NULL);
  puts("ready");
  for (;;) {
    struct entry *entry = calloc(1, sizeof *entry);
    entry->object = "";
    entry->next = __jit_debug_descriptor.first;
    if (entry->next)
      entry->next->previous = entry;
    __jit_debug_descriptor.first = __jit_debug_descriptor.relevant = entry;
    __jit_debug_descriptor.action = 1;
    __jit_debug_register_code();
    usleep(1000);
  }
}
