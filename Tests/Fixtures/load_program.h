// Maps a program that is linked at fixed addresses where it belongs.

#pragma once

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/// Returns the program's entry; ends the process if there is no room for it.
static inline uint64_t load_program(const char *file) {
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
  const Elf64_Phdr *segments = (const Elf64_Phdr *)(file + header->e_phoff);
  for (int i = 0; i < header->e_phnum; ++i) {
    if (segments[i].p_type != PT_LOAD)
      continue;
    uint64_t start = segments[i].p_vaddr & ~4095ull, end = (segments[i].p_vaddr + segments[i].p_memsz + 4095) & ~4095ull;
    if (mmap((void *)start, end - start, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
      exit(97);
    memcpy((void *)segments[i].p_vaddr, file + segments[i].p_offset, segments[i].p_filesz);
  }
  return header->e_entry;
}
