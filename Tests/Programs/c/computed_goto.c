// Computed goto: a table of label addresses in static data, as interpreters use.
#include <stdio.h>

static long run(const unsigned char *code) {
  static const void *const labels[] = {&&halt, &&push, &&add, &&mul, &&dup, &&jump_if_less};
  long stack[16], *top = stack - 1;
#define NEXT goto *labels[*code++]
  NEXT;
push:
  *++top = *code++;
  NEXT;
add:
  top--, *top += top[1];
  NEXT;
mul:
  top--, *top *= top[1];
  NEXT;
dup:
  top[1] = *top, top++;
  NEXT;
jump_if_less:
  if (*top < *code)
    code -= code[1];
  else
    code += 2;
  NEXT;
halt:
  return *top;
}

int main(void) {
  const unsigned char code[] = {1, 6, 1, 7, 3, 4, 3, 0};
  const unsigned char loop[] = {1, 1, 4, 2, 5, 100, 3, 0};
  printf("%ld %ld\n", run(code), run(loop));
  return 0;
}
