// A process that registers code through the GDB JIT interface and then waits, to be inspected: nothing checks what it registers.
//
// jit_entries PROGRAM...: each is linked at fixed addresses; its segments are mapped there, and its file, copied to memory,
// is registered. Prints a line "entry ADDRESS object ADDRESS size N" for each, then the descriptor and "ready"; ends with its
// input. A name with a + before it is registered without being mapped. With -DHOOKS=0 there is no hook, with -DHOOKS=1 no
// descriptor of that name.

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef HOOKS
#define HOOKS 2
#endif
#if HOOKS < 2
#define __jit_debug_descriptor other_descriptor
#endif
#if HOOKS < 1
#define __jit_debug_register_code other_register_code
#endif

#include "jit_interface.h"
#include "load_program.h"

static char *read_file(const char *path, size_t *size) {
  int fd = open(path, O_RDONLY);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0)
    exit(98);
  *size = info.st_size;
  // Pages of its own, with nothing behind them.
  char *bytes = mmap(NULL, info.st_size + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  size_t end = (info.st_size + 4095) & ~4095ull;
  mprotect(bytes + end, 4096, PROT_NONE);
  for (size_t done = 0; done < *size;) {
    ssize_t count = read(fd, bytes + done, *size - done);
    if (count <= 0)
      exit(95);
    done += count;
  }
  close(fd);
  return bytes;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    int is_mapped = argv[i][0] != '+';
    size_t size;
    char *file = read_file(argv[i] + !is_mapped, &size);
    if (is_mapped)
      load_program(file);
    struct jit_code_entry *entry = calloc(1, sizeof *entry);
    entry->symfile_addr = file;
    entry->symfile_size = size;
    jit_register(entry);
    printf("entry %p object %p size %zu\n", (void *)entry, (void *)file, size);
  }
  printf("descriptor %p\nready\n", (void *)&__jit_debug_descriptor);
  fflush(stdout);
  while (getchar() != EOF)
    ;
  return 0;
}
