// Time: conversions and formatting at fixed instants, clocks that move forwards, a timer delivering a signal.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void) {
  setenv("TZ", "UTC", 1);
  tzset();
  time_t then = 1000000000;
  struct tm parts;
  gmtime_r(&then, &parts);
  char text[64];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j", &parts);
  puts(text);
  printf("%d %.0f %s %ld\n", mktime(&parts) == then, difftime(then, then - 60), tzname[0], timezone);
  struct timespec a, b, pause = {0, 2000000};
  clock_gettime(CLOCK_MONOTONIC, &a);
  nanosleep(&pause, NULL);
  clock_gettime(CLOCK_MONOTONIC, &b);
  long passed = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
  printf("monotonic %d, now is later %d\n", passed >= 2000000, time(NULL) > then);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 31};
  // Late enough that somebody waits for it by then: see realtime_signal for those who do not.
  struct itimerspec soon = {.it_value.tv_nsec = 200000000};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &soon, NULL))
    return 1;
  siginfo_t info;
  sigwaitinfo(&set, &info);
  printf("timer %d\n", info.si_value.sival_int);
  timer_delete(timer);
  return 0;
}
