// Somebody else ends it.
#include <signal.h>
#include <unistd.h>
int main(void) {
  int parent = getpid();
  if (!fork()) {
    kill(parent, SIGKILL);
    _exit(0);
  }
  for (;;) pause();
}
