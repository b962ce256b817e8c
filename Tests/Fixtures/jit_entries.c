// A process that registers code through the GDB JIT interface and then waits, to be inspected: nothing checks what it registers.
//
// jit_entries PROGRAM...: each is linked at fixed addresses; its segments are mapped there, and its file, copied to memory,
// is registered. Prints a line "entry ADDRESS object ADDRESS size N" for each, then the descriptor and "ready"; ends with its
// input. A name with a + before it is registered without being mapped. With -DHOOKS=0 there is no hook, with -DHOOKS=1 no
// descriptor of that name.

#include <elf.h>
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

struct jit_code_entry {
  struct jit_code_entry *next_entry, *prev_entry;
  const char *symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version, action_flag;
  struct jit_code_entry *relevant_entry, *first_entry;
} __jit_debug_descriptor = {1, 0, 0, 0};

__attribute__((noinline)) void __jit_debug_register_code(void) { __asm__ volatile("" ::: "memory"); }

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
      exit(97);
    done += count;
  }
  close(fd);
  return bytes;
}

static void load(const char *file) {
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
  const Elf64_Phdr *segments = (const Elf64_Phdr *)(file + header->e_phoff);
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type != PT_LOAD)
      continue;
    uint64_t start = segments[i].p_vaddr & ~4095ull, end = (segments[i].p_vaddr + segments[i].p_memsz + 4095) & ~4095ull;
    if (mmap((void *)start, end - start, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
      exit(96);
    memcpy((void *)segments[i].p_vaddr, file + segments[i].p_offset, segments[i].p_filesz);
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    int is_mapped = argv[i][0] != '+';
    size_t size;
    char *file = read_file(argv[i] + !is_mapped, &size);
    if (is_mapped)
      load(file);
    struct jit_code_entry *entry = calloc(1, sizeof *entry);
    entry->symfile_addr = file;
    entry->symfile_size = size;
    entry->next_entry = __jit_debug_descriptor.first_entry;
    if (entry->next_entry)
      entry->next_entry->prev_entry = entry;
    __jit_debug_descriptor.first_entry = __jit_debug_descriptor.relevant_entry = entry;
    __jit_debug_descriptor.action_flag = 1;
    __jit_debug_register_code();
    printf("entry %p object %p size %zu\n", (void *)entry, (void *)file, size);
  }
  printf("descriptor %p\nready\n", (void *)&__jit_debug_descriptor);
  fflush(stdout);
  while (getchar() != EOF)
    ;
  return 0;
}
