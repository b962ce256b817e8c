// A child of the program crashes; the program goes on.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  int status, child = fork();
  if (!child) *(volatile int *)8 = 1;
  waitpid(child, &status, 0);
  printf("child: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
  return 0;
}
