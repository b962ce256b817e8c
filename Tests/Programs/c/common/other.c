// The larger and the initialised definitions for main.c.
#include <string.h>

int shared;
int initialised_elsewhere = 23;
char buffer[4096];

char *buffer_end(void) { return buffer + sizeof buffer; }
void fill(void) {
  shared = 9;
  memset(buffer, 'c', sizeof buffer);
}
