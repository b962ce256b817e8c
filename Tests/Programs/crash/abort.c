// Gives up, after output that is not to be lost.
#include <stdio.h>
#include <stdlib.h>
static void give_up(const char *why) {
  fprintf(stderr, "cannot go on: %s\n", why);
  abort(); // @crash
}
int main(void) {
  puts("before");
  fflush(stdout);
  give_up("no more ideas");
}
