// A thread crashes while others wait.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static volatile int idler;
static int is_asleep(void) {
  char path[64], state[256] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", idler);
  FILE *file = idler ? fopen(path, "r") : 0;
  if (!file) return 0;
  fgets(state, sizeof state, file);
  fclose(file);
  return strstr(state, ") S ") != 0;
}
static void *work(void *place) {
  for (int left = 1000; left && !is_asleep(); left--) usleep(10000);
  *(volatile int *)place = 1; // @crash
  return 0;
}
static void *idle(void *unused) {
  (void)unused;
  idler = gettid();
  for (;;) pause();
}
int main(void) {
  pthread_t one, other;
  pthread_create(&one, 0, idle, 0);
  pthread_create(&other, 0, work, (void *)64);
  pthread_join(other, 0);
  return 0;
}
