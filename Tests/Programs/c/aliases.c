// Aliases, hidden and protected symbols, explicit sections and alignments up to a page.
#include <stdint.h>
#include <stdio.h>

int original(int x) { return x + 1; }
int alias(int) __attribute__((alias("original")));
int weak_alias(int) __attribute__((weak, alias("original")));
int data = 5;
extern int data_alias __attribute__((alias("data")));
__attribute__((visibility("hidden"))) int hidden = 6;
__attribute__((visibility("protected"))) int shielded(void) { return hidden++; }
__attribute__((section(".custom.text"), noinline)) static int placed(int x) { return x * 2; }
__attribute__((section(".custom.data"))) static int placed_data = 21;
_Alignas(4096) static char page[4096];
_Alignas(64) static const char line[] = "cache line";
static char odd_size[3], *odd_end = odd_size + 3;

int main(void) {
  printf("%d %d %d\n", original(1), alias(2), weak_alias(3));
  data_alias = 9;
  printf("%d %d\n", data, alias == original);
  printf("%d %d %d\n", shielded(), hidden, placed(placed_data));
  printf("%d %d %td\n", (int)((uintptr_t)page % 4096), (int)((uintptr_t)line % 64), odd_end - odd_size);
  return 0;
}
