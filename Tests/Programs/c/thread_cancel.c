// pthread_exit and cancellation unwind JITed frames by force, so libc's unwinder must know them and run their clean-ups.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void cleanup(void *text) { printf("clean-up: %s\n", (const char *)text); }

__attribute__((noinline)) static void leave(int depth) {
  pthread_cleanup_push(cleanup, depth ? "outer" : "inner");
  if (depth)
    leave(depth - 1);
  else
    pthread_exit("left");
  pthread_cleanup_pop(0);
}

static void *leaver(void *ignored) {
  leave(1);
  return ignored;
}

static void *waiter(void *ends) {
  char byte;
  pthread_cleanup_push(cleanup, "cancelled");
  while (read(((int *)ends)[0], &byte, 1) != 0) {
  }
  pthread_cleanup_pop(0);
  return "never";
}

int main(void) {
  pthread_t thread;
  void *result;
  pthread_create(&thread, NULL, leaver, NULL);
  pthread_join(thread, &result);
  printf("joined: %s\n", (const char *)result);
  int ends[2];
  if (pipe(ends) != 0)
    return 1;
  pthread_create(&thread, NULL, waiter, ends);
  pthread_cancel(thread);
  pthread_join(thread, &result);
  printf("cancelled: %d\n", result == PTHREAD_CANCELED);
  return 0;
}
