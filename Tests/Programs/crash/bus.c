// Reads behind the end of a file that is mapped.
#include <stdio.h>
#include <sys/mman.h>
int main(void) {
  FILE *file = tmpfile();
  char *bytes = mmap(0, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
  return bytes[0]; // @crash
}
