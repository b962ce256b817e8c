// Pipes in the place of the standard streams.
#define _GNU_SOURCE
#include "StandardStreams.h"

#include "Processes.h"
#include "Signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "SystemCalls.h"

int descriptor_move_up(int descriptor) {
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 64);
  if (moved < 0) return descriptor;
  close(descriptor);
  return moved;
}

static int create(struct pipe_ends *ends) {
  int pair[2];
  if (pipe2(pair, O_CLOEXEC)) return errno;
  ends->reader = descriptor_move_up(pair[0]);
  ends->writer = descriptor_move_up(pair[1]);
  return 0;
}

int pipe_create(struct pipe_ends *ends) {
  int error = create(ends);
  if (!error) fcntl(ends->reader, F_SETFL, O_NONBLOCK);
  return error;
}

int64_t pipe_read(int reader, uint8_t *bytes, size_t size) {
  ssize_t count;
  do count = read(reader, bytes, size);
  while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? -1 : 0;
  return count;
}

void streams_forward_output(int output_writer, int error_writer) {
  fflush(stdout);
  dup2(output_writer, STDOUT_FILENO);
  dup2(error_writer, STDERR_FILENO);
}

void streams_buffer_lines(void) { setvbuf(stdout, 0, _IOLBF, 0); }

static int input_writer = -1;

static void forget_input_writer(void) {
  if (input_writer >= 0) close(input_writer);
  input_writer = -1;
}

int streams_forward_input(void) {
  struct pipe_ends ends;
  int error = create(&ends);
  if (error) return -error;
  dup2(ends.reader, STDIN_FILENO);
  close(ends.reader);
  // A forked child that reads to the end of its input must not be the one that keeps it open.
  if (input_writer < 0) pthread_atfork(0, 0, forget_input_writer);
  input_writer = ends.writer;
  return ends.writer;
}

int streams_write_input(int writer, const uint8_t *bytes, size_t size) {
  // Only this thread gets a signal for writing to a pipe that nobody reads, and it ends before it could see it.
  sigset_t broken_pipe;
  signal_set(&broken_pipe, SIGNAL_BIT(SIGPIPE));
  pthread_sigmask(SIG_BLOCK, &broken_pipe, 0);
  while (size) {
    ssize_t count = write(writer, bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes += count;
    size -= count;
  }
  return 0;
}

void streams_close_input(int writer) {
  if (input_writer != writer) return;
  forget_input_writer();
}

void streams_disconnect_input(void) {
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) return;
  dup2(nothing, STDIN_FILENO);
  close(nothing);
}

int directory_change(const char *path) { return chdir(path) ? errno : 0; }
int environment_set(const char *name, const char *value) { return setenv(name, value, 1) ? errno : 0; }

extern char **environ;
char **environment_pointer(void) { return environ; }
