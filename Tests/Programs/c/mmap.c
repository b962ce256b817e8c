// Mapping memory: anonymous, from a file, guarded pages, and code made at run time by the program itself.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *guard;
static void on_fault(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  if (info->si_addr == guard)
    mprotect(guard, 4096, PROT_READ | PROT_WRITE);
  else
    _exit(1);
}

int main(void) {
  char *anonymous = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(anonymous, 'm', 1 << 20);
  printf("%c\n", anonymous[(1 << 20) - 1]);
  munmap(anonymous, 1 << 20);

  FILE *file = tmpfile();
  fputs("text in a file", file);
  fflush(file);
  char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
  mapped[0] = 'T';
  rewind(file);
  char line[32];
  printf("%s\n", fgets(line, sizeof line, file));

  guard = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  *(volatile char *)guard = 5;
  printf("guard page opened, holds %d\n", *(char *)guard);

  const unsigned char code[] = {0x8d, 0x47, 0x02, 0xc3};  // lea 2(%rdi), %eax; ret
  void *run = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(run, code, sizeof code);
  mprotect(run, 4096, PROT_READ | PROT_EXEC);
  return ((int (*)(int))run)(40);
}
