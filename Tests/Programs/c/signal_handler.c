// Signal handlers are JITed code entered by the kernel: plain, with siginfo, on an alternate stack, and blocked ones.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t plain, value, on_alternate;
static char *stack_low, *stack_high;

static void on_plain(int number) { plain += number; }

static void on_info(int number, siginfo_t *info, void *context) {
  (void)number;
  value = info->si_value.sival_int;
  on_alternate = (char *)&context >= stack_low && (char *)&context < stack_high;
}

int main(void) {
  signal(SIGUSR1, on_plain);
  raise(SIGUSR1);
  printf("plain %d of %d\n", (int)plain, SIGUSR1);

  stack_low = malloc(65536);
  stack_high = stack_low + 65536;
  stack_t alternate = {.ss_sp = stack_low, .ss_size = 65536};
  sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR2, &action, NULL);
  sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 4711});
  printf("info %d on alternate stack %d\n", (int)value, (int)on_alternate);

  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  plain = 0;
  raise(SIGUSR1);
  sigpending(&pending);
  printf("blocked %d pending %d\n", (int)plain, sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  printf("unblocked %d\n", (int)plain);
  struct sigaction start;
  sigaction(SIGPIPE, NULL, &start);
  printf("SIGPIPE starts as %s\n", start.sa_handler == SIG_DFL ? "default" : "changed");
  return 0;
}
