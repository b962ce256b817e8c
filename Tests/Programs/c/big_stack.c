// Frames above a page (stack probes), alloca, variable-length arrays, and over-aligned locals.
#include <alloca.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static int large(int n) {
  volatile char block[1 << 20];
  for (int i = 0; i < 1 << 20; i += 4096)
    block[i] = (char)(i >> 12);
  return n ? block[n << 12] + large(n - 1) : 0;
}

__attribute__((noinline)) static long variable(int n) {
  long array[n][n + 1];
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= n; j++)
      array[i][j] = i * j;
  char *text = alloca(n * 10);
  memset(text, 'x', n * 10 - 1);
  text[n * 10 - 1] = 0;
  return array[n - 1][n] + (long)strlen(text) + (long)sizeof array;
}

int main(void) {
  _Alignas(256) char aligned[256];
  printf("%d\n", large(4));
  printf("%ld %ld\n", variable(10), variable(100));
  printf("aligned %d\n", (int)((uintptr_t)aligned % 256));
  return 0;
}
