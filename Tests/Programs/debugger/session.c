// What the tests of `debug` and `attach` run: it prints a little, and ends, waits, crashes or reads as its argument says.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int counter = 3;
volatile int go_on;

static __attribute__((constructor)) void early(void) { puts("early"); }

int work(int n) {
  int twice = n * 2;
  counter += twice;  // @work
  return counter;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  for (int i = 0; i < 3; ++i) work(i);
  printf("counter %d\n", counter);
  fflush(stdout);
  while (strcmp(mode, "loop") == 0 && !go_on) {
    work(0);
    usleep(1000);
  }
  if (strcmp(mode, "abort") == 0) abort();
  if (strcmp(mode, "crash") == 0) *(volatile int *)16 = 1;  // @crash
  for (int c; strcmp(mode, "echo") == 0 && (c = getchar()) != EOF;) putchar(c);
  puts("bye");  // @bye
  return 7;
}
