// A process that registers an entry of no content every millisecond, through the GDB JIT interface.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "jit_interface.h"

int main(void) {
  setbuf(stdout, NULL);
  puts("ready");
  for (;;) {
    struct jit_code_entry *entry = calloc(1, sizeof *entry);
    entry->symfile_addr = "";
    jit_register(entry);
    usleep(1000);
  }
}
