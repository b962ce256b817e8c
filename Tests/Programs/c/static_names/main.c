// Local symbols of one name in several files stay apart: functions, variables, string constants, function statics.
#include <stdio.h>

extern int other(void);
static int value = 1;
static const char *name = "main.c";
static int next(void) {
  static int count = 10;
  return count += value;
}

int main(void) {
  printf("%s %d %d\n", name, next(), next());
  int from_other = other();
  printf("%s %d %d\n", name, next(), value);
  return from_other;
}
