// Jumps out of nested calls and out of a signal handler, with values kept in volatile and callee-saved places.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static jmp_buf env;
static sigjmp_buf signal_env;

__attribute__((noinline)) static void descend(int depth) {
  char pad[64] = {(char)depth};
  if (depth == 0)
    longjmp(env, 42);
  descend(depth - 1);
  __asm__ volatile("" : : "r"(pad) : "memory");
}

static void on_fault(int number) { siglongjmp(signal_env, number); }

int main(void) {
  volatile int tries = 0;
  int got = setjmp(env);
  tries++;
  if (got == 0)
    descend(20);
  printf("longjmp gave %d after %d passes\n", got, tries);
  if (tries < 3)
    longjmp(env, 0);  // arrives as 1

  signal(SIGSEGV, on_fault);
  int number = sigsetjmp(signal_env, 1);
  if (number == 0)
    *(volatile int *volatile)8 = 1;
  printf("recovered from signal %d\n", number);
  sigset_t mask;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  printf("mask restored %d\n", !sigismember(&mask, SIGSEGV));
  return 0;
}
