// Copies between the standard streams and a socket: sessions and debug servers need one descriptor that can be shut down.
#define _GNU_SOURCE
#include "Relay.h"

#include "Network.h"
#include "StandardStreams.h"
#include "Threads.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "SystemCalls.h"


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

struct way {
  int from, to;
};

static void copy_one_way(void *context) {
  struct way way = *(struct way *)context;
  copy(way.from, way.to);
  shutdown(way.to, SHUT_WR);
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
  struct way way = {STDIN_FILENO, near};
  thread_start(THREAD_SERVICE, copy_one_way, &way);
  copy(near, STDOUT_FILENO);
  // Whichever side has gone, the other one is told.
  shutdown(near, SHUT_RDWR);
  close(STDOUT_FILENO);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

int relay_connect(const char *name) {
  struct network_address address;
  if (network_resolve(name, &address)) return -EINVAL;
  for (int attempts = 1000;; poll(0, 0, 10)) {
    int connection = network_dial(&address);
    if (connection < 0 && attempts--) continue;
    const char *path = network_path(name);
    if (path) unlink(path);
    return connection;
  }
}

void relay_sockets(int one, int other) {
  struct way way = {one, other};
  thread_start(THREAD_SERVICE, copy_one_way, &way);
  copy(other, one);
}
