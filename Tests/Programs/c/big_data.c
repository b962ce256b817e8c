// Large sections: 64 MB of .bss which must cost nothing to send, a big .rodata table, and far-apart references.
#include <stdio.h>
#include <string.h>

#define X4(a) a, a + 1, a + 2, a + 3
#define X16(a) X4(a), X4(a + 4), X4(a + 8), X4(a + 12)
#define X64(a) X16(a), X16(a + 16), X16(a + 32), X16(a + 48)
#define X256(a) X64(a), X64(a + 64), X64(a + 128), X64(a + 192)
#define X1K(a) X256(a), X256(a + 256), X256(a + 512), X256(a + 768)
#define X4K(a) X1K(a), X1K(a + 1024), X1K(a + 2048), X1K(a + 3072)
#define X16K(a) X4K(a), X4K(a + 4096), X4K(a + 8192), X4K(a + 12288)

static const int table[] = {X16K(0), X16K(16384), X16K(32768), X16K(49152)};
static char huge[64 << 20];
char exported[1 << 20];
static int after = 12;

int main(void) {
  long sum = 0;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    sum += table[i];
  printf("%zu entries, sum %ld\n", sizeof table / sizeof *table, sum);
  long nonzero = 0;
  for (size_t i = 0; i < sizeof huge; i += 4096)
    nonzero += huge[i];
  huge[sizeof huge - 1] = 1;
  memset(exported + 1000, 'y', 24);
  printf("zero %ld, last %d, %.3s\n", nonzero, huge[sizeof huge - 1], exported + 1000);
  return after;
}
