// fork: the child runs on in copies of JITed code and data, its end is the parent's to see, and exec replaces it.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int value = 1;

static int wait_for(pid_t pid) {
  int status;
  if (waitpid(pid, &status, 0) != pid)
    return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(void) {
  int ends[2];
  if (pipe(ends) != 0)
    return 1;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    value += 41;
    dprintf(ends[1], "child %d", value);
    _exit(value);
  }
  int status = wait_for(pid);
  char text[32] = {0};
  if (read(ends[0], text, sizeof text - 1) < 0)
    return 1;
  printf("%s ended with %d, parent still has %d\n", text, status, value);
  fflush(stdout);
  if ((pid = fork()) == 0)
    raise(SIGKILL);
  printf("killed child %d\n", wait_for(pid));
  fflush(stdout);
  if ((pid = fork()) == 0)
    exit(3);
  printf("child's exit %d\n", wait_for(pid));
  fflush(stdout);
  if ((pid = fork()) == 0) {
    execl("/bin/sh", "sh", "-c", "echo executed; exit 5", (char *)NULL);
    _exit(99);
  }
  printf("exec %d\n", wait_for(pid));
  return 0;
}
