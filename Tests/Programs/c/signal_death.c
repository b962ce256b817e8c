// Dies of the signal named by its argument: the status of `run` must be 128+N, after all output so far.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile int *volatile nowhere;
volatile int zero;

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  printf("about to die: %s\n", how);
  fflush(stdout);
  if (!strcmp(how, "segv"))
    *nowhere = 1;
  if (!strcmp(how, "fpe"))
    return 1 / zero;
  if (!strcmp(how, "ill"))
    __builtin_trap();
  if (!strcmp(how, "term"))
    raise(SIGTERM);
  if (!strcmp(how, "kill"))
    kill(getpid(), SIGKILL);
  if (!strcmp(how, "pipe")) {
    int ends[2];
    if (pipe(ends) == 0 && close(ends[0]) == 0 && write(ends[1], "x", 1) == 1)
      return 2;
  }
  return 3;
}
