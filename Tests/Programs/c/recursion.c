// Deep, mutual and double recursion, and a tail call through a pointer.
#include <stdio.h>

static int odd(unsigned n);
__attribute__((noinline)) static int even(unsigned n) { return n == 0 || odd(n - 1); }
__attribute__((noinline)) static int odd(unsigned n) { return n != 0 && even(n - 1); }
__attribute__((noinline)) static long ackermann(long m, long n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}
static int moves;
static void hanoi(int n, char from, char to, char by) {
  if (n == 0)
    return;
  hanoi(n - 1, from, by, to);
  if (++moves % 100 == 0)
    printf("move %d: %c to %c\n", moves, from, to);
  hanoi(n - 1, by, to, from);
}

int main(void) {
  printf("%d %d\n", even(50000), odd(50000));
  printf("%ld\n", ackermann(2, 300));
  hanoi(9, 'A', 'B', 'C');
  return moves & 0xff;
}
