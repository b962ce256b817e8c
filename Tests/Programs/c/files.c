// stdio on files and memory: seek, update mode, binary reads, open_memstream, remove, errno and its messages.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  FILE *file = tmpfile();
  for (int i = 0; i < 100; i++)
    fwrite(&i, sizeof i, 1, file);
  fseek(file, 40 * (long)sizeof(int), SEEK_SET);
  int pair[2];
  printf("%zu %d %d at %ld\n", fread(pair, sizeof(int), 2, file), pair[0], pair[1], ftell(file));
  fclose(file);
  char *text;
  size_t size;
  FILE *memory = open_memstream(&text, &size);
  fprintf(memory, "%s-%05d", "in memory", 42);
  fclose(memory);
  printf("%s %zu\n", text, size);
  free(text);
  errno = 0;
  FILE *missing = fopen("/nonexistent/file", "r");
  printf("%d %s\n", missing == NULL && errno == ENOENT, strerror(errno));
  perror("perror");
  return 0;
}
