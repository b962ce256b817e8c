// A socket whose frames stay whole although two processes write them and either may die at any moment.
#define _GNU_SOURCE
#include "Channel.h"

#include "Processes.h"
#include "Renewal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "SystemCalls.h"

enum { SOCKET, OUTPUT, ERROR };
// Where this memory is as a file: below the numbers of our other descriptors, above those that a program uses.
enum { MEMORY = 63 };

// The size of a payload that the system takes in one piece, if it takes any of it, in bytes.
enum { SMALL = 1024 };

struct channel {
  // The connection, the pipes for standard output and error.
  int descriptors[3];
  // Tells the supervisor that something has arrived. What the first program of the session's process has set up stays for all others.
  int arrivals;
  // The thread that writes; 0 if none does.
  atomic_int writer;
  // Set while a part of a frame may have been sent.
  bool inside_frame;
  // The last frame has been sent, or a writer died inside one: what followed would be taken for the rest of it.
  bool torn;
  uint64_t tags[2];
  atomic_uint calls;
  // The function of the session's process whose calls are announced; 0 for none.
  atomic_uint_least64_t announced;
  // The reader is at work.
  atomic_bool reading;
  atomic_bool hung_up;
  atomic_bool kept;
};

static channel *map(void) {
  channel *self = mmap(0, sizeof *self, PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY, 0);
  return self == MAP_FAILED ? 0 : self;
}

channel *channel_create(int socket) {
  int memory = memfd_create("channel", MFD_CLOEXEC);
  if (ftruncate(memory, sizeof(channel)) || dup3(memory, MEMORY, O_CLOEXEC) < 0) return 0;
  close(memory);
  channel *self = map();
  if (!self) return 0;
  self->descriptors[SOCKET] = socket;
  self->arrivals = descriptor_move_up(epoll_create1(EPOLL_CLOEXEC));
  return self;
}

void channel_set_writers(channel *self, int standard_output, int standard_error) {
  self->descriptors[OUTPUT] = standard_output;
  self->descriptors[ERROR] = standard_error;
}
int channel_writer(const channel *self, bool of_standard_error) {
  return self->descriptors[of_standard_error ? ERROR : OUTPUT];
}

static void inherit(channel *self, int flag) {
  fcntl(MEMORY, F_SETFD, flag);
  for (int i = SOCKET; i <= ERROR; i++) fcntl(self->descriptors[i], F_SETFD, flag);
}

static void close_others(const channel *self) {
  const int *kept = self->descriptors, limit = 256 + kept[SOCKET] + kept[OUTPUT] + kept[ERROR];
  for (int i = 3; i < limit; i++)
    if (i != MEMORY && i != kept[SOCKET] && i != kept[OUTPUT] && i != kept[ERROR]) close(i);
  // Not known to old kernels, whose programs rarely have so many.
  syscall(SYS_close_range, limit, ~0U, 0);
}

channel *channel_adopt(void) {
  // Only a file as small as the one that was made above can be it.
  struct stat status;
  if (fstat(MEMORY, &status) || status.st_size != sizeof(channel)) return 0;
  channel *self = map();
  if (!self) return 0;
  inherit(self, FD_CLOEXEC);
  // The calls went with the process that it was before. If a program was one of them, more than memory is left of it, and nobody
  // else is here yet who could open anything.
  if (atomic_exchange(&self->calls, 0)) {
    close_others(self);
    renewal_clean_up();
  }
  return self;
}

static int send_all(channel *self, struct iovec *parts, size_t count) {
  struct pollfd polled = {.fd = self->descriptors[SOCKET], .events = POLLOUT};
  while (count) {
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent = sendmsg(polled.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EAGAIN) poll(&polled, 1, -1);
      else if (errno != EINTR) return errno;
      continue;
    }
    while (count && (size_t)sent >= parts->iov_len) {
      sent -= parts->iov_len;
      parts++;
      count--;
    }
    if (count) {
      self->inside_frame = true;
      parts->iov_base = (char *)parts->iov_base + sent;
      parts->iov_len -= sent;
    }
  }
  return 0;
}

// A robust mutex would do, but emulators have none: they do not pass a dying thread's list of locks on to the kernel.
static int lock(channel *self) {
  int self_id = syscall(SYS_gettid);
  for (;;) {
    int owner = 0;
    if (atomic_compare_exchange_strong(&self->writer, &owner, self_id)) break;
    // A signal handler that ends its process may have interrupted a writer.
    if (owner == self_id) return EDEADLK;
    if (kill(owner, 0) && errno == ESRCH && atomic_compare_exchange_strong(&self->writer, &owner, self_id)) break;
    // An owner that dies wakes nobody.
    struct timespec limit = {.tv_nsec = 20000000};
    syscall(SYS_futex, &self->writer, FUTEX_WAIT, owner, &limit);
  }
  // Only an owner that died left it so.
  if (self->inside_frame) self->torn = true;
  return 0;
}

static void unlock(channel *self) {
  atomic_store(&self->writer, 0);
  syscall(SYS_futex, &self->writer, FUTEX_WAKE, INT_MAX);
}

void channel_hand_over(channel *self) {
  // No thread of this process is to be cut off inside a frame; this one's number is not known any more afterwards.
  lock(self);
  inherit(self, 0);
  atomic_store(&self->announced, 0);
}

void channel_hold(channel *self) { lock(self); }

int channel_write(
    channel *self, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size) {
  int error = lock(self);
  if (error) return error;
  if (self->torn) {
    error = EPIPE;
  } else {
    struct iovec parts[] = {
        {.iov_base = (void *)header, .iov_len = header_size}, {.iov_base = (void *)payload, .iov_len = payload_size}};
    // A small frame is sent whole or not at all, though its writer die at any time: a program may call _exit during an answer.
    self->inside_frame = payload_size > SMALL;
    error = send_all(self, parts, payload_size ? 2 : 1);
    // After a failed send nobody knows how much of the frame got through, and nothing may follow a Hangup.
    if (error || header[8] == 1) self->torn = true;
    self->inside_frame = false;
  }
  unlock(self);
  return error;
}

int channel_notify(channel *self, uint64_t tag, const uint64_t *words, size_t count) {
  // A frame of the controller's protocol: its size, CallWrapper, no number, the tag; all targets are little-endian.
  const uint64_t header[4] = {sizeof header + 8 * count, 3, 0, tag};
  return channel_write(self, (const uint8_t *)header, sizeof header, (const uint8_t *)words, 8 * count);
}

int channel_read(channel *self, uint8_t *bytes, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t count = recv(self->descriptors[SOCKET], bytes + done, size - done, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != ECONNRESET) return errno;
    if (count <= 0) return done ? ECONNRESET : -1;
    done += count;
  }
  return 0;
}

void channel_set_reading(channel *self, bool is_reading) { atomic_store(&self->reading, is_reading); }
bool channel_is_being_read(const channel *self) {
  char byte;
  // In this order: the reader says that it reads before it does.
  return recv(self->descriptors[SOCKET], &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0 || atomic_load(&((channel *)self)->reading);
}

void channel_announce(channel *self, uint64_t function) {
  atomic_store(&self->announced, function);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  epoll_ctl(self->arrivals, EPOLL_CTL_ADD, self->descriptors[SOCKET], &event);
}
int channel_arrivals(const channel *self) { return self->arrivals; }
bool channel_take_arrival(channel *self) {
  struct epoll_event event;
  epoll_wait(self->arrivals, &event, 1, 0);
  uint64_t bytes[512];
  const ssize_t count = recv(self->descriptors[SOCKET], bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
  // Frames, each with its size first and the function fourth, among 8-byte words.
  for (ssize_t position = 0; position + 32 <= count;) {
    uint64_t header[4];
    memcpy(header, (const char *)bytes + position, sizeof header);
    if (header[3] == atomic_load(&self->announced)) return header[3];
    if (header[0] < sizeof header || header[0] > sizeof bytes) break;
    position += header[0];
  }
  return false;
}

bool channel_discard_input(channel *self) {
  char bytes[4096];
  for (;;) {
    ssize_t count = recv(self->descriptors[SOCKET], bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
}

void channel_finish_writing(channel *self) { shutdown(self->descriptors[SOCKET], SHUT_WR); }
void channel_shut_down(channel *self) { shutdown(self->descriptors[SOCKET], SHUT_RDWR); }
int channel_socket(const channel *self) { return self->descriptors[SOCKET]; }

void channel_set_tags(channel *self, uint64_t standard_output, uint64_t standard_error) {
  self->tags[0] = standard_output;
  self->tags[1] = standard_error;
}
uint64_t channel_tag(const channel *self, bool of_standard_error) { return self->tags[of_standard_error]; }

void channel_begin_call(channel *self) { atomic_fetch_add(&self->calls, 1); }
void channel_end_call(channel *self) { atomic_fetch_sub(&self->calls, 1); }
bool channel_is_idle(const channel *self) { return atomic_load(&((channel *)self)->calls) == 0; }

void channel_keep(channel *self) { atomic_store(&self->kept, true); }
bool channel_is_kept(const channel *self) { return atomic_load(&((channel *)self)->kept); }

void channel_set_hung_up(channel *self) { atomic_store(&self->hung_up, true); }
bool channel_has_hung_up(const channel *self) { return atomic_load(&((channel *)self)->hung_up); }
