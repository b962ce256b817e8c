// Threads by way of pthreads.
#define _GNU_SOURCE
#include "Threads.h"

#include "Signals.h"

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct monitor {
  pthread_mutex_t mutex;
  pthread_cond_t condition;
};

monitor *monitor_create(void) {
  monitor *self = malloc(sizeof *self);
  if (!self) abort();
  *self = (monitor){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
  return self;
}

void monitor_lock(monitor *self) { pthread_mutex_lock(&self->mutex); }
void monitor_unlock(monitor *self) { pthread_mutex_unlock(&self->mutex); }
void monitor_wait(monitor *self) { pthread_cond_wait(&self->condition, &self->mutex); }
void monitor_notify_all(monitor *self) { pthread_cond_broadcast(&self->condition); }

struct start {
  void (*body)(void *);
  void *context;
  enum thread_role role;
};

void signal_set(sigset_t *set, uint64_t bits) {
  memset(set, 0, sizeof *set);
  memcpy(set, &bits, sizeof bits);
}

static pthread_t services[4];

bool thread_is_service(void) {
  bool is = false;
  for (unsigned i = 0; i < sizeof services / sizeof *services; i++) is |= services[i] == pthread_self();
  return is;
}

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  pthread_detach(pthread_self());
  static atomic_uint count;
  if (start.role == THREAD_SERVICE) services[atomic_fetch_add(&count, 1) % 4] = pthread_self();
  start.body(start.context);
  return 0;
}

int thread_start(enum thread_role role, void (*body)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) abort();
  *start = (struct start){body, context, role};
  sigset_t signals, old;
  // Faults of the thread itself have to stay deliverable.
  static const uint64_t masks[] = {0, SIGNALS_OTHERS & ~SIGNAL_BIT(SIGURG), SIGNALS_OTHERS};
  signal_set(&signals, masks[role]);
  // The new thread inherits the mask of its creator.
  pthread_sigmask(SIG_SETMASK, &signals, &old);
  pthread_t thread;
  int error = pthread_create(&thread, 0, run, start);
  pthread_sigmask(SIG_SETMASK, &old, 0);
  if (error) free(start);
  return error;
}

int thread_count(void) {
  DIR *threads = opendir("/proc/self/task");
  int count = 0;
  // Without /proc nobody can tell, and the process goes on until its controller ends it.
  if (!threads) return INT_MAX;
  for (struct dirent *entry; (entry = readdir(threads));) count += entry->d_name[0] != '.';
  closedir(threads);
  return count;
}

void thread_await_others(uint32_t milliseconds) {
  while (milliseconds-- && thread_count() > 1) poll(0, 0, 1);
}

static int threads_besides_the_programs;

static void exit_after_other_threads(void *unused) {
  (void)unused;
  while (thread_count() > threads_besides_the_programs) poll(0, 0, 10);
  exit(0);
}

static void main_thread_ends(void *unused) { thread_start(THREAD_SERVICE, exit_after_other_threads, unused); }

void thread_expect_early_end_of_main(int service_threads) {
  pthread_key_t key;
  // The main thread stays on as a zombie, and the thread that waits is one more.
  threads_besides_the_programs = service_threads + 2;
  if (!pthread_key_create(&key, main_thread_ends)) pthread_setspecific(key, &threads_besides_the_programs);
}

uint64_t thread_current(void) { return (uintptr_t)pthread_self(); }
