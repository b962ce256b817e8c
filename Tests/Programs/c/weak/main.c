// Weak symbols: the strong of two definitions wins, the first of two weak ones, and an undefined weak one is null.
#include <stdio.h>

__attribute__((weak)) int chosen(void) { return 1; }
__attribute__((weak)) int both_weak(void) { return 10; }
__attribute__((weak)) int weak_data = 100;
extern int nowhere(void) __attribute__((weak));
extern int missing_data __attribute__((weak));
extern int from_other(void);
extern int getentropy(void *, size_t) __attribute__((weak));

static int (*const table[])(void) = {chosen, both_weak, nowhere};

int main(void) {
  printf("%d %d %d\n", chosen(), both_weak(), weak_data);
  printf("%d %d\n", nowhere ? nowhere() : -1, &missing_data ? missing_data : -2);
  printf("table %d %d %s\n", table[0](), table[1](), table[2] ? "set" : "null");
  printf("weak from libc %s\n", getentropy ? "found" : "missing");
  return from_other();
}
