// Function addresses must be the same everywhere: compared, stored in tables, taken from libc, called through members.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*binary)(int, int);
static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
int mul(int a, int b) { return a * b; }

static const struct { const char *name; binary call; } table[] = {{"add", add}, {"sub", sub}, {"mul", mul}};
static int (*const from_libc[])(int) = {toupper, tolower, isdigit};
size_t (*length)(const char *) = strlen;

static binary choose(char c) { return c == '+' ? add : c == '-' ? sub : mul; }
static binary (*chooser)(char) = choose;

int main(void) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    printf("%s %d\n", table[i].name, table[i].call(7, 5));
  printf("%c %c %d\n", from_libc[0]('q'), from_libc[1]('Q'), from_libc[2]('5') != 0);
  printf("%zu\n", length("seven.."));
  printf("%d %d\n", chooser('+') == table[0].call, chooser('*') == mul);
  printf("libc address is one: %d %d\n", length == strlen, (void *)from_libc[0] == (void *)toupper);
  void *(*allocate)(size_t) = malloc;
  char *p = allocate(10);
  strcpy(p, "allocated");
  puts(p);
  free(p);
  return chooser('-')(50, 8);
}
