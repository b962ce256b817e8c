// Ends with the status and in the way its arguments say: return, exit, _exit, quick_exit, from a thread.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *exit_in_thread(void *status) { exit((int)(long)status); }
static void at_quick_exit_too(void) { puts("quick"), fflush(stdout); }

int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  int status = atoi(argv[2]);
  at_quick_exit(at_quick_exit_too);
  printf("buffered by %s\n", argv[1]);
  if (!strcmp(argv[1], "exit"))
    exit(status);
  if (!strcmp(argv[1], "_exit"))
    _exit(status);
  if (!strcmp(argv[1], "quick"))
    quick_exit(status);
  if (!strcmp(argv[1], "thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, exit_in_thread, (void *)(long)status);
    for (;;)
      pause();
  }
  return status;
}
