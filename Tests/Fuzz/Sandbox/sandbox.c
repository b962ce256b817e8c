// Stands between a fuzzed session and the system: what would reach outside the process, end it, or follow a wild
// address is done on a small arena instead, or not at all. The linker puts each `__wrap_` function in the place of the
// real one.
#define _GNU_SOURCE
#include "ExecutorSystem.h"
#include "sandbox.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define INSTEAD(type, name) \
  __typeof__(name) __real_##name; \
  type __wrap_##name

// Something that must hold whatever the input does.
#define MUST(condition) \
  do \
    if (!(condition)) { \
      fprintf(stderr, "sandbox: %s does not hold\n", #condition); \
      abort(); \
    } \
  while (0)

// Addresses are the same in every run, so that inputs can hold them.
enum { ARENA = 0x20000000, ARENA_SIZE = 1 << 20, PAGE = 4096, LIMIT = 64 };
static bool is_in_arena(uint64_t address, uint64_t size) {
  return address >= ARENA && size <= ARENA_SIZE && address - ARENA <= ARENA_SIZE - size;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int threads;
static uint64_t arena_used;
static uint64_t calls, results;

// Threads end by a jump out of whatever they are in.
static _Thread_local jmp_buf *thread_end;
static _Noreturn void end_thread(void) {
  MUST(thread_end);
  longjmp(*thread_end, 1);
}

struct body {
  void (*run)(void *);
  void *context;
};

static void *run_thread(void *argument) {
  struct body body = *(struct body *)argument;
  free(argument);
  pthread_detach(pthread_self());
  jmp_buf end;
  thread_end = &end;
  if (!setjmp(end)) body.run(body.context);
  pthread_mutex_lock(&lock);
  threads--;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return 0;
}

INSTEAD(int, thread_start)(enum thread_role role, void (*run)(void *), void *context) {
  (void)role;
  struct body *body = malloc(sizeof *body);
  *body = (struct body){run, context};
  pthread_mutex_lock(&lock);
  bool is_allowed = threads < LIMIT;
  threads += is_allowed;
  pthread_mutex_unlock(&lock);
  pthread_t thread;
  if (is_allowed && !pthread_create(&thread, 0, run_thread, body)) return 0;
  free(body);
  MUST(!is_allowed);
  return EAGAIN;
}

// The process's end.

void sandbox_session_ends(void);
static void (*exit_handlers[4])(void);
static int exit_handler_count;

INSTEAD(void, process_at_exit)(void (*handler)(void)) {
  MUST(exit_handler_count < 4);
  exit_handlers[exit_handler_count++] = handler;
}
// It would keep the fuzzer itself from ending, until it is told to begin anew.
INSTEAD(void, renewal_begin)(channel *channel, uint64_t tag, uint64_t restart) {
  (void)channel;
  (void)tag;
  (void)restart;
}
_Noreturn void __wrap_process_exit(int status) {
  (void)status;
  while (exit_handler_count) exit_handlers[--exit_handler_count]();
  sandbox_session_ends();
  end_thread();
}
_Noreturn void __wrap_process_end(int status) {
  (void)status;
  sandbox_session_ends();
  end_thread();
}
INSTEAD(void, channel_hold)(channel *self) { (void)self; }
INSTEAD(void, thread_await_others)(uint32_t milliseconds) { (void)milliseconds; }
INSTEAD(void, thread_expect_early_end_of_main)(int count) { (void)count; }
// The fuzzer has handlers of its own, which are what finds faults.
INSTEAD(void, crash_watch)(void) {}
INSTEAD(int, process_tracer)(void) { return 1; }
INSTEAD(int, process_send_signal)(int process, int number) { return process && number ? 0 : EINVAL; }
INSTEAD(int, process_become_program)(const char *path, char **arguments, int stream) {
  (void)stream;
  MUST(*path);
  while (*arguments) MUST(strlen(*arguments++) < 1 << 20);
  return ENOENT;
}
INSTEAD(int, notifier_create)(void) { return -1; }
INSTEAD(void, notifier_notify)(int notifier) { (void)notifier; }

// Monitors live as long as the process, so that they are kept for the next run here.
static monitor *monitors[8];
static int monitors_used;
INSTEAD(monitor *, monitor_create)(void) {
  MUST(monitors_used < 8);
  monitor **slot = &monitors[monitors_used++];
  if (!*slot) *slot = __real_monitor_create();
  return *slot;
}

// The connection: what is sent is checked and dropped.

INSTEAD(int, channel_write)(
    channel *self, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size) {
  (void)self;
  uint64_t words[4];
  MUST(header_size == sizeof words);
  memcpy(words, header, sizeof words);
  MUST(words[0] == header_size + payload_size);
  MUST(words[1] <= 3);
  volatile uint8_t last = payload_size ? payload[payload_size - 1] : 0;
  (void)last;
  pthread_mutex_lock(&lock);
  results += words[1] == 2;
  pthread_mutex_unlock(&lock);
  return 0;
}

// Memory: all of the arena is always there.

INSTEAD(uint64_t, memory_reserve)(uint64_t size, int *error) {
  MUST(size && size % PAGE == 0);
  pthread_mutex_lock(&lock);
  bool fits = size <= ARENA_SIZE - arena_used;
  uint64_t address = ARENA + arena_used;
  if (fits) arena_used += size;
  pthread_mutex_unlock(&lock);
  *error = ENOMEM;
  return fits ? address : 0;
}
INSTEAD(int, memory_protect)(uint64_t address, uint64_t size, bool readable, bool writable, bool executable) {
  (void)readable, (void)writable, (void)executable;
  MUST(is_in_arena(address, size) && address % PAGE == 0 && size % PAGE == 0);
  return 0;
}
INSTEAD(int, memory_discard)(uint64_t address, uint64_t size) {
  MUST(is_in_arena(address, size) && address % PAGE == 0 && size % PAGE == 0);
  memset((void *)(uintptr_t)address, 0, size);
  return 0;
}
INSTEAD(int, memory_release)(uint64_t address, uint64_t size) { return __wrap_memory_discard(address, size); }
INSTEAD(void, memory_flush_instructions)(uint64_t address, uint64_t size) { MUST(is_in_arena(address, size)); }

// A session follows wild addresses; here only the message's side of the copy is of interest.
INSTEAD(void, memory_write)(uint64_t address, const uint8_t *bytes, uint64_t offset, uint64_t size) {
  uint8_t *copy = malloc(size + 1);
  if (size) memcpy(copy, bytes + offset, size);
  if (is_in_arena(address, size)) __real_memory_write(address, bytes, offset, size);
  free(copy);
}
INSTEAD(void, memory_read)(uint64_t address, uint8_t *bytes, size_t size) {
  if (is_in_arena(address, size)) __real_memory_read(address, bytes, size);
  else memset(bytes, 0, size);
}
INSTEAD(uint64_t, memory_string_length)(uint64_t address) {
  return is_in_arena(address, 1) ? strnlen((const char *)(uintptr_t)address, ARENA + ARENA_SIZE - address) : 0;
}

// Calls into code: the executor's own functions by their number, no others.

INSTEAD(wrapper_buffer, wrapper_call)(uint64_t function, const uint8_t *data, size_t size) {
  if (wrapper_number(function) < 0) function = wrapper_address(function % 48);
  if (!function) return wrapper_buffer_error("wild function");
  return __real_wrapper_call(function, data, size);
}
static int64_t call_back(uint64_t tag) {
  if (tag % 2 == 0) return tag;
  wrapper_buffer (*dispatch)(uint64_t, uint64_t, const char *, size_t) =
      (void *)(uintptr_t)wrapper_dispatch_function();
  wrapper_buffer buffer = dispatch(wrapper_dispatch_context(), tag, "argument", 8);
  wrapper_buffer_free(&buffer);
  return 0;
}
INSTEAD(int64_t, call_main)(uint64_t function, int argc, char **argv, char **envp) {
  MUST(!argv[argc] && envp);
  for (int i = 0; i < argc; i++) MUST(strlen(argv[i]) < 1 << 20);
  return call_back(function);
}
INSTEAD(int32_t, call_void)(uint64_t function) { return call_back(function); }
INSTEAD(int32_t, call_int)(uint64_t function, int32_t argument) { return call_back(function) + (argument & 1); }
INSTEAD(void, call_array)(uint64_t start, uint64_t end, bool reverse, int argc, char **argv, char **envp) {
  (void)reverse, (void)argc, (void)argv, (void)envp;
  MUST(start <= end && (start == end || is_in_arena(start, end - start)));
}

// The registries, which are emptied after each run.

static struct range { uint64_t start, end; } objects[LIMIT], sections[LIMIT];
static int object_count, section_count;

INSTEAD(int, debug_interface_register)(uint64_t address, uint64_t size, bool notify) {
  pthread_mutex_lock(&lock);
  int error = object_count < LIMIT ? __real_debug_interface_register(address, size, notify) : ENOMEM;
  if (!error) objects[object_count++] = (struct range){address, size};
  pthread_mutex_unlock(&lock);
  return error;
}
INSTEAD(int, frames_register)(uint64_t start, uint64_t end) {
  MUST(start < end);
  if (!is_in_arena(start, end - start)) return EINVAL;
  pthread_mutex_lock(&lock);
  int error = section_count < LIMIT ? __real_frames_register(start, end) : ENOMEM;
  if (!error) sections[section_count++] = (struct range){start, end};
  pthread_mutex_unlock(&lock);
  return error;
}
INSTEAD(bool, unwinder_register)(uint64_t section, bool may_load) { return section && may_load; }
INSTEAD(bool, unwinder_deregister)(uint64_t section) { return section; }

// The rest of the system.

INSTEAD(uint64_t, library_open)(const char *path, const char **error) {
  *error = "no such library";
  return path && strlen(path) ? 0 : 1;
}
INSTEAD(uint64_t, library_symbol)(uint64_t handle, const char *name) { return handle == 1 ? strlen(name) % 7 : 0; }
INSTEAD(int, directory_change)(const char *path) { return strlen(path) < PAGE ? 0 : ENAMETOOLONG; }
INSTEAD(int, environment_set)(const char *name, const char *value) {
  return *name && strlen(value) < PAGE ? 0 : EINVAL;
}
INSTEAD(int64_t, file_read)(const char *path, uint64_t offset, uint8_t *bytes, size_t size) {
  if (strlen(path) >= PAGE || offset > PAGE) return -EINVAL;
  if (size > 16) size = 16;
  if (size) memset(bytes, 'x', size);
  return size;
}
INSTEAD(int, streams_forward_input)(void) { return 1000; }
INSTEAD(int, streams_write_input)(int writer, const uint8_t *bytes, size_t size) {
  MUST(writer == 1000 && size && bytes);
  return bytes[size - 1] == 'p' ? EPIPE : 0;
}
INSTEAD(void, streams_close_input)(int writer) { MUST(writer == 1000); }
INSTEAD(void, streams_forward_output)(int output, int error) { MUST(!output && !error); }
INSTEAD(void, streams_buffer_lines)(void) {}
INSTEAD(void, output_keep_standard_error)(void) {}
INSTEAD(void, output_report)(const char *text) { MUST(text[strlen(text) - 1] == '\n'); }

// One run.

channel *sandbox_begin(const uint8_t *stream, size_t size) {
  static channel *connection;
  static int peer = -1, own = -1;
  if (!connection) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    MUST(mmap((void *)ARENA, ARENA_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0) == (void *)ARENA);
  }
  memset((void *)ARENA, 0, arena_used);
  arena_used = monitors_used = exit_handler_count = 0;
  calls = results = 0;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return 0;
  // The channel keeps the number of its socket.
  own = own < 0 ? pair[0] : dup2(pair[0], own);
  if (own != pair[0]) close(pair[0]);
  peer = pair[1];
  if (!connection) connection = channel_create(own);
  // A program's call is under way until the process ends.
  while (!channel_is_idle(connection)) channel_end_call(connection);
  size_t sent = 0;
  for (ssize_t count; sent < size && (count = send(peer, stream + sent, size - sent, MSG_DONTWAIT)) > 0;) sent += count;
  close(peer);
  return connection;
}

void sandbox_run_main(void (*run)(void *), void *context) { MUST(!__wrap_thread_start(THREAD_OF_PROGRAM, run, context)); }

void sandbox_finish(void) {
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 20;
  pthread_mutex_lock(&lock);
  int error = 0;
  while (threads && !error) error = pthread_cond_timedwait(&changed, &lock, &limit);
  pthread_mutex_unlock(&lock);
  MUST(!error);
  while (object_count) {
    object_count--;
    debug_interface_unregister(objects[object_count].start, objects[object_count].end);
  }
  while (section_count) {
    section_count--;
    frames_deregister(sections[section_count].start, sections[section_count].end);
  }
  MUST(debug_interface_count() == 0);
}
