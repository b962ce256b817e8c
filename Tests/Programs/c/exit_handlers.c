// Handlers of atexit run backwards after main, may add others, and see what main left; with every C library.
#include <stdio.h>
#include <stdlib.h>

static int state = 1;

static void added(void) { printf("added late, state %d\n", ++state); }
static void first(void) { printf("registered first, state %d\n", ++state); }
static void second(void) {
  printf("registered second, state %d\n", ++state);
  if (atexit(added)) puts("atexit refuses");
}

int main(int argc, char **argv) {
  (void)argv;
  if (atexit(first) || atexit(second)) return 1;
  state = 10;
  if (argc > 1) exit(4);
  return 3;
}
