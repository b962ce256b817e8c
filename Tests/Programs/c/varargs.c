// Variadic calls in both directions: our own callee, va_copy, and libc's v*printf and sscanf, with floats in vector registers.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct pair { long a; double b; };

static double sum(const char *types, ...) {
  va_list list, again;
  va_start(list, types);
  va_copy(again, list);
  double total = 0;
  for (const char *t = types; *t; t++)
    switch (*t) {
    case 'i': total += va_arg(list, int); break;
    case 'l': total += va_arg(list, long long); break;
    case 'd': total += va_arg(list, double); break;
    case 's': total += strlen(va_arg(list, const char *)); break;
    case 'p': { struct pair p = va_arg(list, struct pair); total += p.a + p.b; break; }
    case 'L': total += (double)va_arg(list, long double); break;
    }
  va_end(list);
  if (*types == 'i')
    printf("first again: %d\n", va_arg(again, int));
  va_end(again);
  return total;
}

static int format(char *out, size_t size, const char *pattern, ...) {
  va_list list;
  va_start(list, pattern);
  int n = vsnprintf(out, size, pattern, list);
  va_end(list);
  return n;
}

int main(void) {
  printf("%g\n", sum("iiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  printf("%g\n", sum("dddddddddd", .5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5));
  printf("%g\n", sum("ildspLd", 1, 1LL << 40, .25, "four", (struct pair){10, 20.5}, 3.5L, 100.0));
  char text[64];
  int n = format(text, sizeof text, "%-6s|%+05d|%#x|%.3f|%c|%%", "ab", 42, 255, 3.14159, 'z');
  printf("%d [%s]\n", n, text);
  int i;
  float f;
  char word[16];
  n = sscanf("17 2.5 word", "%d %f %15s", &i, &f, word);
  printf("%d: %d %g %s\n", n, i, f, word);
  return 0;
}
