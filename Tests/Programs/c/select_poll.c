// Non-blocking input and output between threads: pipes, eventfd, select, epoll, and a self-pipe written by a handler.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

static int wake[2];
static void on_signal(int number) {
  char byte = (char)number;
  if (write(wake[1], &byte, 1) != 1)
    _exit(1);
}

static void *post(void *event) {
  uint64_t amount = 3;
  for (int i = 0; i < 5; i++)
    if (write((int)(long)event, &amount, sizeof amount) < 0)
      return event;
  return NULL;
}

int main(void) {
  if (pipe2(wake, O_NONBLOCK))
    return 1;
  signal(SIGALRM, on_signal);
  raise(SIGALRM);
  fd_set set;
  FD_ZERO(&set);
  FD_SET(wake[0], &set);
  char byte = 0;
  int ready = select(wake[0] + 1, &set, NULL, NULL, NULL);
  ssize_t n = read(wake[0], &byte, 1);
  printf("select %d read %zd signal %d\n", ready, n, byte);
  int event = eventfd(0, 0), epoll = epoll_create1(0);
  struct epoll_event want = {.events = EPOLLIN, .data.u32 = 7}, got;
  epoll_ctl(epoll, EPOLL_CTL_ADD, event, &want);
  pthread_t thread;
  pthread_create(&thread, NULL, post, (void *)(long)event);
  uint64_t sum = 0, part;
  while (sum < 15 && epoll_wait(epoll, &got, 1, 5000) == 1 && read(event, &part, sizeof part) == sizeof part)
    sum += part;
  pthread_join(thread, NULL);
  printf("epoll %u sum %llu\n", got.data.u32, (unsigned long long)sum);
  return 0;
}
