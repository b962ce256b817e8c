// Children started by libc, sharing our standard streams and our wait status.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

int main(void) {
  FILE *words = popen("echo one two; echo three", "r");
  char line[64];
  while (words && fgets(line, sizeof line, words))
    printf("read %s", line);
  printf("pclose %d\n", WEXITSTATUS(pclose(words)));
  fflush(stdout);
  FILE *upper = popen("tr a-z A-Z", "w");
  fputs("written to a child\n", upper);
  pclose(upper);
  int status = system("exit 12");
  printf("system %d\n", WEXITSTATUS(status));
  fflush(stdout);
  system("echo to stderr >&2");
  return 0;
}
