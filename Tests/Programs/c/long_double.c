// x87 long double: arithmetic, printf, libm's l-functions, constants and arguments in memory.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static long double constant = 3.14159265358979323846264338327950288L;

__attribute__((noinline)) static long double mean(int n, const long double *v) {
  long double sum = 0;
  for (int i = 0; i < n; i++)
    sum += v[i];
  return sum / n;
}

int main(void) {
  long double v[] = {1.0L, 1e-18L, 3.5L, constant};
  printf("%.20Lf %.20Lg\n", mean(4, v), 1.0L + v[1] - 1.0L);
  printf("%.18Lf %.18Lf\n", sqrtl(constant), sinl(constant / 4));
  printf("%La %zu\n", constant, sizeof constant);
  long double parsed = strtold("2.718281828459045235360287", NULL);
  printf("%.19Lg %d %lld\n", parsed, (int)parsed, (long long)(parsed * 1e15L));
  return 0;
}
