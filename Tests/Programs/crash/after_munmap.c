// Uses memory that was given back.
#include <string.h>
#include <sys/mman.h>
int main(void) {
  char *memory = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  strcpy(memory, "text");
  munmap(memory, 65536);
  memory[4096] = 1; // @crash
  return 0;
}
