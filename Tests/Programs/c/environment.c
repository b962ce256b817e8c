// The environment: variables given to the run, environ, setenv, and an empty value.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv, char **envp) {
  (void)argc;
  (void)argv;
  const char *names[] = {"JIT_COLOUR", "JIT_EMPTY", "JIT_SPACES", "JIT_ABSENT"};
  for (int i = 0; i < 4; i++) {
    const char *value = getenv(names[i]);
    printf("%s=%s\n", names[i], value ? value : "(unset)");
  }
  int in_environ = 0, in_envp = 0;
  for (char **e = environ; *e; e++)
    in_environ += strncmp(*e, "JIT_", 4) == 0;
  for (char **e = envp; *e; e++)
    in_envp += strncmp(*e, "JIT_", 4) == 0;
  printf("%d in environ, %d in envp\n", in_environ, in_envp);
  setenv("JIT_COLOUR", "green", 1);
  unsetenv("JIT_EMPTY");
  printf("%s %s\n", getenv("JIT_COLOUR"), getenv("JIT_EMPTY") ? "set" : "unset");
  fflush(stdout);
  return system("echo child sees $JIT_COLOUR");
}
