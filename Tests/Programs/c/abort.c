// abort ends by SIGABRT, after its handler returned, without flushing and without atexit.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(int number) {
  (void)number;
  if (write(2, "handler\n", 8) != 8)
    _exit(9);
}
static void never(void) { puts("atexit must not run"); }

int main(void) {
  setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
  atexit(never);
  printf("lost in the buffer\n");
  signal(SIGABRT, handler);
  abort();
}
