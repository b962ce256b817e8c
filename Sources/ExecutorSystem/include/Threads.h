// Threads, and a lock with a condition.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct monitor monitor;
monitor *monitor_create(void);
void monitor_lock(monitor *self);
void monitor_unlock(monitor *self);
/// Waits for a notification, with the lock held before and after.
void monitor_wait(monitor *self);
void monitor_notify_all(monitor *self);

/// What a thread has to do with the program that runs here.
enum thread_role {
  /// It runs the program's code.
  THREAD_OF_PROGRAM,
  /// It does one thing for the controller: signals that are sent to the process are not delivered to it.
  THREAD_HELPER,
  /// The same, and nothing stops it: it serves the controller.
  THREAD_SERVICE,
};

/// Starts a detached thread. Returns 0 or an errno value.
int thread_start(enum thread_role role, void (*body)(void *), void *context);

/// Call on the main thread. If the program ends that with pthread_exit, the process ends with the program's last
/// thread, as any other does, though `service_threads` threads are not the program's.
void thread_expect_early_end_of_main(int service_threads);

/// How many threads the process has, as /proc has it; without that, more than any process can have.
int thread_count(void);
/// Returns when the calling thread is the process's only one, or the time is over.
void thread_await_others(uint32_t milliseconds);

/// Whether the calling thread is a THREAD_SERVICE.
bool thread_is_service(void);

/// Differs from that of every other thread that lives now.
uint64_t thread_current(void);

#pragma clang assume_nonnull end
