// Threads enter JITed code on stacks of their own: mutex, condition variable, barrier, join with a result.
#include <pthread.h>
#include <stdio.h>

enum { workers = 4, rounds = 1000 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static long counter, turn, initialised;

static void initialise(void) { initialised++; }

static void *work(void *argument) {
  long me = (long)argument;
  pthread_once(&once, initialise);
  for (int i = 0; i < rounds; i++) {
    pthread_mutex_lock(&lock);
    counter++;
    pthread_mutex_unlock(&lock);
  }
  pthread_barrier_wait(&barrier);
  pthread_mutex_lock(&lock);
  while (turn != me)
    pthread_cond_wait(&changed, &lock);
  printf("worker %ld in its turn, counter %ld\n", me, counter);
  turn++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return (void *)(me * me);
}

int main(void) {
  pthread_t threads[workers];
  pthread_barrier_init(&barrier, NULL, workers);
  for (long i = 0; i < workers; i++)
    pthread_create(&threads[i], NULL, work, (void *)i);
  long sum = 0;
  for (int i = 0; i < workers; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("sum %ld, initialised %ld\n", sum, initialised);
  return 0;
}
