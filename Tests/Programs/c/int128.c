// 128-bit integers, whose division and conversions are calls into the compiler's runtime library.
#include <stdio.h>

typedef unsigned __int128 u128;

__attribute__((noinline)) static u128 factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }

static const char *text(u128 v) {
  static char buffer[41];
  char *p = buffer + 40;
  *p = 0;
  do
    *--p = '0' + (int)(v % 10);
  while (v /= 10);
  return p;
}

int main(int argc, char **argv) {
  (void)argv;
  u128 f = factorial(33 + argc - 1);
  printf("%s\n", text(f));
  printf("%s\n", text(f / factorial(30)));
  __int128 negative = -(__int128)f;
  printf("%d %lld\n", negative < 0, (long long)(negative % 1000003));
  volatile double d = 1e30;
  u128 converted = (u128)d;
  printf("%s %g\n", text(converted), (double)(converted >> 7));
  unsigned long long product;
  printf("%d\n", __builtin_mul_overflow(1ull << 33, 1ull << (31 + argc - 1), &product));
  return 0;
}
