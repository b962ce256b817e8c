// atexit functions run after main in reverse order, may register more, and see output flushed after them.
#include <stdio.h>
#include <stdlib.h>

static void third(void) { printf("registered while exiting\n"); }
static void second(void) {
  printf("second\n");
  atexit(third);
}
static void first(void) { printf("first, unflushed"); }

static void with_status(int status, void *argument) { printf("status %d, %s\n", status, (char *)argument); }
extern int on_exit(void (*)(int, void *), void *);

int main(int argc, char **argv) {
  (void)argv;
  atexit(first);
  atexit(second);
  on_exit(with_status, "argument");
  printf("main returns\n");
  if (argc > 1)
    exit(7);
  return 6;
}
