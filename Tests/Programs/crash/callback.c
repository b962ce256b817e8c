// Crashes in a function that the C library calls.
#include <stdlib.h>
static int compare(const void *a, const void *b) {
  const int *const *left = a, *const *right = b;
  return **left - **right; // @crash
}
int main(void) {
  static int one = 1;
  const int *numbers[] = {&one, 0, &one};
  qsort(numbers, 3, sizeof *numbers, compare);
  return 0;
}
