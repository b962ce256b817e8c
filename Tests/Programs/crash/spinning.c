// Crashes while another thread waits for a spin lock, which it does inside the C library.
#include <pthread.h>
#include <unistd.h>
static pthread_spinlock_t lock;
static void *work(void *unused) {
  pthread_spin_lock(&lock);
  return unused;
}
int main(void) {
  pthread_t thread;
  pthread_spin_init(&lock, 0);
  pthread_spin_lock(&lock);
  pthread_create(&thread, 0, work, 0);
  usleep(20000);
  *(volatile int *)64 = 1; // @crash
  return 0;
}
