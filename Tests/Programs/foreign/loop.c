// Runs in other JITs until it is killed; see Tests/EndToEndTests/Foreign.

#include <stdio.h>
#include <unistd.h>

int twice(int n) {
  int result = n * 2;
  return result;  // @stop
}

int main(void) {
  setbuf(stdout, NULL);
  puts("ready");
  for (int i = 0;; i++) {
    twice(i);
    usleep(50000);
  }
}
