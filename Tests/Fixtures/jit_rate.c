// A process that registers entries of no content through the GDB JIT interface.
//
// jit_rate [COUNT]: one every millisecond; with COUNT so many at once, and then none.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "jit_interface.h"

static void add_entry(void) {
  struct jit_code_entry *entry = calloc(1, sizeof *entry);
  entry->symfile_addr = "";
  jit_register(entry);
}

int main(int argc, char **argv) {
  setbuf(stdout, NULL);
  int count = argc > 1 ? atoi(argv[1]) : 0;
  for (int i = 0; i < count; ++i) add_entry();
  puts("ready");
  for (;;) {
    if (count == 0)
      add_entry();
    usleep(1000);
  }
}
