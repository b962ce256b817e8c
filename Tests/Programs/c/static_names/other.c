// The same local names as main.c.
#include <stdio.h>

static int value = 2;
static const char *name = "other.c";
static int next(void) {
  static int count = 20;
  return count += value;
}

int other(void) {
  printf("%s %d\n", name, next());
  value = 30;
  return next();
}
