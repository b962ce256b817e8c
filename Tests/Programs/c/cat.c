// Standard input to its end, text or binary, copied with read and write, and its length on standard error.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  char buffer[777];
  long total = 0;
  ssize_t n;
  while ((n = read(0, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0; done < n;) {
      ssize_t m = write(1, buffer + done, n - done);
      if (m < 0)
        return 1;
      done += m;
    }
    total += n;
  }
  fprintf(stderr, "%ld bytes\n", total);
  return n < 0;
}
