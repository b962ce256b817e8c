// Crashes while other threads are busy with the heap.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *work(void *unused) {
  (void)unused;
  for (;;) {
    void *volatile blocks[8];
    for (int i = 0; i < 8; i++) blocks[i] = malloc(100 + i * 200);
    for (int i = 0; i < 8; i++) free(blocks[i]);
  }
}
int main(void) {
  pthread_t thread;
  for (int i = 0; i < 3; i++) pthread_create(&thread, 0, work, 0);
  usleep(20000);
  *(volatile int *)64 = 1; // @crash
  return 0;
}
