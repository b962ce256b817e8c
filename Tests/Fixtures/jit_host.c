// A minimal stand-in for an executor: maps a program linked at fixed addresses, registers a debug object for it through the
// GDB JIT interface, and runs it once a debugger is attached. For tests of launch scripts that need nothing else of jitdebug.
//
// jit_host PROGRAM DEBUG-OBJECT MODE [REGISTERING]: prints "ready" once everything is registered; exits with the program's
// result. REGISTERING may hold the words
//   late    to register only when a debugger is attached
//   silent  to make the entry without telling debuggers of it
//   loop    to have the entry lead back to itself
//   wild    to have it lead to where no memory is

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jit_interface.h"
#include "load_program.h"

static pid_t parent;

/// Ends an orphan: whoever started it cannot end it any more.
static void wait_a_while(unsigned microseconds) {
  if (getppid() != parent)
    _exit(99);
  usleep(microseconds);
}

static const char *read_file(const char *path, size_t *size) {
  int fd = open(path, O_RDONLY);
  struct stat info;
  if (fd < 0 || fstat(fd, &info) != 0)
    exit(98);
  *size = info.st_size;
  return mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
}

static int is_traced(void) {
  char text[4096] = {0};
  int fd = open("/proc/self/status", O_RDONLY);
  read(fd, text, sizeof text - 1);
  close(fd);
  return atoi(strstr(text, "TracerPid:") + strlen("TracerPid:")) != 0;
}

static void *idle(void *unused) {
  for (;;)
    wait_a_while(10000);
  return unused;
}

static void register_code(const char *path, const char *registering) {
  static struct jit_code_entry code;
  size_t size;
  code.symfile_addr = read_file(path, &size);
  code.symfile_size = size;
  if (strstr(registering, "loop"))
    code.next_entry = &code;
  if (strstr(registering, "wild"))
    code.next_entry = (struct jit_code_entry *)16;
  __jit_debug_descriptor.first_entry = __jit_debug_descriptor.relevant_entry = &code;
  if (strstr(registering, "silent"))
    return;
  __jit_debug_descriptor.action_flag = 1;
  __jit_debug_register_code();
  __jit_debug_descriptor.action_flag = 0;
}

/// What the program waits with: called by nothing else, for breakpoints.
__attribute__((noinline)) static void program_waits(unsigned microseconds) { wait_a_while(microseconds); }

int main(int argc, char **argv) {
  if (argc < 4)
    return 96;
  const char *registering = argc > 4 ? argv[4] : "";
  int is_late = strstr(registering, "late") != NULL;
  parent = getppid();
  size_t size;
  uint64_t entry = load_program(read_file(argv[1], &size));
  if (!is_late)
    register_code(argv[2], registering);
  // Executors have threads of their own.
  pthread_t thread;
  pthread_create(&thread, NULL, idle, NULL);
  puts("ready");
  fflush(stdout);
  while (!is_traced())
    wait_a_while(1000);
  if (is_late)
    register_code(argv[2], registering);
  return ((int (*)(void (*)(unsigned), int))entry)(program_waits, atoi(argv[3]));
}
