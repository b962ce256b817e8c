// Inline assembly: constraints, a global assembly function, a reference to a C symbol, and a local section.
#include <stdio.h>

__asm__(".text\n.globl assembled\n.type assembled,@function\nassembled:\n  lea 1(%rdi,%rdi,2), %rax\n  ret\n"
        ".size assembled, .-assembled\n"
        ".section .rodata.assembled,\"a\"\n.globl assembled_text\nassembled_text: .asciz \"from assembly\"\n.text\n");
long assembled(long);
extern const char assembled_text[];
int counter __attribute__((used)) = 5;

static unsigned rotate(unsigned v, unsigned char by) {
  __asm__("roll %1, %0" : "+r"(v) : "c"(by) : "cc");
  return v;
}

int main(void) {
  printf("%x %ld %s\n", rotate(0x12345678, 8), assembled(14), assembled_text);
  __asm__ volatile("addl $37, counter(%%rip)" ::: "memory", "cc");
  long high, low;
  __asm__("imulq %3" : "=d"(high), "=a"(low) : "a"(1l << 40), "r"(1l << 41) : "cc");
  printf("%ld %ld\n", high, low);
  return counter;
}
