// Threads by way of pthreads.
#define _GNU_SOURCE
#include "Threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

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

void monitor_wait_at_most(monitor *self, uint32_t milliseconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_cond_clockwait(&self->condition, &self->mutex, CLOCK_MONOTONIC, &until);
}

struct start {
  void (*body)(void *);
  void *context;
};

static void *run(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  pthread_detach(pthread_self());
  start.body(start.context);
  return 0;
}

int thread_start(bool service, void (*body)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) abort();
  *start = (struct start){body, context};
  sigset_t signals, old;
  if (service) {
    sigfillset(&signals);
    // Faults of the thread itself have to stay deliverable.
    const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    for (unsigned i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&signals, own[i]);
  } else {
    sigemptyset(&signals);
  }
  // The new thread inherits the mask of its creator.
  pthread_sigmask(SIG_SETMASK, &signals, &old);
  pthread_t thread;
  int error = pthread_create(&thread, 0, run, start);
  pthread_sigmask(SIG_SETMASK, &old, 0);
  if (error) free(start);
  return error;
}

uint64_t thread_current(void) { return (uintptr_t)pthread_self(); }
