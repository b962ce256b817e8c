// A thread crashes while others wait.
#include <pthread.h>
#include <unistd.h>
static void *work(void *place) {
  *(volatile int *)place = 1; // @crash
  return 0;
}
static void *idle(void *unused) {
  (void)unused;
  for (;;) pause();
}
int main(void) {
  pthread_t one, other;
  pthread_create(&one, 0, idle, 0);
  pthread_create(&other, 0, work, (void *)64);
  pthread_join(other, 0);
  return 0;
}
