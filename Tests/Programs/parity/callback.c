// Parity fixture at -O2 -fomit-frame-pointer: frames found only by unwind tables, through libc and a signal's frame.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct record { int key; char name[12]; };
static struct record records[] = {{30, "thirty"}, {10, "ten"}, {20, "twenty"}};
int comparisons;
volatile int signals;

static inline __attribute__((always_inline)) int order(int a, int b) {
  comparisons++;
  return (a > b) - (a < b);
}

int compare(const void *a, const void *b) {
  const struct record *x = a, *y = b;  // @stop compare
  return order(x->key, y->key);
}

__attribute__((noinline)) static int sort_all(int depth) {
  volatile char pad[48] = {(char)depth};
  if (depth > 0)
    return sort_all(depth - 1) + pad[0];
  qsort(records, 3, sizeof *records, compare);
  return records[0].key + pad[0];  // @stop sorted
}

__attribute__((noinline)) void on_signal(int number) {
  signals += number;  // @stop on_signal
}

__attribute__((noinline)) int scale(int value, int by) {
  int scaled = value * by;
  for (int i = 0; i < by; i++)
    scaled ^= scaled << 3;
  return scaled;
}

int main(int argc, char **argv) {
  (void)argv;
  int smallest = sort_all(2);
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  return (smallest + scale(argc, 3) + comparisons + signals) & 0x7f;  // @stop end
}
