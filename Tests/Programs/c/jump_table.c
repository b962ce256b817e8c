// Dense switches become jump tables in .rodata with relative entries; sparse ones become trees or string compares.
#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static int dense(int op, int a, int b) {
  switch (op) {
  case 0: return a + b;
  case 1: return a - b;
  case 2: return a * b;
  case 3: return b ? a / b : -1;
  case 4: return a % 7;
  case 5: return a & b;
  case 6: return a | b;
  case 7: return a ^ b;
  case 8: return a << 2;
  case 9: return printf("[%d]", a);
  case 10: return (int)strlen("ten") + b;
  default: return -99;
  }
}

__attribute__((noinline)) static const char *sparse(unsigned v) {
  switch (v) {
  case 3: return "three";
  case 1000: return "thousand";
  case 70000: return "seventy thousand";
  case 4000000000u: return "four thousand million";
  default: return "other";
  }
}

int main(void) {
  for (int op = -1; op < 12; op++)
    printf("%d ", dense(op, 29, 6));
  puts("");
  for (unsigned i = 0; i < 5; i++)
    puts(sparse((unsigned[]){3, 1000, 70000, 4000000000u, 1}[i]));
  return 0;
}
