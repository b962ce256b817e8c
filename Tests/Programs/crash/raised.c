// Sends itself the signal.
#include <signal.h>
int main(void) {
  raise(SIGSEGV); // @crash
  return 0;
}
