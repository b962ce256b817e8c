// Handles its crash itself: nothing to report.
#include <signal.h>
#include <unistd.h>
static void handle(int number) { _exit(number == SIGSEGV ? 42 : 1); }
int main(void) {
  signal(SIGSEGV, handle);
  *(volatile int *)8 = 1;
}
