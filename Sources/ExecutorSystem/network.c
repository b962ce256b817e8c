// TCP and sockets in the file system, by way of the BSD socket calls.
#define _GNU_SOURCE
#include "Network.h"

#include "Arguments.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "SystemCalls.h"

_Static_assert(
    sizeof(struct sockaddr_storage) <= sizeof(((struct network_address *)0)->storage), "room for any address");

const char *network_path(const char *name) { return strncmp(name, "unix:", 5) ? 0 : name + 5; }

const char *network_resolve(const char *name, struct network_address *address) {
  const char *path = network_path(name);
  if (path) {
    struct sockaddr_un *local = (struct sockaddr_un *)address->storage;
    size_t size = strlen(path) + 1;
    if (size == 1 || size > sizeof local->sun_path) return "not the path of a socket";
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, size);
    address->size = sizeof *local;
    return 0;
  }
  char host[256];
  const char *colon = strrchr(name, ':');
  size_t length = colon ? colon - name : 0;
  if (!length || length >= sizeof host || argument_number(colon + 1, UINT16_MAX) < 0)
    return "not of the form HOST:PORT";
  if (name[0] == '[' && colon[-1] == ']') {
    name++;
    length -= 2;
  }
  memcpy(host, name, length);
  host[length] = 0;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE}, *found;
  int error = getaddrinfo(host, colon + 1, &hints, &found);
  if (error) return gai_strerror(error);
  memcpy(address->storage, found->ai_addr, found->ai_addrlen);
  address->size = found->ai_addrlen;
  freeaddrinfo(found);
  return 0;
}

bool network_is_loopback(const struct network_address *address) {
  const struct sockaddr *generic = (const struct sockaddr *)address->storage;
  if (generic->sa_family == AF_INET)
    return ntohl(((const struct sockaddr_in *)generic)->sin_addr.s_addr) >> 24 == 127;
  if (generic->sa_family == AF_UNIX) return true;
  return generic->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)generic)->sin6_addr);
}

int network_listen(const struct network_address *address) {
  const struct sockaddr *generic = (const struct sockaddr *)address->storage;
  int listener = socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -errno;
  int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  bool is_local = generic->sa_family == AF_UNIX;
  // A socket file that an executor left when it was killed refuses connections; nothing else is replaced.
  const char *path = ((const struct sockaddr_un *)generic)->sun_path;
  struct stat status;
  if (is_local && connect(listener, generic, address->size) && errno == ECONNREFUSED && !lstat(path, &status) &&
      S_ISSOCK(status.st_mode))
    unlink(path);
  mode_t mask = is_local ? umask(0177) : 0;
  int failed = bind(listener, generic, address->size) || listen(listener, SOMAXCONN);
  int error = errno;
  if (is_local) umask(mask);
  if (failed) {
    close(listener);
    return -error;
  }
  return listener;
}

int network_dial(const struct network_address *address) {
  const struct sockaddr *generic = (const struct sockaddr *)address->storage;
  int connection = socket(generic->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return -errno;
  // Limits connect as well. A signal that ends this process may have to wait as long.
  struct timeval limit = {.tv_sec = 3}, none = {0};
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(connection, generic, address->size)) {
    int error = errno;
    close(connection);
    return -error;
  }
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
  return network_adopt(connection);
}

uint16_t network_address_text(int socket, bool of_peer, char *line, size_t size) {
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  char host[INET6_ADDRSTRLEN] = "?";
  syscall(of_peer ? SYS_getpeername : SYS_getsockname, socket, &address, &length);
  if (address.ss_family == AF_UNIX) {
    snprintf(line, size, "unix:%s\n", ((struct sockaddr_un *)&address)->sun_path);
    return 0;
  }
  // Both families keep the port in the same place.
  uint16_t port = ntohs(((struct sockaddr_in *)&address)->sin_port);
  bool is_six = address.ss_family == AF_INET6;
  const void *number = is_six ? (void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                              : (void *)&((struct sockaddr_in *)&address)->sin_addr;
  inet_ntop(address.ss_family, number, host, sizeof host);
  snprintf(line, size, is_six ? "[%s]:%u\n" : "%s:%u\n", host, port);
  return port;
}

int network_accept(int socket) {
  int connection = accept4(socket, 0L, 0L, SOCK_CLOEXEC);
  if (connection < 0) return -errno;
  return network_adopt(connection);
}

int network_adopt(int given) {
  int type;
  socklen_t size = sizeof type;
  if (getsockopt(given, SOL_SOCKET, SO_TYPE, &type, &size)) return -errno;
  if (type != SOCK_STREAM) return -EPROTOTYPE;
  // Out of the way of the program that will run here, which expects its first file to be number 3.
  int socket = fcntl(given, F_DUPFD_CLOEXEC, 64);
  if (socket < 0) return -errno;
  close(given);
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK);
  // These fail, harmlessly, on other sockets than TCP's. A controller whose machine has vanished is noticed within a
  // minute.
  static const int options[][3] = {
      {IPPROTO_TCP, TCP_NODELAY, 1},    {SOL_SOCKET, SO_KEEPALIVE, 1},  {IPPROTO_TCP, TCP_KEEPIDLE, 30},
      {IPPROTO_TCP, TCP_KEEPINTVL, 10}, {IPPROTO_TCP, TCP_KEEPCNT, 3}, {IPPROTO_TCP, TCP_USER_TIMEOUT, 60000}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    setsockopt(socket, options[i][0], options[i][1], &options[i][2], sizeof options[i][2]);
  return socket;
}

static int write_all(int descriptor, const char *text) {
  size_t left = strlen(text);
  while (left) {
    ssize_t count = write(descriptor, text, left);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text += count;
    left -= count;
  }
  return 0;
}

int file_replace(const char *path, uint16_t number) {
  char temporary[4096], line[8];
  snprintf(line, sizeof line, "%u\n", number);
  if (snprintf(temporary, sizeof temporary, "%s.%d", path, getpid()) >= (int)sizeof temporary) return ENAMETOOLONG;
  int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return errno;
  int error = write_all(file, line);
  close(file);
  if (!error && rename(temporary, path)) error = errno;
  if (error) unlink(temporary);
  return error;
}

void file_remove(const char *path) { unlink(path); }

// The bytes from `offset` on of the list of a folder's names, each with a zero behind it.
static int64_t read_names(DIR *folder, uint64_t offset, uint8_t *bytes, size_t size) {
  size_t done = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    const char *letter = entry->d_name;
    do {
      if (offset) {
        offset--;
      } else if (done < size) {
        bytes[done++] = *letter;
      }
    } while (*letter++);
  }
  closedir(folder);
  return done;
}

int64_t file_read(const char *path, uint64_t offset, uint8_t *bytes, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return -errno;
  ssize_t count = pread(file, bytes, size, offset);
  // Not by way of opendir: with musl it takes what QEMU shows below /proc for folders.
  if (count < 0 && errno == EISDIR) return read_names(fdopendir(file), offset, bytes, size);
  int64_t result = count < 0 ? -errno : count;
  close(file);
  return result;
}

static int standard_error = STDERR_FILENO;

int output_write(const char *text) { return write_all(STDOUT_FILENO, text); }
void output_report(const char *text) { write_all(standard_error, text); }

void output_keep_standard_error(void) {
  int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 64);
  if (copy >= 0) standard_error = copy;
}
