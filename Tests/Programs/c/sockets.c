// A server thread and a client on loopback, with poll, at a port that the system chooses.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *listener) {
  int peer = accept((int)(long)listener, NULL, NULL);
  char buffer[64];
  ssize_t n;
  while ((n = read(peer, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < n; i++)
      buffer[i] ^= 0x20;
    if (write(peer, buffer, n) != n)
      break;
  }
  close(peer);
  return NULL;
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1))
    return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  pthread_t server;
  pthread_create(&server, NULL, serve, (void *)(long)listener);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, (struct sockaddr *)&address, size))
    return 2;
  const char *texts[] = {"FIRST", "second", "Third"};
  for (int i = 0; i < 3; i++) {
    struct pollfd ready = {.fd = client, .events = POLLIN};
    char answer[64] = {0};
    if (write(client, texts[i], strlen(texts[i])) < 0 || poll(&ready, 1, 5000) != 1)
      return 3;
    printf("%zd %s\n", read(client, answer, sizeof answer - 1), answer);
  }
  shutdown(client, SHUT_WR);
  pthread_join(server, NULL);
  char host[INET_ADDRSTRLEN];
  puts(inet_ntop(AF_INET, &address.sin_addr, host, sizeof host));
  return 0;
}
