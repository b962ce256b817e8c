// Copies between the standard streams and a socket: sessions and debug servers need one descriptor that can be shut down.
#define _GNU_SOURCE
#include "Relay.h"

#include "Network.h"
#include "StandardStreams.h"
#include "Threads.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>


// Until the source ends or the destination takes no more.
static void copy(int from, int to) {
  char bytes[16384];
  for (;;) {
    ssize_t count = read(from, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    for (ssize_t done = 0; done < count;) {
      ssize_t written = write(to, bytes + done, count - done);
      if (written < 0 && errno != EINTR) return;
      if (written > 0) done += written;
    }
  }
}

static void copy_input(void *socket) {
  int near = *(int *)socket;
  copy(STDIN_FILENO, near);
  shutdown(near, SHUT_WR);
}

int relay_standard_streams(void) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return -errno;
  int child = fork();
  if (child < 0) return -errno;
  if (!child) {
    close(pair[0]);
    streams_disconnect_input();
    dup2(STDERR_FILENO, STDOUT_FILENO);
    return network_adopt(pair[1]);
  }
  close(pair[1]);
  int near = pair[0];
  thread_start(true, copy_input, &near);
  copy(near, STDOUT_FILENO);
  // Whichever side has gone, the other one is told.
  shutdown(near, SHUT_RDWR);
  close(STDOUT_FILENO);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
